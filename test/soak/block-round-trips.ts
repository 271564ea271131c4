/** Columns of every kind, patched together from many signals, through encoder and decoder: values and times. */
import { isDeepStrictEqual } from 'node:util';
import { BlockError } from '../../modules/block/block-error';
import { decodeBlock } from '../../modules/block/decoder';
import { type PackOptions, pack, type StagedSlip } from '../../modules/block/encode.node.js';
import { type ColumnKind, kinds } from '../../modules/block/types';
import type { SoakTask } from './task';

class Chance {
  #state: number;

  constructor(state: number) {
    this.#state = state;
  }
  /** 0 … 1. */
  next(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) | 0;
    return (this.#state >>> 8) / 0x1000000;
  }
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }
  of<T>(...choices: T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

const shapes: ((chance: Chance, index: number, size: number, walk: number) => number)[] = [
  () => 0,
  (_, index, size) => index * size,
  (_, index, size) => size * Math.sin(index / 9),
  (chance, _, size) => size * (2 * chance.next() - 1),
  (chance, _, size, walk) => walk + size * (chance.next() - 0.5),
  (chance, _, size) => (chance.next() < 0.05 ? size : 0),
  (chance, index, size) => size * (Math.sin(index / 3) + 0.1 * chance.next()),
  (chance) => 2 ** 32 * (chance.next() - 0.5),
];

function signal(chance: Chance): number[] {
  const length = 1 + chance.below(chance.of(300, 300, 300, 4000));
  const shape = chance.of(...shapes);
  const size = chance.of(1, 2, 4, 10, 100, 1e4, 1e6, 2 ** 31);
  const base = chance.of(chance.below(5000), 2 ** 32 * (chance.next() - 0.5));
  const step = chance.of(1, 1, 1, 2, 4, 10, 37);
  let walk = 0;
  return Array.from({ length }, (_, index) => {
    walk = shape(chance, index, size, walk);
    return Math.round((base + walk) / step) * step;
  });
}

const readings: Record<ColumnKind, (chance: Chance, value: number, index: number) => unknown> = {
  integer: (chance, value) => (chance.next() < 0.0005 ? Number.NaN : value | 0),
  boolean: (chance, value, index) => (value > 2000 ? chance.next() < 0.5 : (index >> 6) % 2 === 0),
  double: (chance, value) =>
    chance.of(
      value / 1000,
      value / 100,
      value / 100,
      (value / 1e8) * (1 + 2 ** -52),
      Math.fround(value / 3),
      Math.sin(value),
      -0,
      Number.NaN,
    ),
  record: (chance, value, index) =>
    index % 40 < 30
      ? { a: value / 10, b: chance.next() < 0.5, c: `s${index >> 3}` }
      : chance.of<unknown>([value, null, { x: true }], value, 'é'),
};

function slipsOf(chance: Chance, length: number): Map<number, StagedSlip> {
  const slips = new Map<number, StagedSlip>();
  const most = chance.of(3, 30, 500, Infinity);
  for (let index = chance.below(30); index < length; index += 1 + chance.below(Math.min(most, length)))
    slips.set(index, {
      missed: chance.of(0, 0, chance.below(5)),
      late: chance.of(0, chance.below(20)),
      duration: chance.of(0, chance.below(40)),
    });
  return slips;
}

/** @returns how many readings; throws what is wrong */
function roundTrip(chance: Chance): number {
  const kind = chance.of('integer', ...kinds);
  const column = Array.from({ length: 1 + chance.below(6) }, () => signal(chance)).flat();
  const values = column.map((value, index) => readings[kind](chance, value, index));
  const period = { numerator: 1 + chance.below(2000), denominator: chance.of(1, 1, 3, 9, 1000) };
  const start = chance.of(chance.below(1e6), 2 ** 31 - chance.below(5000));
  const target = kind === 'record' ? chance.of(400, 512, 4096) : chance.of(200, 256, 512, 1000, 4096);
  const slips = slipsOf(chance, values.length);
  const options: PackOptions = { period, start, target, slips };
  if (chance.below(3) === 0) options.sealEvery = 1 + chance.below(300);
  const { blocks, refused } = pack(kind, values, options);

  const expected: [unknown, number, number][] = [];
  let tick = 0;
  values.forEach((value, index) => {
    const { missed, late, duration } = slips.get(index) ?? { missed: 0, late: 0, duration: 0 };
    tick += missed;
    const requested = start + Math.ceil((tick * period.numerator) / period.denominator) + late;
    if (kind !== 'integer' || !Number.isNaN(value)) expected.push([value, requested, requested + duration]);
    tick += 1;
  });
  if (refused !== values.length - expected.length) throw new Error(`${refused} refused`);
  let at = 0;
  for (const bytes of blocks) {
    if (bytes.length > target) throw new Error(`a block of ${bytes.length} B for ${target}`);
    const block = decodeBlock(bytes);
    if (block instanceof BlockError) throw new Error(block.message);
    for (const { value, requested, received } of block.readings()) {
      const want = expected[at];
      if (!isDeepStrictEqual([value, requested, received], want))
        throw new Error(
          `${kind} ${at}: ${JSON.stringify([value, requested, received])}, not ${JSON.stringify(want)}`,
        );
      at += 1;
    }
  }
  if (at !== expected.length) throw new Error(`${at} readings of ${expected.length}`);
  return values.length;
}

export const task: SoakTask = {
  description: 'every reading of every kind comes back from its blocks as it was, at its times',
  unit: 'columns',
  sample: 150,
  full: 100_000,
  async run(amount, seed) {
    let total = 0;
    for (let number = 0; number < amount; number += 1)
      try {
        total += roundTrip(new Chance(Math.imul(seed + number, 0x9e3779b1)));
      } catch (error) {
        throw new Error(`seed ${seed + number}: ${(error as Error).message}`, { cause: error });
      }
    return `${total} readings`;
  },
};
