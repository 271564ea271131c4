/** Frequencies as exact fractions of a hertz, taken from their decimal text: 0.333 is 333/1000. */

import type { JsonValue } from './json';
import { numberOf } from './number';
import { type Frequency, greatestCommonDivisor, periodOf } from './plan';
import { shown } from './problems';

/** Bounds that keep all grid arithmetic of the scheduler exact in doubles, and the period in 32 bits. */
export const largestDenominator = 1_000_000;
export const largestNumerator = 1_000_000_000;
/**
 * Of the period in ms: a block states its time in units of 1 / denominator ms, in 53 bits, which then last for 2.8
 * years without a restart. Periods below 1 ms are run as 1 ms, and are not bound by it.
 */
export const largestPeriodDenominator = 100_000;
/** Hz above which a period is below 1 ms. */
const timerFrequency = 1_000;
/** Hz. Above it no reading of an ESP32 takes place; below it a collector would not run twice a fortnight. */
export const maximumFrequency = 100_000;
export const minimumFrequency = 0.000_001;

export type FrequencyReading =
  | { frequency: Frequency; rounded: boolean; error?: undefined }
  | { error: string };

/** A number or a numeric string, in hertz. */
export function readFrequency(value: JsonValue | undefined): FrequencyReading {
  const hertz = numberOf(value);
  if (hertz === undefined) return { error: `must be a number in hertz, not ${shown(value)}` };
  if (hertz <= 0) return { error: `must be above 0 Hz, not ${hertz}` };
  if (hertz > maximumFrequency) return { error: `must be at most ${maximumFrequency} Hz, not ${hertz}` };
  if (hertz < minimumFrequency) return { error: `must be at least ${minimumFrequency} Hz, not ${hertz}` };
  if (Number.isInteger(hertz)) return { frequency: { numerator: hertz, denominator: 1 }, rounded: false };
  const exact = decimalFraction(hertz);
  if (exact) return { frequency: exact, rounded: false };
  const frequency =
    hertz >= 1
      ? nearestFraction(
          hertz,
          hertz > timerFrequency ? largestNumerator : largestPeriodDenominator,
          largestDenominator,
        )
      : inverse(nearestFraction(1 / hertz, largestDenominator, largestPeriodDenominator));
  const error = Math.abs(frequency.numerator / frequency.denominator / hertz - 1);
  return { frequency, rounded: error > 1e-12 };
}

/** The fraction that the shortest decimal text of `value` says; undefined when it does not fit the bounds. */
function decimalFraction(value: number): Frequency | undefined {
  // 100,000 Hz … 0.000001 Hz: never written with an exponent.
  const text = String(value);
  const point = text.indexOf('.');
  const places = point < 0 ? 0 : text.length - point - 1;
  const digits = point < 0 ? text : text.slice(0, point) + text.slice(point + 1);
  if (digits.length > 15) return undefined;
  const scale = 10 ** places;
  const divisor = greatestCommonDivisor(scale, Number(digits));
  const frequency = { numerator: Number(digits) / divisor, denominator: scale / divisor };
  return fits(frequency) ? frequency : undefined;
}

function fits(frequency: Frequency): boolean {
  const { numerator, denominator } = frequency;
  if (denominator > largestDenominator || numerator > largestNumerator) return false;
  return (
    numerator > timerFrequency * denominator || periodOf(frequency).denominator <= largestPeriodDenominator
  );
}

/**
 * The nearest fraction to `value` ≥ 1 within the bounds, by its continued fraction: 33.33333333333333 is 100/3. It is
 * never further off than one part in a hundred thousand, and mostly far less.
 */
function nearestFraction(value: number, maximumNumerator: number, maximumDenominator: number): Frequency {
  let [numerator, denominator, numeratorBefore, denominatorBefore] = [Math.floor(value), 1, 1, 0];
  let rest = value - numerator;
  while (rest > 1e-12) {
    const term = Math.floor(1 / rest);
    rest = 1 / rest - term;
    const next = {
      numerator: term * numerator + numeratorBefore,
      denominator: term * denominator + denominatorBefore,
    };
    if (next.numerator > maximumNumerator || next.denominator > maximumDenominator) {
      // As much of the last term as fits, if that comes nearer.
      const most = Math.min(
        Math.floor((maximumNumerator - numeratorBefore) / numerator),
        Math.floor((maximumDenominator - denominatorBefore) / denominator),
      );
      const part = {
        numerator: most * numerator + numeratorBefore,
        denominator: most * denominator + denominatorBefore,
      };
      const nearer =
        part.denominator > 0 &&
        Math.abs(part.numerator / part.denominator - value) < Math.abs(numerator / denominator - value);
      return nearer ? part : { numerator, denominator };
    }
    [numeratorBefore, denominatorBefore] = [numerator, denominator];
    [numerator, denominator] = [next.numerator, next.denominator];
  }
  return { numerator, denominator };
}

function inverse(period: Frequency): Frequency {
  return { numerator: period.denominator, denominator: period.numerator };
}
