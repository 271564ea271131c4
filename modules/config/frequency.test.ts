import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runs } from '../../test/chance';
import { type DecodedBlock, decodeBlock } from '../block/decoder';
import { pack } from '../block/encode.node';
import { jsonOf } from './chance.node';
import { largestDenominator, largestNumerator, largestPeriodDenominator, readFrequency } from './frequency';
import { greatestCommonDivisor, periodOf } from './plan';

test.each([
  [10, 10, 1],
  [0.5, 1, 2],
  [0.333, 333, 1000],
  [0.2, 1, 5],
  [60, 60, 1],
  [150, 150, 1],
  [300, 300, 1],
  [29.97, 2997, 100],
  [100_000, 100_000, 1],
  [0.000_001, 1, 1_000_000],
  ['0.333', 333, 1000],
  [' 1e2 ', 100, 1],
])('%j Hz is exactly %d/%d', (written, numerator, denominator) => {
  expect(readFrequency(jsonOf(written))).toEqual({ frequency: { numerator, denominator }, rounded: false });
});

test.each([
  [1 / 3, 1, 3],
  [100 / 3, 100, 3],
  [2 / 7, 2, 7],
])(
  '%d Hz, more digits than can be kept, is taken as the fraction that is meant',
  (written, numerator, denominator) => {
    expect(readFrequency(jsonOf(written))).toEqual({ frequency: { numerator, denominator }, rounded: false });
  },
);

test('digits beyond what can be kept are rounded, and that is said', () => {
  expect(readFrequency(jsonOf(1.000_000_7))).toEqual({
    frequency: { numerator: 1, denominator: 1 },
    rounded: true,
  });
});

test.each([33.333333, 333.333333, 16.666667, 123.457, 999.999, 0.333333])(
  'blocks at %d Hz can be read after two years without a restart',
  (hertz) => {
    const reading = readFrequency(jsonOf(hertz));
    if (reading.error !== undefined) throw new Error(reading.error);
    const start = 2 * 365 * 86_400_000;
    const { blocks } = pack('integer', [1, 2, 3], { period: periodOf(reading.frequency), start });
    expect((decodeBlock(blocks[0]!) as DecodedBlock).times().requested[0]).toBe(start);
  },
);

test.each([
  [0, 'must be above 0 Hz, not 0'],
  [-5, 'must be above 0 Hz, not -5'],
  [-0, 'must be above 0 Hz, not 0'],
  [1e9, 'must be at most 100000 Hz, not 1000000000'],
  [1e-9, 'must be at least 0.000001 Hz, not 1e-9'],
  ['NaN', 'must be a number in hertz, not "NaN"'],
  ['Infinity', 'must be a number in hertz, not "Infinity"'],
  ['', 'must be a number in hertz, not ""'],
  ['0x10', 'must be a number in hertz, not "0x10"'],
  ['10 Hz', 'must be a number in hertz, not "10 Hz"'],
  [null, 'must be a number in hertz, not null'],
  [[10], 'must be a number in hertz, not a list'],
  [{}, 'must be a number in hertz, not an object'],
  [true, 'must be a number in hertz, not true'],
])('%j is refused as a frequency: %s', (written, error) => {
  expect(readFrequency(jsonOf(written))).toEqual({ error });
});

test('every frequency within the bounds becomes a close fraction in lowest terms whose period fits 32 bits', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.000_001, max: 100_000, noNaN: true }), (hertz) => {
      const reading = readFrequency(jsonOf(hertz));
      if (reading.error !== undefined) throw new Error(reading.error);
      const { numerator, denominator } = reading.frequency;
      expect(Number.isInteger(numerator) && Number.isInteger(denominator)).toBe(true);
      expect(numerator).toBeGreaterThan(0);
      expect(numerator).toBeLessThanOrEqual(largestNumerator);
      expect(denominator).toBeLessThanOrEqual(largestDenominator);
      expect(greatestCommonDivisor(numerator, denominator)).toBe(1);
      expect(Math.abs(numerator / denominator / hertz - 1)).toBeLessThan(1.01e-5);
      const period = periodOf(reading.frequency);
      expect(period.numerator).toBeLessThan(2 ** 32);
      if (hertz <= 1000) expect(period.denominator).toBeLessThanOrEqual(largestPeriodDenominator);
      expect(period.numerator * numerator).toBe(1000 * denominator * period.denominator);
    }),
    runs(2000),
  );
});
