/**
 * Breaks the code on purpose, in a copy of the repository, and lets the simulation find it. What it does not find
 * it would not find either when it comes by accident.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import type { WorldName } from './worlds';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Mutant {
  name: string;
  file: string;
  /** There once. */
  pattern: RegExp;
  by: string;
  /** Which of the simulated worlds notices it. */
  world: WorldName;
  /** A seed known to show it: where to begin to look. */
  seed: number;
  /** Virtual hours of a seed; left out: as usual in its world. */
  hours?: number;
}

export const mutants: readonly Mutant[] = [
  {
    name: 'a block is freed before it is acknowledged',
    file: 'modules/uplink/cursors.ts',
    pattern: /( +)progress\[at \+ sent\] = next \+ 1;\n( +)room--;/,
    by: '$1progress[at + sent] = next + 1;\n$1ring.acknowledge(next + 1);\n$2room--;',
    world: 'parts',
    seed: 10,
  },
  {
    name: 'a boot takes the id of the one before it',
    file: 'modules/device/boot.ts',
    pattern: /return \{ counter, random: [^}]*\};/,
    by: 'return { counter: 1, random: counter > 0 ? 7 : random() };',
    world: 'parts',
    seed: 12,
  },
  {
    name: 'the check of a block is skipped',
    file: 'modules/block/opened-block.ts',
    pattern: /return fail\('check'[^;]*;/,
    by: ';',
    world: 'parts',
    seed: 34,
  },
  {
    name: 'a gateway need not prove itself',
    file: 'modules/uplink/session.ts',
    pattern: /if \(!proved\) \{/,
    by: 'if (!proved && host === undefined) {',
    world: 'parts',
    seed: 17,
  },
  {
    name: 'what is absent is never tried again',
    file: 'modules/device/absent-resources.ts',
    pattern: /if \(!this\.retry\(absent\[this\.index\]!\)\) this\.index\+\+;/,
    by: 'this.index++;',
    world: 'parts',
    seed: 60,
  },
  {
    name: 'every collector is admitted, whether it fits or not',
    file: 'modules/config/memory-budget.ts',
    pattern: /if \(!this\.admit\(collectorPlanCost\)\) return false;/,
    by: 'this.admit(collectorPlanCost);',
    world: 'parts',
    seed: 283,
  },
  {
    name: 'a reading is looked into as deep as it goes',
    file: 'modules/block/record-shape.ts',
    pattern: /if \(depth > maximumEncodedDepth \|\| room < 1\)/,
    by: 'if (room < 1)',
    world: 'parts',
    seed: 7,
  },
  {
    name: 'an answer about a name that cannot be read ends the machine',
    file: 'modules/uplink/guarded-udp.ts',
    pattern: /catch \{\n( +)(\/\/ Whoever sent it)/,
    by: 'catch (error) {\n$1throw error;\n$1$2',
    world: 'parts',
    seed: 5,
  },
  {
    name: 'the watermarks of another device of the same name are forgotten',
    file: 'gateway/link/link-server.ts',
    pattern: /\[session\.boot, \.\.\.retained, \.\.\.others\]/,
    by: '[session.boot, ...retained]',
    world: 'parts',
    seed: 54,
  },
  {
    name: 'a configuration that has no room beside what runs takes its place',
    file: 'modules/device/device.ts',
    pattern: /(done\(false, this\.waits\(plan\.problems[^;]*;\n)( +)return;\n/,
    by: '$1',
    world: 'parts',
    seed: 30,
  },
  {
    name: 'a configuration is read on where there is no room for it',
    file: 'modules/config/memory-budget.ts',
    pattern: /this\.crowded = !beside\.fitsReading\([^;]*;/,
    by: ';',
    world: 'parts',
    seed: 146,
  },
  {
    name: 'a collector that does not fit is left out without a word',
    file: 'modules/config/collectors.ts',
    pattern: /(admitCollector\([^)]*\) === false\)\n +return) entry\.error\(\n[^;]*;/,
    by: '$1 undefined;',
    world: 'parts',
    seed: 31,
  },
  {
    name: 'whoever answers without end is listened to',
    file: 'modules/uplink/session.ts',
    pattern: /this\.state === 'dialling' && \+\+this\.answered > longestAnswer/,
    by: 'false',
    world: 'parts',
    seed: 192,
  },
  {
    name: 'a second device of a name takes the place of the first, each time',
    file: 'gateway/link/link-server.ts',
    pattern: /if \(rival !== undefined\) \{/,
    by: 'if (rival !== undefined && before === undefined) {',
    world: 'parts',
    seed: 54,
  },
  {
    name: 'a device that was restarted counts as another',
    file: 'gateway/link/devices.ts',
    pattern: /!sameBoot\(last\.boot, boot\) && this\.#has\(boot, wall\)/,
    by: '!sameBoot(last.boot, boot)',
    world: 'parts',
    seed: 15,
  },
  {
    name: 'a device that is sent away for another of its name does not say so',
    file: 'modules/uplink/uplink.ts',
    pattern: /if \(reason\.startsWith\(rivalry\)\)/,
    by: 'if (reason === rivalry)',
    world: 'parts',
    seed: 54,
  },
  {
    name: 'blocks are acknowledged before they are synced',
    file: 'gateway/outbox/writer.ts',
    pattern: /( +)try \{\n( +const first = await )/,
    by: '$1this.#options.apply(batch.map(({ entry }) => entry));\n$1try {\n$2',
    world: 'crowd',
    seed: 1,
  },
  {
    name: 'the watermarks are forgotten at a restart',
    file: 'gateway/outbox/recovery.ts',
    pattern: /( +)reconcile\(recovery\);\n/,
    by: '$1reconcile(recovery);\n$1for (const of of state.streams.all) of.next = of.durable = 0;\n',
    world: 'crowd',
    seed: 1,
  },
  {
    name: 'what a destination has refused is removed',
    file: 'gateway/outbox/settlement.ts',
    pattern: /end: isRefused \? 'failed' : 'removed'/,
    by: "end: 'removed'",
    world: 'crowd',
    seed: 2,
  },
  {
    name: 'stamps of a stream go back with the clock',
    file: 'gateway/outbox/block-intake.ts',
    pattern: /Math\.max\(Math\.round\(clock\), Math\.floor\(state\.end - block\.start\) \+ 1\)/,
    by: 'Math.round(clock)',
    world: 'crowd',
    seed: 6,
  },
  {
    name: 'a gap that a part names is not taken',
    file: 'gateway/outbox/block-intake.ts',
    pattern: /if \(next <= state\.next\) return;/,
    by: 'if (next <= state.next || next > 0) return;',
    world: 'crowd',
    seed: 2,
  },
  {
    name: 'what the disk guard removes is not in the account',
    file: 'gateway/outbox/state.ts',
    pattern: /account\.settled\(collector, name, fate, item\);/,
    by: "if (fate !== 'deleted') account.settled(collector, name, fate, item);",
    world: 'crowd',
    seed: 2,
  },
  {
    name: 'what a failed write left behind in a file stays',
    file: 'gateway/outbox/capture-files.ts',
    pattern: /if \(handle\.size > open\.written\.bytes\) await handle\.truncate\(open\.written\.bytes\);/,
    by: ';',
    world: 'crowd',
    seed: 1,
  },
  {
    name: 'what a note says is delivered is filed again from the log',
    file: 'gateway/outbox/recover-delivered.ts',
    pattern: /endLogged\(of, sequence\);/,
    by: ';',
    world: 'crowd',
    seed: 1,
    hours: 0.25,
  },
  {
    name: 'a start does not know what it filed again of a file that it could not read',
    file: 'gateway/outbox/unread.ts',
    pattern: /if \(this\.#twins\.size === 0\) return false;\n( +)const places/,
    by: 'if (this.#twins.size >= 0) return false;\n$1const places',
    world: 'crowd',
    seed: 1,
    hours: 0.25,
  },
  {
    name: 'a file that cannot be read at a start is forgotten',
    file: 'gateway/outbox/scan.ts',
    pattern: /for \(const name of names\) state\.unread\.addFile\(join\(directory, name\), error as Error\);/,
    by: ';',
    world: 'crowd',
    seed: 1,
    hours: 0.25,
  },
  {
    name: 'a message to a broker counts as acknowledged with those behind it',
    file: 'modules/uplink/mqtt/deliveries.ts',
    pattern: /if \(index === this\.below\) \{\n( +)this\.below\+\+;/,
    by: 'if (index >= this.below) {\n$1this.below = index + 1;',
    world: 'broker',
    seed: 1,
  },
  {
    name: 'a repeated block goes to a broker with another time',
    file: 'modules/uplink/mqtt/deliveries.ts',
    pattern: /for \(const delivery of list\) delivery\.stream = undefined;/,
    by: 'list.length = 0;',
    world: 'broker',
    seed: 1,
  },
];

/** The file as it would be. @throws Error when what it breaks is not there, once */
export function broken({ name, file, pattern, by }: Mutant): string {
  const text = readFileSync(join(root, file), 'utf8');
  const count = text.match(new RegExp(pattern.source, 'g'))?.length ?? 0;
  if (count !== 1) throw new Error(`${file} has ${count} times what '${name}' breaks`);
  return text.replace(pattern, by);
}

/** Virtual hours of a seed. */
const hoursOf: Record<WorldName, number> = { parts: 0.1, broker: 0.1, crowd: 1 / 60 };

const sources = [
  ...[
    'bench',
    'common',
    'flash-layout',
    'gateway',
    'host-sim',
    'modules',
    'proto',
    'test',
    'tools',
    'typings',
  ],
  ...['main.ts', 'manifest.json', 'package.json', 'tsconfig.json', 'tsconfig.node.json'],
];

/** Runs the simulation on the mutant until it shows. @returns its last line, and whether it was found */
export async function hunt(mutant: Mutant, seeds: number): Promise<{ found: boolean; output: string }> {
  const copy = join(root, '.build', `mutant-${process.pid}`);
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  try {
    for (const name of sources) cpSync(join(root, name), join(copy, name), { recursive: true });
    if (existsSync(join(root, '.cache'))) symlinkSync(join(root, '.cache'), join(copy, '.cache'));
    // What is made of sources by their contents is shared; a firmware that is put together in there is the copy's own.
    mkdirSync(join(copy, '.build'));
    for (const name of ['hosts', 'modules', 'bundles'])
      if (existsSync(join(root, '.build', name)))
        symlinkSync(join(root, '.build', name), join(copy, '.build', name));
    linkPackages(copy);
    writeFileSync(join(copy, mutant.file), broken(mutant));
    const { world, seed, hours = hoursOf[mutant.world] } = mutant;
    const parameters = ['--world', world, '--first-seed', seed, '--seeds', seeds, '--hours', hours];
    const command = ['--import', 'tsx', 'test/simulate.ts', ...parameters.map(String), '--until-violation'];
    return await run(copy, command);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** All packages are the repository's, but its own workspaces are the copy's: else they would be no mutants. */
function linkPackages(copy: string): void {
  const packages = join(root, 'node_modules');
  mkdirSync(join(copy, 'node_modules', '@sluice'), { recursive: true });
  for (const name of readdirSync(packages)) {
    if (name !== '@sluice') symlinkSync(join(packages, name), join(copy, 'node_modules', name));
  }
  for (const name of readdirSync(join(packages, '@sluice')))
    symlinkSync(join(copy, name), join(copy, 'node_modules', '@sluice', name));
}

function run(directory: string, parameters: string[]): Promise<{ found: boolean; output: string }> {
  const child = spawn(process.execPath, parameters, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const summary = /^seeds \d+ violations ([1-9]\d*)$/m.test(output);
      resolve({ found: code === 1 && summary, output });
    });
  });
}
