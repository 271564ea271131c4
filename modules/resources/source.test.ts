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
