/** The block: bytes a reading of every kind of signal beside other forms, cost to encode, speed to decode. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import process from 'node:process';
import { differenceEntropy, entropy, gorilla, varintDeltas } from '../modules/block/comparison.node.js';
import { decodeBlock } from '../modules/block/decoder';
import { pack } from '../modules/block/encode.node.js';
import { sensorDataBytes } from '../modules/block/sensor-data.node.js';
import type { Period } from '../modules/block/types';
import { atLeast, atMost, exactly, type Figure, plain } from './figure';
import { measureInstructions } from './rv32/measure';
import { type Signal, signals, temperature } from './signals';

const perReading = 'B a reading';
const tenMilliseconds: Period = { numerator: 10, denominator: 1 };

function recorded(name: string): number[] {
  const file = new URL(`../test/data/${name}`, import.meta.url);
  return readFileSync(file, 'utf8').trim().split('\n').slice(1).map(Number);
}

function size(blocks: Uint8Array[]): number {
  return blocks.reduce((sum, { length }) => sum + length, 0);
}

/** Bytes of `flac -8` for a column of 16-bit integers, undefined where flac is absent. */
function flac(values: number[]): number | undefined {
  const folder = mkdtempSync(`${tmpdir()}/flac-`);
  try {
    writeFileSync(`${folder}/raw`, new Uint8Array(Int16Array.from(values).buffer));
    const format = ['--force-raw-format', '--endian=little', '--sign=signed', '--channels=1', '--bps=16'];
    const quiet = ['-8', '-s', '--sample-rate=8000', '--no-padding', '--no-seektable', '--lax'];
    const run = spawnSync('flac', [...quiet, ...format, '-o', `${folder}/flac`, `${folder}/raw`]);
    return run.status === 0 ? statSync(`${folder}/flac`).size : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function beside(values: number[]): string {
  const each = (bytes: number) => (bytes / values.length).toFixed(3);
  const packed = flac(values);
  return [
    'int16 2',
    `varint deltas ${each(varintDeltas(values))}`,
    `Gorilla ${each(gorilla(values))}`,
    `SensorData ${sensorDataBytes(values[0]!, 1_760_000_000_001)}`,
    `entropy of values ${entropy(values).toFixed(3)}, of differences ${each(differenceEntropy(values))}`,
    packed === undefined ? 'flac absent' : `flac -8 ${each(packed)}`,
  ].join(', ');
}

function sizes(): Figure[] {
  const figures: Figure[] = [];
  const ecg = recorded('ecg-mlii-360hz.csv');
  const all: Signal[] = [
    { name: 'ECG, recorded', values: ecg, period: { numerator: 25, denominator: 9 }, reach: 0.49 },
    ...signals(),
  ];
  for (const { name, values, period = tenMilliseconds, reach } of all) {
    for (const target of [256, 512, 4096]) {
      const bytes = size(pack('integer', values, { target, period }).blocks) / values.length;
      const figure = `${name}, blocks of ${target} B`;
      if (target === 512 && reach !== undefined)
        figures.push(atMost(figure, bytes, perReading, reach, beside(values)));
      else figures.push(plain(figure, bytes, perReading, target === 512 ? beside(values) : ''));
    }
  }
  const noise = all.find(({ name }) => name === 'noise σ 2')!.values;
  for (const hertz of [1, 10, 100]) {
    const options = { period: { numerator: 1000 / hertz, denominator: 1 }, sealEvery: 6 * hertz };
    const values = noise.slice(0, 6 * hertz * 50);
    const bytes = size(pack('integer', values, options).blocks) / values.length;
    figures.push(plain(`noise σ 2 at ${hertz} Hz, sealed every 6 s`, bytes, perReading));
  }
  const degrees = recorded('ambient-temperature-hourly.csv');
  const hour = { numerator: 3_600_000, denominator: 1 };
  figures.push(
    atMost(
      'temperature, recorded doubles',
      size(pack('double', degrees, { period: hour }).blocks) / degrees.length,
      perReading,
      3.9,
      `Gorilla ${(gorilla(degrees) / degrees.length).toFixed(2)}`,
    ),
  );
  const sixteenths = temperature(16);
  figures.push(
    atMost(
      'temperature in sixteenths, doubles',
      size(pack('double', sixteenths).blocks) / sixteenths.length,
      perReading,
      0.35,
      `in hundredths ${(size(pack('double', temperature(100)).blocks) / sixteenths.length).toFixed(2)}`,
    ),
  );
  const levels = Array.from({ length: 360_000 }, (_, index) => index % 200 < 100);
  figures.push(
    atMost(
      'GPIO toggling once a second at 100 Hz',
      size(pack('boolean', levels).blocks) / levels.length,
      perReading,
      0.03,
      `SensorData ${sensorDataBytes(true, 1_760_000_000_001)}`,
    ),
  );
  return figures;
}

async function costs(): Promise<Figure[]> {
  const { loop, ...cases } = await measureInstructions({
    include: ['modules/block/manifest.json'],
    program: 'bench/programs/block.ts',
    counts: Object.fromEntries(
      ['beat', 'quiet', 'noise', 'loud', 'wave', 'still', 'loop', 'levels'].map((name) => [name, 4096]),
    ),
  });
  const figures: Figure[] = [];
  const reference = 'hand-written SensorData: 71,200';
  for (const [name, { instructions, garbage }] of Object.entries(cases)) {
    const figure = `stage and encode, ${name}`;
    // Smooth signals are given the filter, which is dearer: see modules/block/README.md.
    if (['beat', 'quiet', 'noise', 'loud'].includes(name))
      figures.push(
        atMost(figure, Math.round(instructions - loop!.instructions), 'rv32 instructions', 7500, reference),
      );
    else figures.push(plain(figure, Math.round(instructions), 'rv32 instructions'));
    // The keys of a record are looked up anew every eighth block.
    if (['records', 'texts'].includes(name)) figures.push(atMost(`garbage, ${name}`, garbage, perReading, 1));
    else figures.push(exactly(`garbage, ${name}`, garbage, perReading, 0));
  }
  return figures;
}

function speed(): Figure[] {
  const { blocks } = pack('integer', recorded('ecg-mlii-360hz.csv'));
  let best = 0;
  for (let round = 0; round < 8; round += 1) {
    let readings = 0;
    // The time of this process: the machine may have other work.
    const start = process.cpuUsage().user;
    while (process.cpuUsage().user - start < 200_000)
      for (const bytes of blocks) readings += (decodeBlock(bytes) as { count: number }).count;
    best = Math.max(best, readings / (process.cpuUsage().user - start));
  }
  return [atLeast('decode, columnar, ECG', best, 'million readings a second', 20)];
}

export default async function (): Promise<Figure[]> {
  return [...sizes(), ...speed(), ...(await costs())];
}
