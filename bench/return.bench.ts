/** How soon readings flow again after an outage, beside a part that dials every second, and what short connections cost. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../host-sim/manifest/paths';
import {
  type Absence,
  absences,
  boundOf,
  type Peer,
  peers,
  runAbsence,
  runCuts,
} from '../test/simulation/return';
import { atLeast, atMost, type Figure } from './figure';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
/** Outages: within the first ten minutes, and longer. */
const short = [10 * second, minute, 9 * minute];
const long = [15 * minute, hour, 10 * hour];
const seeds = [1, 2, 3];
/** Longer ones are run once, and not by the part that dials every second. */
const usual = 15 * minute;

/** What makes of the firmware one that dials every second, whatever came before, without jitter. */
const edits: [file: string, pattern: RegExp, by: string][] = [
  // The simulated modules are the ones that there are.
  ['../manifest.json', /"\.\/host-sim\//, '"../../host-sim/'],
  ['uplink/reach.ts', /const early = 600_000;/, 'const early = Number.POSITIVE_INFINITY;'],
  ['uplink/reach.ts', /nominal \* \(0\.6 \+ Math\.random\(\) \* 0\.3\)/, 'nominal'],
  ['uplink/uplink.ts', /const longestRetry = 3_600_000;/, 'const longestRetry = 1_000;'],
  ['uplink/uplink.ts', /const longestUnanswered = 10_000;/, 'const longestUnanswered = 1_000;'],
  [
    'device/network.ts',
    /const earlyRound = 5_000;\nconst laterRound = 30_000;/,
    'const earlyRound = 1_000;\nconst laterRound = 1_000;',
  ],
];

const sources = ['modules', 'proto', 'flash-layout', 'main.ts', 'manifest.json', 'tsconfig.json'];

/** The firmware, changed, in a place of its own. */
function firmwareThatDialsEverySecond(): string {
  const copy = join(root, '.build', 'every-second');
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const name of sources) cpSync(join(root, name), join(copy, name), { recursive: true });
  for (const [file, pattern, by] of edits) {
    const path = join(copy, 'modules', file);
    const text = readFileSync(path, 'utf8');
    if (!pattern.test(text)) throw new Error(`${file} has no ${pattern}`);
    writeFileSync(path, text.replace(pattern, by));
  }
  return copy;
}

interface Sought {
  peer: Peer;
  what: Absence;
  lengths: number[];
}

async function worst({ peer, what, lengths }: Sought, firmware?: string): Promise<number> {
  let most = 0;
  for (const length of lengths) {
    if (length > usual && firmware !== undefined) continue;
    for (const seed of length > usual ? seeds.slice(0, 1) : seeds) {
      const late = await runAbsence(what, length, {
        peer,
        seed,
        ...(firmware !== undefined && { firmware }),
      });
      most = Math.max(most, late);
    }
  }
  return most;
}

async function absence(sought: Sought, says: string, reference: string): Promise<Figure> {
  const { peer, what, lengths } = sought;
  const bound = boundOf(what, lengths[0]!) / second;
  const news = peer === 'gateway' ? 'block' : 'message';
  const late = (await worst(sought)) / second;
  const other = (await worst(sought, reference)) / second;
  return atMost(
    `a part of a ${peer}, its ${what} away for ${says}: until the first new ${news} is acknowledged, the longest`,
    late,
    's',
    bound,
    `a part that dials every second: ${other.toFixed(2)} s`,
  );
}

/** Bytes after the handshake, minutes, and readings a second: to a broker each is a message of some 130 B. */
const cutsOf: Record<Peer, readonly (readonly [bytes: number, minutes: number, rate: number])[]> = {
  gateway: [
    [4_000, 10, 300],
    [64_000, 30, 300],
    [1_000_000, 120, 300],
  ],
  broker: [
    [4_000, 10, 9],
    [64_000, 10, 90],
    [1_000_000, 20, 300],
  ],
};

async function cuts(peer: Peer): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [bytes, minutes, rate] of cutsOf[peer]) {
    const options = { peer, frequencies: [rate / 3, rate / 3, rate / 3] };
    const whole = await runCuts(undefined, minutes, options);
    const { received, connections } = await runCuts(bytes, minutes, options);
    figures.push(
      atLeast(
        `connections to a ${peer} that end ${bytes / 1_000} KB after their handshake: delivered of what one without end delivers`,
        (100 * received) / whole.received,
        '%',
        97,
        `${connections} connections in ${minutes} minutes, ${rate} readings a second, 4 KB a collector`,
      ),
    );
  }
  return figures;
}

export default async function run(): Promise<Figure[]> {
  const reference = firmwareThatDialsEverySecond();
  const figures: Figure[] = [];
  for (const peer of peers) {
    for (const what of absences) {
      figures.push(await absence({ peer, what, lengths: short }, '10 s to 9 min', reference));
      figures.push(await absence({ peer, what, lengths: long }, '15 min to 10 h', reference));
    }
    figures.push(...(await cuts(peer)));
  }
  return figures;
}
