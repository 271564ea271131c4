import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../../test/chance';
import { BlockError } from './block-error';
import { checkOfWords } from './check';
import { type DecodedBlock, decodeBlock } from './decoder';
import { type PackOptions, pack, type StagedSlip } from './encode.node.js';
import { explainBlock, type Field } from './explain.node.js';
import { IntegerEncoder } from './integer-encoder';
import type { ColumnKind } from './types';

function decoded(blocks: Uint8Array[]): DecodedBlock[] {
  return blocks.map((bytes) => {
    const block = decodeBlock(bytes);
    if (block instanceof BlockError) throw new Error(block.message);
    return block;
  });
}

function values(blocks: Uint8Array[]): unknown[] {
  return decoded(blocks).flatMap((block) => Array.from(block.values as ArrayLike<unknown>));
}

const target = fc.integer({ min: 200, max: 1200 });
const integer = fc.integer({ min: -0x80000000, max: 0x7fffffff });

/** Signals of many kinds: still, stepping, smooth, noisy, wild, and changes between them. */
const signal = fc
  .array(
    fc.record({
      length: fc.integer({ min: 1, max: 500 }),
      kind: fc.constantFrom('still', 'ramp', 'wave', 'noise', 'wild'),
      size: fc.constantFrom(1, 2, 10, 1000, 1e6, 2 ** 31),
      level: integer,
      seed: fc.integer({ min: 1, max: 1e6 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) =>
    parts.flatMap(({ length, kind, size, level, seed }) => {
      let state = seed;
      const random = () => {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        return state / 2 ** 31;
      };
      return Array.from({ length }, (_, index) => {
        const moved = {
          still: 0,
          ramp: index * size,
          wave: size * Math.sin(index / 9),
          noise: size * random(),
        };
        return (kind === 'wild' ? random() * 2 ** 31 : level + moved[kind as keyof typeof moved]) | 0;
      });
    }),
  );

const anyDouble = fc.oneof(
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    Number.NaN,
    Infinity,
    -Infinity,
    Number.MIN_VALUE,
    Number.MAX_VALUE,
    1e-310,
    0.1 + 0.2,
  ),
  fc.integer({ min: -100000, max: 100000 }).map((value) => value / 100),
  fc.float(),
);
const leaf = fc.oneof(
  anyDouble,
  fc.boolean(),
  fc.string({ maxLength: 12, unit: 'grapheme' }),
  fc.constant(null),
  fc.integer(),
);
const record = fc.oneof(
  leaf,
  fc.dictionary(
    fc.string({ maxLength: 5 }),
    fc.oneof(
      leaf,
      fc.array(leaf, { maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 3 }), leaf, { maxKeys: 3 }),
    ),
    {
      maxKeys: 4,
    },
  ),
);

describe('readings come back as they went in', () => {
  test('integers of every kind of signal', () => {
    fc.assert(
      fc.property(signal, target, (column, size) => {
        const { blocks, refused } = pack('integer', column, { target: size });
        expect(refused).toBe(0);
        expect(values(blocks)).toEqual(column);
        for (const block of blocks) expect(block.length).toBeLessThanOrEqual(size);
      }),
      runs(150),
    );
  });

  test('levels', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 9000 })), { minLength: 1, maxLength: 30 }),
        target,
        (spans, size) => {
          const column = spans.flatMap(([level, length]) => Array.from({ length }, () => level));
          const { blocks } = pack('boolean', column, { target: size });
          expect(values(blocks)).toEqual(column.map(Number));
        },
      ),
      runs(40),
    );
  });

  test('doubles, bit for bit', () => {
    fc.assert(
      fc.property(fc.array(anyDouble, { minLength: 1, maxLength: 300 }), target, (column, size) => {
        const out = values(pack('double', column, { target: size }).blocks) as number[];
        expect([...new BigUint64Array(new Float64Array(out).buffer)]).toEqual([
          ...new BigUint64Array(new Float64Array(column).buffer),
        ]);
      }),
      runs(150),
    );
  });

  test('doubles on a step that changes, is left and is met again, whole or in records', () => {
    const stretch = fc.record({
      step: fc.constantFrom(1 / 16, 0.125, 0.25, 0.5, 5, 0.02, 0.75, 3, 1000, 2 ** 30, 1 / 1024, 0.1),
      base: fc.integer({ min: -5000, max: 5000 }),
      // Which of them are none of its multiples.
      strays: fc.array(fc.nat(119), { maxLength: 3 }),
      multiples: fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 20, maxLength: 120 }),
    });
    fc.assert(
      fc.property(
        fc.array(stretch, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(7, 60, 300),
        (stretches, sealEvery) => {
          const column = stretches.flatMap(({ step, base, strays, multiples }) =>
            multiples.map((multiple, index) =>
              strays.includes(index) ? base + 0.01 * multiple : (base + multiple) * step,
            ),
          );
          expect(values(pack('double', column, { sealEvery }).blocks)).toEqual(column);
          const records = column.map((a, index) => ({ a, b: index * 5 }));
          expect(values(pack('record', records, { sealEvery }).blocks)).toEqual(records);
        },
      ),
      runs(100),
    );
  });

  test('doubles that go from one end of what a decimal can be to the other', () => {
    for (const end of [2 ** 51 - 1, 2 ** 51, 2 ** 51 + 1]) {
      const column = [...Array(60).fill(-end), end, -end, 1, end, -end];
      expect(values(pack('double', column).blocks)).toEqual(column);
    }
  });

  test('any 64 bits as a double, payloads of NaN included', async () => {
    const { DoubleEncoder } = await import('./double-encoder');
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 14 }),
        (random) => {
          const patterns = [...random, 0x7ff8000000000123n, 0x7ff0000000000001n];
          const blocks: Uint8Array[] = [];
          const encoder = new DoubleEncoder({
            boot: { counter: 1, random: 1 },
            stream: 0,
            period: { numerator: 1, denominator: 1 },
            target: 512,
            sink: { block: (bytes, length) => blocks.push(bytes.slice(0, length)) },
          });
          encoder.start(0);
          const { buffer, byteOffset } = encoder.staged;
          new BigUint64Array(buffer, byteOffset, 16).set(patterns);
          encoder.count = patterns.length;
          encoder.seal();
          const out = decoded(blocks).flatMap((block) => [
            ...new BigUint64Array((block.values as Float64Array).buffer),
          ]);
          expect(out).toEqual(patterns);
        },
      ),
      runs(150),
    );
  });

  test('records whose shape changes, nested, with strings and nulls', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 600, max: 2000 }),
        (column, size) => {
          const { blocks, refused } = pack('record', column, { target: size });
          expect(refused).toBe(0);
          expect(values(blocks)).toEqual(column);
        },
      ),
      runs(150),
    );
  });

  test('more records of next to nothing than a decoder would hold in one block', () => {
    const column = Array.from({ length: 5000 }, () => Array(254).fill(null));
    const { blocks } = pack('record', column, { target: 4000 });
    expect(decoded(blocks).map(({ count }) => count)).toEqual([4112, 888]);
  });

  test('the payload of one object that is reused', () => {
    const reading = { temperature: 20, ok: true };
    const blocks: Uint8Array[] = [];
    return import('./record-encoder').then(({ RecordEncoder }) => {
      const encoder = new RecordEncoder({
        boot: { counter: 1, random: 1 },
        stream: 0,
        period: { numerator: 1000, denominator: 1 },
        target: 512,
        sink: { block: (bytes, length) => blocks.push(bytes.slice(0, length)) },
      });
      encoder.start(0);
      for (let index = 0; index < 500; index += 1) {
        reading.temperature = 20 + (index % 7) / 10;
        reading.ok = index % 3 > 0;
        encoder.staged[0] = reading;
        encoder.count = 1;
        encoder.flush();
      }
      encoder.seal();
      expect(values(blocks)).toEqual(
        Array.from({ length: 500 }, (_, index) => ({
          temperature: 20 + (index % 7) / 10,
          ok: index % 3 > 0,
        })),
      );
      expect(blocks.reduce((sum, block) => sum + block.length, 0)).toBeLessThan(500);
    });
  });
});

describe('encoders that take turns', () => {
  const columns = {
    noise: (index: number) => 2000 + ((index * 7919) % 5),
    wave: (index: number) => Math.round(2000 + 900 * Math.sin(index / 11) + 300 * Math.sin(index / 4.7)),
    multiples: (index: number) => 3 + 4 * Math.round(500 + 20 * Math.sin(index / 9)),
  };

  function encoder(blocks: Uint8Array[]): IntegerEncoder {
    const encoder = new IntegerEncoder({
      boot: { counter: 1, random: 1 },
      stream: 0,
      period: { numerator: 10, denominator: 1 },
      target: 512,
      sink: { block: (bytes, length) => blocks.push(bytes.slice(0, length)) },
    });
    encoder.start(0);
    return encoder;
  }

  /** Stages a reading; every 37th is late, by something else in each column. */
  function stage(encoder: IntegerEncoder, value: number, index: number, late: number): void {
    encoder.staged[encoder.count] = value;
    encoder.count += 1;
    if (index % 37 === 0) encoder.slip(encoder.count - 1, 0, late, 1);
    if (encoder.count === encoder.capacity) while (!encoder.advance());
  }

  test('make the blocks they make alone, though they work with the same choice, slips and scale', () => {
    const all = Object.values(columns);
    const alone = all.map((value, late) => {
      const blocks: Uint8Array[] = [];
      const single = encoder(blocks);
      for (let index = 0; index < 6000; index += 1) stage(single, value(index), index, late);
      single.seal();
      return blocks;
    });
    const together: Uint8Array[][] = all.map(() => []);
    const encoders = together.map(encoder);
    for (let index = 0; index < 6000; index += 1)
      all.forEach((value, late) => {
        stage(encoders[late]!, value(index), index, late);
      });
    for (const each of encoders) each.seal();
    expect(together).toEqual(alone);
    expect(alone.map((blocks) => values(blocks).length)).toEqual([6000, 6000, 6000]);
  });
});

describe('times', () => {
  const slip = fc.record({
    missed: fc.oneof(fc.nat(3), fc.nat(2 ** 24)),
    late: fc.oneof(fc.nat(3), fc.nat(2 ** 32)),
    duration: fc.oneof(fc.nat(30), fc.nat(2 ** 32)),
  });

  test('requested and received are those of the grid and its slips, beyond 2³¹ ms too', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 700 }),
        fc.dictionary(fc.nat(699).map(String), slip, { maxKeys: 120 }),
        fc.record({
          numerator: fc.integer({ min: 1, max: 100000 }),
          denominator: fc.constantFrom(1, 3, 9, 1000),
        }),
        fc.oneof(fc.nat(10 ** 6), fc.constantFrom(2 ** 31 - 500, 2 ** 32, 2 ** 41)),
        fc.constantFrom<ColumnKind>('integer', 'boolean', 'double', 'record'),
        fc.integer({ min: 1, max: 400 }),
        (count, slipsByIndex, period, start, kind, sealEvery) => {
          const slips = new Map<number, StagedSlip>(
            Object.entries(slipsByIndex).map(([index, value]) => [Number(index), value]),
          );
          const column = Array.from({ length: count }, (_, index) =>
            kind === 'boolean' ? index % 9 < 4 : index % 13,
          );
          const options: PackOptions = { slips, period, start, sealEvery, target: 300 };
          const { blocks, ends } = pack(kind, column, options);
          const requested: number[] = [];
          const received: number[] = [];
          let tick = 0;
          for (let index = 0; index < count; index += 1) {
            const { missed = 0, late = 0, duration = 0 } = slips.get(index) ?? {};
            tick += missed;
            requested.push(start + Math.ceil((tick * period.numerator) / period.denominator) + late);
            received.push(requested.at(-1)! + duration);
            tick += 1;
          }
          const times = decoded(blocks).map((block) => block.times());
          expect(times.flatMap((part) => [...part.requested])).toEqual(requested);
          expect(times.flatMap((part) => [...part.received])).toEqual(received);
          expect(decoded(blocks).map((block) => block.edges())).toEqual(
            times.map(({ requested: of }) => ({ start: of[0], end: of.at(-1) })),
          );
          let first = 0;
          for (const end of ends) {
            expect(end.start).toBe(requested[first]);
            first += end.readings;
            expect(end.end).toBe(received[first - 1]);
          }
        },
      ),
      runs(150),
    );
  });
});

describe('a block', () => {
  const samples: [ColumnKind, unknown[]][] = [
    [
      'integer',
      Array.from({ length: 400 }, (_, index) => Math.round(900 + 90 * Math.sin(index / 7) + (index % 5))),
    ],
    ['boolean', Array.from({ length: 400 }, (_, index) => index % 37 < 11)],
    ['double', Array.from({ length: 60 }, (_, index) => 20 + index / 10)],
    ['record', Array.from({ length: 30 }, (_, index) => ({ a: index / 4, b: index % 2 === 0, c: 'x' }))],
  ];

  test('may be as small as four words: a level in the first millisecond of a device', () => {
    const [block] = pack('boolean', [true], { period: { numerator: 1, denominator: 1 }, start: 0 }).blocks;
    expect(block).toHaveLength(16);
    expect(values([block!])).toEqual([1]);
  });

  test.each(samples)('of kind %s is rejected with any one bit flipped', (kind, column) => {
    const [block] = pack(kind, column, { target: 256 }).blocks;
    for (let bit = 0; bit < 8 * block!.length; bit += 1) {
      const broken = block!.slice();
      broken[bit >> 3]! ^= 1 << (bit & 7);
      expect(decodeBlock(broken)).toBeInstanceOf(BlockError);
    }
  });

  test.each(samples)('of kind %s is rejected when cut short anywhere', (kind, column) => {
    const [block] = pack(kind, column, { target: 256 }).blocks;
    for (let length = 0; length < block!.length; length += 1)
      expect(decodeBlock(block!.subarray(0, length))).toBeInstanceOf(BlockError);
  });

  test.each(samples)('of kind %s is filled to within a few bytes of its target', (kind, column) => {
    const { blocks } = pack(kind, Array.from({ length: 40 }, () => column).flat(), { target: 400 });
    const spare = kind === 'record' || kind === 'double' ? 16 : 12;
    for (const block of blocks.slice(0, -1)) expect(block.length).toBeGreaterThanOrEqual(400 - spare);
  });

  test('with any burst of up to 32 bits inverted is rejected', () => {
    const [block] = pack('integer', samples[0]![1], { target: 256 }).blocks;
    fc.assert(
      fc.property(
        fc.nat(8 * block!.length - 33),
        fc.integer({ min: 1, max: 0xffffffff }),
        (start, pattern) => {
          const broken = block!.slice();
          for (let bit = 0; bit < 32; bit += 1)
            if ((pattern >>> bit) & 1) broken[(start + bit) >> 3]! ^= 1 << ((start + bit) & 7);
          expect(decodeBlock(broken)).toBeInstanceOf(BlockError);
        },
      ),
      runs(2000),
    );
  });

  test('says what it is', () => {
    const options: PackOptions = {
      boot: { counter: 7, random: 0xfedcba98 },
      stream: 300,
      period: { numerator: 25, denominator: 9 },
    };
    const [first, second] = decoded(
      pack('integer', samples[0]![1], { ...options, sealEvery: 250, start: 99 }).blocks,
    );
    expect(first).toMatchObject({ kind: 'integer', stream: 300, sequence: 0, count: 250, base: 891 });
    expect(first!.boot).toEqual(options.boot);
    expect(first!.period).toEqual(options.period);
    expect(second).toMatchObject({ sequence: 1, count: 150 });
  });

  test('that a sync seals early is not given to the filter, which could not learn', () => {
    const wave = Array.from({ length: 6000 }, (_, index) => Math.round(2000 + 900 * Math.sin(index / 11)));
    const predictors = (options: PackOptions) =>
      pack('integer', wave, options).blocks.flatMap((block) =>
        (explainBlock(block) as Field[])
          .filter(({ name }) => name === 'predictor')
          .map(({ value }) => value.split(' ')[0]),
      );
    expect(predictors({})).toContain('filter');
    expect(predictors({ sealEvery: 60 })).not.toContain('filter');
  });

  test('gives its rows one by one', () => {
    const [block] = decoded(
      pack('boolean', [true, false], { period: { numerator: 1000, denominator: 1 }, start: 5 }).blocks,
    );
    expect([...block!.readings()]).toEqual([
      { requested: 5, received: 5, value: true },
      { requested: 1005, received: 1005, value: false },
    ]);
  });

  test('stands anywhere in a buffer', () => {
    const [block] = pack('integer', [1, 2, 3]).blocks;
    const buffer = new Uint8Array(200).fill(0xff);
    buffer.set(block!, 7);
    expect((decodeBlock(buffer, 7, block!.length) as DecodedBlock).values).toEqual(new Int32Array([1, 2, 3]));
  });
});

describe('a reading that no block can hold', () => {
  test('is refused and counted, and its tick passes', () => {
    const column = ['fits', 'x'.repeat(1000), 'fits too'];
    const { blocks, refused } = pack('record', column, { target: 256, start: 0 });
    expect(refused).toBe(1);
    expect(values(blocks)).toEqual(['fits', 'fits too']);
    expect(decoded(blocks).flatMap((block) => [...block.times().requested])).toEqual([0, 20]);
  });

  test.each([Number.NaN, 0.5, 2 ** 31, Infinity, undefined, 'text'])('such as %s among integers', (value) => {
    const { blocks, refused } = pack('integer', [1, value, 3]);
    expect(refused).toBe(1);
    expect(values(blocks)).toEqual([1, 3]);
  });

  test('such as a number among levels', () => {
    const { blocks, refused } = pack('boolean', [true, 2, 0, 'on', null, 1]);
    expect(refused).toBe(3);
    expect(values(blocks)).toEqual([1, 0, 1]);
  });
});

describe('bytes with a valid check that say anything', () => {
  const columns: Record<ColumnKind, unknown[]> = {
    integer: Array.from({ length: 900 }, (_, index) =>
      Math.round(900 + 90 * Math.sin(index / 7) + (index % 5)),
    ),
    boolean: Array.from({ length: 900 }, (_, index) => index % 37 < 11),
    double: Array.from({ length: 90 }, (_, index) => (index < 50 ? 20 + index / 10 : Math.sin(index))),
    record: Array.from({ length: 40 }, (_, index) => ({
      a: index / 4,
      b: [index % 2 === 0, null],
      c: `x${index}`,
    })),
  };
  const slips = new Map([[5, { missed: 1, late: 2, duration: 3 }]]);
  const stepped = Array.from({ length: 500 }, (_, index) => ((index * 7919) % 23) / 16);
  const originals = [...Object.entries(columns), ['double', stepped] as const].flatMap(
    ([kind, column]) => pack(kind as ColumnKind, column, { target: 300, slips }).blocks,
  );

  test('decode to as many readings as they say, or yield an error', () => {
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.nat(originals.length - 1),
        fc.array(fc.tuple(fc.nat(299), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        (which, changes, head) => {
          const bytes = originals[which]!.slice();
          for (const [at, value] of changes) bytes[head ? at % 32 : at % bytes.length] = value;
          bytes[0] = (bytes[0]! & 0xf0) | (1 + (which % 2));
          const words = new Int32Array(bytes.buffer);
          words[words.length - 1] = checkOfWords(words, words.length - 1);
          const result = decodeBlock(bytes);
          if (result instanceof BlockError) {
            expect(result.offset).toBeLessThanOrEqual(bytes.length);
            return;
          }
          accepted += 1;
          expect(result.values.length).toBe(result.count);
          const { requested } = result.times();
          expect(requested.length).toBe(result.count);
          expect(result.edges()).toEqual({ start: requested[0], end: requested.at(-1) });
        },
      ),
      runs(3000),
    );
    // Otherwise the test would not reach what lies behind the head.
    expect(accepted).toBeGreaterThan(300);
  });
});

describe('doubles on a step', () => {
  let state = 1;
  /** −1 … 1. */
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 0x80000000;
  };
  const random = () => uniform() + uniform() + uniform();
  const room = (parts: number, length = 20_000) =>
    Array.from({ length }, (_, index) => {
      const degrees = 22 + 3 * Math.sin(index / 2000) + 0.02 * random();
      return Math.round(degrees * parts) / parts;
    });
  const bytesAReading = (column: number[], options?: PackOptions) =>
    pack('double', column, options).blocks.reduce((sum, { length }) => sum + length, 0) / column.length;
  const versions = (blocks: Uint8Array[]) => [...new Set(blocks.map(([first]) => first! & 15))];

  test('as sixteenths of a degree take the bits of their multiples, 0.35 B a reading', () => {
    expect(bytesAReading(room(16))).toBeLessThan(0.35);
    expect(bytesAReading(room(2))).toBeLessThan(0.2);
  });

  test('are found in blocks that a sync seals after six readings, too', () => {
    const { blocks } = pack('double', room(16, 600), { sealEvery: 6 });
    const stepped = blocks.slice(20).filter(([first]) => (first! & 15) === 2);
    expect(stepped.length).toBeGreaterThan(70);
  });

  test('make blocks of version 2; all others stay of version 1', () => {
    expect(versions(pack('double', room(16)).blocks)).toEqual([1, 2]);
    for (const column of [room(100), room(10), [1, 1, 1], room(1e9).map((value) => Math.fround(value))])
      expect(versions(pack('double', column).blocks)).toEqual([1]);
    expect(versions(pack('integer', [1, 2, 3]).blocks)).toEqual([1]);
  });

  test('of which every hundredth reading is none cost less than without', () => {
    const column = room(16).map((value, index) => (index % 100 === 50 ? value + 0.01 : value));
    expect(bytesAReading(column)).toBeLessThan(1.5);
  });
});

describe('a tone in noise', () => {
  test.each([
    [250, 0.6],
    [1000, 0.72],
    [400, 0.6],
  ])('of 50 Hz at %d Hz takes little more than its noise, %d B a reading', (rate, most) => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return state / 2 ** 31;
    };
    const column = Array.from({ length: 20_000 }, (_, index) =>
      Math.round(
        2048 + 600 * Math.sin((2 * Math.PI * 50 * index) / rate) + 2 * (random() + random() + random()),
      ),
    );
    const { blocks } = pack('integer', column);
    expect(values(blocks)).toEqual(column);
    expect(blocks.reduce((sum, { length }) => sum + length, 0) / column.length).toBeLessThan(most);
  });
});

describe('bytes that are no block', () => {
  test('yield an error with a code and an offset, never a crash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const result = decodeBlock(bytes);
        expect(result).toBeInstanceOf(BlockError);
        expect((result as BlockError).offset).toBeLessThanOrEqual(bytes.length);
      }),
      runs(150),
    );
  });
});
