import { expect, test, vi } from 'vitest';
import { namesOfSource } from '../config/memory-costs';
import { limitRecords } from './record-reader';
import { nativeSourceOf, sourceOf } from './source';

const reading = (value: unknown) => ({ read: () => value as number });

test.each([0.5, 2 ** 31, Number.NaN, null, undefined, true, '7'])(
  'reading %s as an integer fails: staged, it would become another one',
  (value) => {
    expect(() => sourceOf('integer', reading(value)).io.read()).toThrow(`${value} is no 32-bit integer`);
  },
);

test.each([2, -1, null, 'on'])('reading %s as a level fails', (value) => {
  expect(() => sourceOf('boolean', reading(value)).io.read()).toThrow(`${value} is no level`);
});

test('what is of its kind is read as it is', () => {
  for (const value of [0, -(2 ** 31), 2 ** 31 - 1])
    expect(sourceOf('integer', reading(value)).io.read()).toBe(value);
  for (const value of [true, false, 1, 0]) expect(sourceOf('boolean', reading(value)).io.read()).toBe(value);
});

test('the quick loop calls an io of the SDK itself', () => {
  const io = reading(7);
  expect(nativeSourceOf('integer', io).io).toBe(io);
});

test('a record source is read as long as its names are no more than one record may have', () => {
  let reads = 0;
  const { io } = sourceOf('record', { read: () => ({ [`few-${reads++ % 255}`]: 1 }) });
  for (let read = 0; read < 10_000; read++) expect(io.read()).toBeTypeOf('object');
});

test.each([
  ['in a new object each time', (count: number) => ({ [`new-${count}`]: 1 })],
  ['deep in it', (count: number) => ({ list: [{ [`deep-${count}`]: 1 }] })],
  ['beside a buffer', (count: number) => ({ bytes: new Uint8Array(5_000), [`beside-${count}`]: 1 })],
])('a record source with ever new names %s is not read any more after some hundred', (_, make) => {
  let reads = 0;
  const { io } = sourceOf('record', { read: () => make(reads++) });
  for (let read = 0; read < 255; read++) io.read();
  for (let read = 0; read < 1000; read++) {
    try {
      io.read();
    } catch (error) {
      expect(String(error)).toBe('Error: more different names than there is room for: not read any more');
    }
  }
  expect(reads).toBeLessThan(260);
});

test('a record source that puts ever new names into the same object is not read any more either', () => {
  const record: Record<string, number> = {};
  let reads = 0;
  const read = () => {
    for (const name of Object.keys(record)) delete record[name];
    record[`same-${reads++}`] = 1;
    return record;
  };
  const { io } = sourceOf('record', { read });
  const readAll = () => {
    for (;;) io.read();
  };
  expect(readAll).toThrow('not read any more');
  expect(readAll).toThrow('not read any more');
  expect(reads).toBeLessThan(16_067 + 257 * 252);
});

test('where the memory has room for few names, each source may bring some, and all of them twice as many at most', async () => {
  // The names of a device count from its start.
  vi.resetModules();
  const { sourceOf } = await import('./source');
  const { limitRecords } = await import('./record-reader');
  limitRecords(255, 32);
  const brought = Array.from({ length: 12 }, (_, source) => {
    let reads = 0;
    const { io } = sourceOf('record', { read: () => ({ [`crowd-${source}-${reads++}`]: 1 }) });
    expect(() => {
      for (let read = 0; read < 100; read++) io.read();
    }).toThrow('more different names than there is room for');
    return reads;
  });
  // The first record has no other names than itself.
  expect(brought[1]).toBeGreaterThan(namesOfSource);
  expect(brought.at(-1)).toBeLessThanOrEqual(2);
  expect(brought.reduce((sum, reads) => sum + reads - 1, 0)).toBeLessThanOrEqual(2 * 32 + 12);
});

test('a name that another source has shown counts no more', () => {
  const names = Array.from({ length: 200 }, (_, index) => `shared-${index}`);
  for (let source = 0; source < 3; source++) {
    let reads = 0;
    const read = () => {
      const name = reads < 400 ? names[reads % 200]! : `own-${source}-${reads}`;
      reads++;
      return { [name]: 1 };
    };
    const { io } = sourceOf('record', { read });
    for (let left = 400 + (source === 0 ? 50 : 250); left > 0; left--) expect(io.read()).toBeTypeOf('object');
  }
});

test.each([
  ['texts', { a: 'x'.repeat(300), b: ['x'.repeat(213)] }],
  ['names', { ['x'.repeat(513)]: 1 }],
  ['values', Array.from({ length: 255 }, (_, index) => index)],
  ['bytes', { bytes: new Uint8Array(5_000) }],
])(
  'a record of more %s than a block may hold does not go on: what is refused in its place is no larger',
  (_, record) => {
    const { io } = sourceOf('record', { read: () => record });
    for (let read = 0; read < 3; read++) {
      const given = io.read();
      expect(given).not.toBe(record);
      expect(JSON.stringify(given).length).toBeLessThan(20);
    }
  },
);

test('a record that may just fit goes on, though others are refused beside it', () => {
  const fitting = { a: 'x'.repeat(510), b: 1 };
  const lists = Array.from({ length: 253 }, (_, index) => index);
  const all = [fitting, { a: 'x'.repeat(600) }, fitting, lists, lists];
  let reads = 0;
  const { io } = sourceOf('record', { read: () => all[reads++ % all.length] });
  for (const [index, value] of [...all, ...all].entries())
    if (index % all.length !== 1) expect(io.read()).toBe(value);
    else expect(io.read()).not.toBe(value);
});

test('a record that a stream has goes on when there is less room than it had', () => {
  const make = (length: number) => Array.from({ length }, (_, index) => index);
  const { io } = sourceOf('record', { read: () => make(20) });
  io.read();
  limitRecords(10);
  const other = sourceOf('record', { read: () => make(20) });
  expect(io.read()).toHaveLength(20);
  expect(other.io.read()).not.toHaveLength(20);
  limitRecords();
});

test('a record that is large, or lies in itself, is looked at as far as one could be stored', () => {
  const circle: Record<string, unknown> = { list: [] };
  for (let index = 0; index < 20; index++) (circle.list as unknown[]).push(circle);
  const values = [circle, Array.from({ length: 100_000 }, (_, index) => ({ index }))];
  let looked = 0;
  const counted = (value: object): object =>
    new Proxy(value, {
      get: (of, name, self) => {
        looked++;
        const member: unknown = Reflect.get(of, name, self);
        return typeof member === 'object' && member !== null ? counted(member) : member;
      },
    });
  let reads = 0;
  const { io } = sourceOf('record', { read: () => counted(values[reads++ % 2]!) });
  for (let read = 0; read < 4; read++) io.read();
  expect(looked).toBeGreaterThan(256);
  expect(looked).toBeLessThan(20_000);
});
