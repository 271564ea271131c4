/**
 * Solves for the weights with which the last differences of a signal predict its next one: least squares over the
 * readings that are staged (the covariance method, Makhoul 1975), for a block and not for a reading. It takes two steps,
 * between which others may run, and serves one signal at a time.
 */
import type { Readings } from './integer-forms';
import { filterTaps } from './types';

/** The normal equations' columns: one for each weight, that of the newest difference first, and what they are to give. */
const columns = filterTaps + 1;
const target = filterTaps;
/** The reading whose difference is the first that is predicted. */
const firstPredicted = columns + 1;
/** Differences that must be there for each weight. */
const rowsPerWeight = 3;
/** Added to the diagonal for each row, in squared units: few readings must not decide too much. */
const ridge = 2;

export class PredictionSolver {
  /** The weights, that of the newest difference first, once they are solved for. */
  readonly weights: number[] = new Array<number>(filterTaps).fill(0);
  /** The mean square of what they may leave unpredicted, in squared units; −1 while there are none. */
  left = -1;
  /** Whose turn it is: counts those who began. */
  turn: number;

  /** The upper triangle of the equations, row by row: a plain array, as it is read a few hundred times. */
  private equations = new Array<number>(targetAt + 1).fill(0);
  /** The differences before the first that is predicted, then the last ones, each newest first. */
  private edges = new Array<number>(2 * filterTaps).fill(0);
  /** Differences that the equations are made of; 0 once they are solved. */
  private rows = 0;
  private unit = 1;

  /** @param turn that nobody has, 1 or more */
  constructor(turn: number) {
    this.turn = turn;
  }

  /**
   * The first step: sums over the readings that are staged. What was found for another signal is dropped.
   * @param count how many are staged @param unit what they are multiples of
   * @returns whether they are enough
   */
  begin(staged: Readings, count: number, unit: number): boolean {
    const rows = count - firstPredicted;
    if (rows < rowsPerWeight * filterTaps) return false;
    this.turn += 1;
    this.left = -1;
    this.rows = rows;
    this.unit = unit;
    correlate(staged, count, this.equations, this.edges);
    return true;
  }

  /** The second step: solves the equations. @returns whether that was still to be done */
  solve(): boolean {
    const { equations, rows, unit } = this;
    if (rows === 0) return false;
    this.rows = 0;
    const square = unit * unit;
    const added = ridge * square * rows + 1e-7 * equations[targetAt]!;
    for (let tap = 0; tap < filterTaps; tap += 1) equations[placeOf(tap, tap)]! += added;
    const left = eliminate(equations, this.weights);
    // Beyond the readings they were made from, weights do worse (Akaike's final prediction error).
    if (left >= 0) this.left = (left * (rows + filterTaps)) / (rows - filterTaps) / rows / square;
    return true;
  }
}

/** The place of row and column, which is not before it, in the triangle. */
function placeOf(row: number, column: number): number {
  return row * columns - ((row * (row + 1)) >> 1) + column;
}
const targetAt = placeOf(target, target);

/** Sums of the differences' products, of lags 0 … 8 with one another, up to the difference of reading `end` − 1. */
function correlate(of: Readings, end: number, into: number[], edges: number[]): void {
  let index = firstPredicted - filterTaps;
  let before = of[index - 1]!;
  let value = 0;
  while (index < firstPredicted) {
    value = of[index]!;
    edges[firstPredicted - 1 - index] = value - before;
    before = value;
    index += 1;
  }
  let difference = 0;
  let earlier1 = edges[0]!;
  let earlier2 = edges[1]!;
  let earlier3 = edges[2]!;
  let earlier4 = edges[3]!;
  let earlier5 = edges[4]!;
  let earlier6 = edges[5]!;
  let earlier7 = edges[6]!;
  let earlier8 = edges[7]!;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let sum4 = 0;
  let sum5 = 0;
  let sum6 = 0;
  let sum7 = 0;
  let sum8 = 0;
  // One read a reading, as in `encode-filtered.ts`.
  while (index < end) {
    value = of[index]!;
    difference = value - before;
    before = value;
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
  edges[filterTaps] = earlier1;
  edges[filterTaps + 1] = earlier2;
  edges[filterTaps + 2] = earlier3;
  edges[filterTaps + 3] = earlier4;
  edges[filterTaps + 4] = earlier5;
  edges[filterTaps + 5] = earlier6;
  edges[filterTaps + 6] = earlier7;
  edges[filterTaps + 7] = earlier8;
  shiftSums(into, edges);
}

/** The other sums: one lag more on both sides is the same sum with one more at the beginning and one less at the end. */
function shiftSums(sums: number[], edges: number[]): void {
  let sum = 0;
  for (let apart = 0; apart < filterTaps; apart += 1) {
    sum = sums[apart === 0 ? targetAt : placeOf(apart - 1, target)]!;
    let at = placeOf(0, apart);
    let lag = 0;
    let other = apart;
    while (other < filterTaps) {
      sum += edges[lag]! * edges[other]! - edges[filterTaps + lag]! * edges[filterTaps + other]!;
      sums[at] = sum;
      lag += 1;
      other += 1;
      at += columns - lag + 1;
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
