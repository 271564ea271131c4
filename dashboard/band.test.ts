import { expect, test } from 'vitest';
import { inBand, rangeOf } from './band';

/** How far up a value is drawn, from 0 to 1. */
const heightOf = (value: number, [bottom, top]: [number, number]) => (value - bottom) / (top - bottom);

test('series lie one above the other, the first on top, and touch nowhere', () => {
  const bands = [
    [20, 22],
    [700, 720],
    [-60, -50],
  ] as const;
  let above = 1;
  for (const [index, [low, high]] of bands.entries()) {
    const range = rangeOf(low, high, index, bands.length);
    expect(heightOf(high, range)).toBeLessThan(above);
    expect(heightOf(low, range)).toBeGreaterThanOrEqual(0);
    above = heightOf(low, range);
  }
});

test('a series alone has the whole height, and one that does not change a line', () => {
  const [bottom, top] = rangeOf(0, 10, 0, 1);
  expect([bottom, top]).toEqual([-0.75, 10.75]);
  const still = rangeOf(5, 5, 0, 2);
  expect(heightOf(5, still)).toBeCloseTo(0.75);
});

test('an axis has its figures beside its own band alone', () => {
  expect(inBand([0, 5, 10, 15, 20], 5, 15)).toEqual([null, 5, 10, 15, null]);
});
