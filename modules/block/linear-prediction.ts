/**
 * Solves for the weights with which the last differences of a signal predict its next one: least squares over the
 * readings that are staged (the covariance method, Makhoul 1975), for a block and not for a reading.
 */
import type { Readings } from './integer-forms';
import { filterTaps } from './types';

/** The normal equations' columns: one for each weight, that of the newest difference first, and what they are to give. */
const columns = filterTaps + 1;
const target = filterTaps;
/** Differences that must be there for each weight. */
const rowsPerWeight = 3;
/** Added to the diagonal for each row, in squared counts: few readings must not decide too much. */
const ridge = 2;

/**
 * The upper triangle of the equations, row by row, and the differences: all encoders use them, for a moment. Made at the
 * first use, since what is preloaded cannot change. The triangle is a plain array, as it is read a few hundred times;
 * differences beyond 32 bits wrap: what is made of them is not better than nothing, and found to be so.
 */
let equations: number[] | undefined;
let differences: Int32Array | undefined;

/** The place of row and column, which is not before it, in the triangle. */
function placeOf(row: number, column: number): number {
  return row * columns - ((row * (row + 1)) >> 1) + column;
}
const targetAt = placeOf(target, target);

/**
 * @param staged consecutive readings, of which those from `from` to `to` are used
 * @param weights receives the weights, that of the newest difference first
 * @returns the mean square of what they may leave unpredicted; −1 when the readings are too few
 */
export function solvePrediction(staged: Readings, from: number, to: number, weights: number[]): number {
  const begin = from + columns + 1;
  const rows = to - begin;
  if (rows < rowsPerWeight * filterTaps) return -1;
  if (differences === undefined || differences.length < to) differences = new Int32Array(to);
  equations ??= new Array<number>(targetAt + 1).fill(0);
  differ(staged, from, to, differences);
  correlate(differences, begin, to, equations);
  const added = ridge * rows + 1e-7 * equations[targetAt]!;
  for (let tap = 0; tap < filterTaps; tap += 1) equations[placeOf(tap, tap)]! += added;
  const left = eliminate(equations, weights);
  // Beyond the readings they were made from, weights do worse (Akaike's final prediction error).
  return left < 0 ? -1 : (left * (rows + filterTaps)) / (rows - filterTaps) / rows;
}

function differ(staged: Readings, from: number, to: number, into: Int32Array): void {
  let before = staged[from]!;
  let value = 0;
  let index = from + 1;
  while (index < to) {
    value = staged[index]!;
    into[index] = value - before;
    before = value;
    index += 1;
  }
}

/** Sums of the differences' products, of lags 0 … 8 with one another, for the target's index from `begin` to `end`. */
function correlate(of: Int32Array, begin: number, end: number, into: number[]): void {
  let difference = 0;
  let earlier1 = of[begin - 1]!;
  let earlier2 = of[begin - 2]!;
  let earlier3 = of[begin - 3]!;
  let earlier4 = of[begin - 4]!;
  let earlier5 = of[begin - 5]!;
  let earlier6 = of[begin - 6]!;
  let earlier7 = of[begin - 7]!;
  let earlier8 = of[begin - 8]!;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let sum4 = 0;
  let sum5 = 0;
  let sum6 = 0;
  let sum7 = 0;
  let sum8 = 0;
  let index = begin;
  // One read a difference, as in `encode-filtered.ts`.
  while (index < end) {
    difference = of[index]!;
    sum0 += difference * difference;
    sum1 += difference * earlier1;
    sum2 += difference * earlier2;
    sum3 += difference * earlier3;
    sum4 += difference * earlier4;
    sum5 += difference * earlier5;
    sum6 += difference * earlier6;
    sum7 += difference * earlier7;
    sum8 += difference * earlier8;
    earlier8 = earlier7;
    earlier7 = earlier6;
    earlier6 = earlier5;
    earlier5 = earlier4;
    earlier4 = earlier3;
    earlier3 = earlier2;
    earlier2 = earlier1;
    earlier1 = difference;
    index += 1;
  }
  into[targetAt] = sum0;
  into[placeOf(0, target)] = sum1;
  into[placeOf(1, target)] = sum2;
  into[placeOf(2, target)] = sum3;
  into[placeOf(3, target)] = sum4;
  into[placeOf(4, target)] = sum5;
  into[placeOf(5, target)] = sum6;
  into[placeOf(6, target)] = sum7;
  into[placeOf(7, target)] = sum8;
  let sum = 0;
  for (let apart = 0; apart < filterTaps; apart += 1) {
    sum = into[apart === 0 ? targetAt : placeOf(apart - 1, target)]!;
    // One lag more on both sides is the same sum with one more at the beginning and one less at the end.
    for (let lag = 1; lag + apart < columns; lag += 1) {
      sum += of[begin - lag]! * of[begin - lag - apart]! - of[end - lag]! * of[end - lag - apart]!;
      into[placeOf(lag - 1, lag + apart - 1)] = sum;
    }
  }
}

/**
 * Gauss' elimination of a symmetric matrix, of which the upper triangle is there, without a search for pivots: it is
 * positive definite. @returns the sum of squares that is left; −1 when numbers are out of all bounds
 */
function eliminate(sums: number[], weights: number[]): number {
  let factor = 0;
  let above = 0;
  let at = 0;
  let end = 0;
  for (let pivot = 0; pivot < filterTaps; pivot += 1) {
    const row = placeOf(pivot, pivot);
    const divisor = sums[row]!;
    if (!(divisor > 0 && divisor < Infinity)) return -1;
    at = row + columns - pivot;
    for (let other = 1; other < columns - pivot; other += 1) {
      above = row + other;
      factor = sums[above]! / divisor;
      end = at + columns - pivot - other;
      while (at < end) {
        sums[at] = sums[at]! - factor * sums[above]!;
        above += 1;
        at += 1;
      }
    }
  }
  for (let tap = filterTaps - 1; tap >= 0; tap -= 1) {
    const row = placeOf(tap, 0);
    let rest = sums[row + target]!;
    for (let other = tap + 1; other < filterTaps; other += 1) rest -= sums[row + other]! * weights[other]!;
    const weight = rest / sums[row + tap]!;
    if (!(weight > -1000 && weight < 1000)) return -1;
    weights[tap] = weight;
  }
  return Math.max(0, sums[targetAt]!);
}
