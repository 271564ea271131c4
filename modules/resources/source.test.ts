import { expect, test } from 'vitest';
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
  const { io } = sourceOf('record', { read: () => ({ [`name-${reads++ % 255}`]: 1 }) });
  for (let read = 0; read < 10_000; read++) expect(io.read()).toBeTypeOf('object');
});

test.each([
  ['in a new object each time', (count: number) => ({ [`name-${count}`]: 1 })],
  ['deep in it', (count: number) => ({ list: [{ [`name-${count}`]: 1 }] })],
])('a record source with ever new names %s is not read any more after some hundred', (_, make) => {
  let reads = 0;
  const { io } = sourceOf('record', { read: () => make(reads++) });
  for (let read = 0; read < 255; read++) io.read();
  for (let read = 0; read < 1000; read++) {
    try {
      io.read();
    } catch (error) {
      expect(String(error)).toBe('Error: more than 255 different names: not read any more');
    }
  }
  expect(reads).toBeLessThan(260);
});

test('a record source that puts ever new names into the same object is not read any more either', () => {
  const record: Record<string, number> = {};
  let reads = 0;
  const read = () => {
    for (const name of Object.keys(record)) delete record[name];
    record[`name-${reads++}`] = 1;
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
