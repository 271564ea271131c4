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
 * The differences, and the upper triangle of the equations: all encoders use them, for a moment. Made at the first use,
 * since what is preloaded cannot change; plain arrays, because these cost half as much to read as typed ones.
 */
let differences: number[] | undefined;
let equations: number[] | undefined;

/**
 * @param staged consecutive readings, of which those from `from` to `to` are used
 * @param weights receives the weights, that of the newest difference first
 * @returns the mean square of what they may leave unpredicted; −1 when the readings are too few
 */
export function solvePrediction(staged: Readings, from: number, to: number, weights: number[]): number {
  const begin = from + columns + 1;
  const rows = to - begin;
  if (rows < rowsPerWeight * filterTaps) return -1;
  differences ??= [];
  while (differences.length < to) differences.push(0);
  equations ??= new Array<number>(columns * columns).fill(0);
  differ(staged, from, to, differences);
  correlate(differences, begin, to, equations);
  const added = ridge * rows + 1e-7 * equations[target * columns + target]!;
  for (let tap = 0; tap < filterTaps; tap += 1) equations[tap * columns + tap]! += added;
  const left = eliminate(equations, weights);
  // Beyond the readings they were made from, weights do worse (Akaike's final prediction error).
  return left < 0 ? -1 : (left * (rows + filterTaps)) / (rows - filterTaps) / rows;
}

function differ(staged: Readings, from: number, to: number, into: number[]): void {
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
function correlate(of: readonly number[], begin: number, end: number, into: number[]): void {
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
  into[target * columns + target] = sum0;
  into[target] = sum1;
  into[1 * columns + target] = sum2;
  into[2 * columns + target] = sum3;
  into[3 * columns + target] = sum4;
  into[4 * columns + target] = sum5;
  into[5 * columns + target] = sum6;
  into[6 * columns + target] = sum7;
  into[7 * columns + target] = sum8;
  let sum = 0;
  for (let apart = 0; apart < filterTaps; apart += 1) {
    sum = into[apart === 0 ? target * columns + target : (apart - 1) * columns + target]!;
    // One lag more on both sides is the same sum with one more at the beginning and one less at the end.
    for (let lag = 1; lag + apart < columns; lag += 1) {
      sum += of[begin - lag]! * of[begin - lag - apart]! - of[end - lag]! * of[end - lag - apart]!;
      into[(lag - 1) * columns + lag + apart - 1] = sum;
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
    const row = pivot * columns;
    const divisor = sums[row + pivot]!;
    if (!(divisor > 0 && divisor < Infinity)) return -1;
    for (let other = pivot + 1; other < columns; other += 1) {
      factor = sums[row + other]! / divisor;
      above = row + other;
      at = other * columns + other;
      end = (other + 1) * columns;
      while (at < end) {
        sums[at] = sums[at]! - factor * sums[above]!;
        above += 1;
        at += 1;
      }
    }
  }
  for (let tap = filterTaps - 1; tap >= 0; tap -= 1) {
    const row = tap * columns;
    let rest = sums[row + target]!;
    for (let other = tap + 1; other < filterTaps; other += 1) rest -= sums[row + other]! * weights[other]!;
    const weight = rest / sums[row + tap]!;
    if (!(weight > -1000 && weight < 1000)) return -1;
    weights[tap] = weight;
  }
  return Math.max(0, sums[target * columns + target]!);
}
