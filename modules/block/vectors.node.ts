/**
 * The vectors: blocks of every kind and form, with what they hold, for other languages to be tested against.
 * `npx tsx modules/block/vectors.node.ts` writes them anew; a test keeps them equal to what the encoder makes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type DecodedBlock, decodeBlock } from './decoder';
import { type PackOptions, pack } from './encode.node.js';
import type { ColumnKind } from './types';

export const vectorFolder = fileURLToPath(new URL('./vectors/', import.meta.url));

let state = 1;
/** Uniform in −1 … 1, the same at every run. */
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return state / 0x80000000;
}
function noise(): number {
  return random() + random() + random();
}
function column<T>(length: number, value: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => value(index));
}

const sources: [
  name: string,
  about: string,
  kind: ColumnKind,
  values: () => unknown[],
  options?: PackOptions,
][] = [
  ['still', 'integers that never change: one run', 'integer', () => column(5000, () => 1234)],
  [
    'noise',
    'integers around a mean: the level predictor',
    'integer',
    () => column(900, () => Math.round(2000 + 2 * noise())),
  ],
  [
    'rest-and-move',
    'integers that rest and move: the slope predictor',
    'integer',
    () =>
      column(900, (index) =>
        Math.round(900 + (index % 90 < 20 ? 200 * Math.sin((index % 90) / 6.4) : 0) + noise()),
      ),
  ],
  [
    'wave',
    'a smooth wave: the filter, with weights solved for',
    'integer',
    () =>
      column(9000, (index) =>
        Math.round(2000 + 900 * Math.sin(index / 11) + 300 * Math.sin(index / 4.7) + noise()),
      ),
  ],
  [
    'slow',
    'a slow sensor: runs, and residuals between them',
    'integer',
    () => column(4000, (index) => Math.round(500 + index / 150 + 0.2 * noise())),
  ],
  [
    'quantised',
    'multiples of 4 beside 3: scaled',
    'integer',
    () => column(900, () => 3 + 4 * Math.round(500 + 3 * noise())),
  ],
  [
    'wild',
    'integers of all 32 bits: long codes and wrapping',
    'integer',
    () =>
      column(200, (index) =>
        index % 3 === 0 ? (random() * 0x80000000) | 0 : index % 2 ? 0x7fffffff : -0x80000000,
      ),
  ],
  [
    'spikes',
    'a quiet signal with spikes',
    'integer',
    () => column(900, (index) => (index % 70 === 9 ? 4095 : Math.round(noise()))),
  ],
  ['one', 'one reading', 'integer', () => [-1]],
  [
    'levels',
    'levels that toggle now fast, now slowly',
    'boolean',
    () => column(6000, (index) => (index < 3000 ? index % 200 < 100 : random() > 0)),
  ],
  [
    'decimals',
    'decimals of several lengths',
    'double',
    () => column(200, (index) => Math.round(2150 + 30 * noise()) / (index < 90 ? 100 : 1000)),
  ],
  [
    'corrected',
    'decimals a few units in the last place off',
    'double',
    () => column(120, (index) => (Math.round(7e9 + 1e7 * noise()) * (index % 9 ? 1 : 1 + 2 ** -52)) / 1e8),
  ],
  [
    'bits',
    'doubles that are no decimals, and specials',
    'double',
    () =>
      column(160, (index) =>
        index === 70
          ? Number.NaN
          : index === 71
            ? -0
            : index === 72
              ? -Infinity
              : index === 73
                ? Number.MIN_VALUE
                : index > 120
                  ? index / 4
                  : index > 100
                    ? Math.fround(Math.sin(index))
                    : Math.sin(index / 30),
      ),
  ],
  [
    'records',
    'records: nested, of changing shape',
    'record',
    () =>
      column(60, (index) =>
        index % 20 === 7
          ? { error: `code ${index}`, at: null }
          : { t: 20 + (index % 9) / 10, ok: index % 2 === 0, position: { x: index, y: [index / 3, 'µ'] } },
      ),
  ],
  [
    'slips',
    'readings that are late, missed and slow; a period of 25/9 ms; times beyond 2³¹ ms',
    'integer',
    () => column(600, (index) => index % 50),
    {
      period: { numerator: 25, denominator: 9 },
      start: 2 ** 31 - 700,
      boot: { counter: 4_000_000_000, random: 0xffffffff },
      stream: 70,
      slips: new Map([
        [3, { missed: 0, late: 1, duration: 0 }],
        [4, { missed: 0, late: 1, duration: 0 }],
        [90, { missed: 2, late: 0, duration: 20 }],
        [91, { missed: 0, late: 0, duration: 21 }],
        [400, { missed: 100_000, late: 3, duration: 0 }],
        [599, { missed: 0, late: 2 ** 33, duration: 5 }],
      ]),
    },
  ],
  [
    'quiet',
    'noise of half a count, and jumps: pairs of all forms',
    'integer',
    () =>
      column(4000, (index) =>
        Math.round(2000 + 0.5 * noise() + (index % 97 === 5 ? 2 + (index % 30) : index % 89 === 7 ? -2 : 0)),
      ),
  ],
  [
    'pulse',
    'a pulse wave: the filter, cold, then with the weights it learned',
    'integer',
    () =>
      column(5000, (index) => {
        const phase = (index % 130) / 130;
        const beat = 1000 * Math.exp(-(((phase - 0.2) / 0.1) ** 2));
        const echo = 450 * Math.exp(-(((phase - 0.48) / 0.12) ** 2));
        return Math.round(1200 + beat + echo + 2 * noise());
      }),
  ],
  [
    'sixteenths',
    'doubles that are multiples of a step, and one that is none: version 2',
    'double',
    () => column(900, (index) => (index === 850 ? 21.34 : Math.round(16 * (21 + 0.03 * noise())) / 16)),
  ],
  [
    'stepped-records',
    'records whose numbers have steps of their own: version 2',
    'record',
    () =>
      column(600, (index) => ({
        t: Math.round(8 * (20 + 0.1 * noise())) / 8,
        rh: 40 + (index % 5) / 10,
        n: 25 * index,
      })),
  ],
];

export interface Vector {
  name: string;
  about: string;
  blocks: Uint8Array[];
  kind: ColumnKind;
  values: unknown[];
  options: PackOptions | undefined;
}

export function vectors(): Vector[] {
  state = 1;
  return sources.map(([name, about, kind, make, options]) => {
    const values = make();
    return { name, about, kind, values, options, blocks: pack(kind, values, options).blocks };
  });
}

/** A decoded block as JSON can hold it: doubles as their 64 bits in hexadecimal. */
export function plainBlock(block: DecodedBlock): object {
  const { requested, received } = block.times();
  const values = Array.from(block.values as ArrayLike<unknown>, (value) =>
    block.kind === 'double'
      ? bitsOf(value as number)
      : block.kind === 'boolean'
        ? value === 1
        : plainValue(value),
  );
  return {
    kind: block.kind,
    stream: block.stream,
    boot: [block.boot.counter, block.boot.random],
    sequence: block.sequence,
    requested: [...requested],
    received: [...received],
    values: block.kind === 'integer' ? [...(block.values as Int32Array)] : values,
  };
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'number') return { double: bitsOf(value) };
  if (Array.isArray(value)) return value.map(plainValue);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainValue(item)]));
}

function bitsOf(value: number): string {
  return new BigUint64Array(new Float64Array([value]).buffer)[0]!.toString(16).padStart(16, '0');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(vectorFolder, { recursive: true });
  const index = vectors().map(({ name, about, blocks }) => {
    const files = blocks.map((bytes, number) => {
      const file = `${name}-${number}.bin`;
      writeFileSync(`${vectorFolder}${file}`, bytes);
      return file;
    });
    const lines = blocks.map((bytes) => JSON.stringify(plainBlock(decodeBlock(bytes) as DecodedBlock)));
    writeFileSync(`${vectorFolder}${name}.jsonl`, `${lines.join('\n')}\n`);
    return `| \`${name}\` | ${about} | ${files.length} |`;
  });
  writeFileSync(
    `${vectorFolder}README.md`,
    `# Vectors of the block\n\nFor decoders in any language (see ../SPEC.md). \`<name>-<number>.bin\` is a block, line *number* (from 0) of \`<name>.jsonl\` what it holds: doubles stand as their 64 bits in hexadecimal, within records as \`{"double": …}\`. Written by \`npx tsx modules/block/vectors.node.ts\`.\n\n| name | what | blocks |\n| --- | --- | --- |\n${index.join('\n')}\n`,
  );
}
