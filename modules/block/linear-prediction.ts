/**
 * Solves for the weights with which the last differences of a signal predict its next one: least squares over the
 * readings that are staged (the covariance method, Makhoul 1975), for a block and not for a reading.
 */
import type { Readings } from './integer-forms';
import { filterTaps } from './types';

const row = filterTaps + 1;
/** Differences that must be there for each weight. */
const rowsPerWeight = 3;
/** Added to the diagonal for each row, in squared counts: few readings must not decide too much. */
const ridge = 2;

/** The normal equations: all encoders use them, for a moment. Made at the first use, since what is preloaded cannot change. */
let equations: Float64Array | undefined;

/**
 * @param staged consecutive readings, of which those from `from` to `to` are used
 * @param weights receives the weights, that of the newest difference first
 * @returns the mean square of what they may leave unpredicted; −1 when the readings are too few, or no numbers
 */
export function solvePrediction(staged: Readings, from: number, to: number, weights: number[]): number {
  const begin = from + row + 1;
  const rows = to - begin;
  if (rows < rowsPerWeight * filterTaps) return -1;
  equations ??= new Float64Array(row * row);
  const sums = equations;
  let sum = 0;
  for (let lag = 0; lag < row; lag += 1) {
    sum = 0;
    for (let index = begin; index < to; index += 1)
      sum += (staged[index]! - staged[index - 1]!) * (staged[index - lag]! - staged[index - lag - 1]!);
    sums[lag] = sum;
    sums[lag * row] = sum;
  }
  // One lag more on both sides is the same sum with one reading more at the beginning and one less at the end.
  for (let one = 1; one < row; one += 1)
    for (let other = 1; other <= one; other += 1) {
      const first = begin - one;
      const last = to - one;
      const apart = one - other;
      sum =
        sums[(one - 1) * row + other - 1]! +
        (staged[first]! - staged[first - 1]!) * (staged[first + apart]! - staged[first + apart - 1]!) -
        (staged[last]! - staged[last - 1]!) * (staged[last + apart]! - staged[last + apart - 1]!);
      sums[one * row + other] = sum;
      sums[other * row + one] = sum;
    }
  const added = ridge * rows + 1e-7 * sums[0]!;
  for (let one = 1; one < row; one += 1) sums[one * row + one]! += added;
  // Gauss and Jordan, without a search for pivots: the matrix is positive definite. Row 0 is left with what is not predicted.
  for (let pivot = 1; pivot < row; pivot += 1) {
    const divisor = sums[pivot * row + pivot]!;
    if (!(divisor > 0 && divisor < Infinity)) return -1;
    for (let other = 0; other < row; other += 1) {
      if (other === pivot) continue;
      const factor = sums[other * row + pivot]! / divisor;
      sums[other * row] = sums[other * row]! - factor * sums[pivot * row]!;
      for (let column = pivot; column < row; column += 1)
        sums[other * row + column]! -= factor * sums[pivot * row + column]!;
    }
  }
  for (let tap = 0; tap < filterTaps; tap += 1) {
    const at = (tap + 1) * row;
    const weight = sums[at]! / sums[at + tap + 1]!;
    if (!(weight > -1000 && weight < 1000)) return -1;
    weights[tap] = weight;
  }
  // Beyond the readings they were made from, weights do worse (Akaike's final prediction error).
  return (Math.max(0, sums[0]!) * (rows + filterTaps)) / (rows - filterTaps) / rows;
}
