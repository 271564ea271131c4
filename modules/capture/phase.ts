/**
 * Where a new grid begins, so that its ticks fall apart from those of the others where that costs nothing.
 *
 * Two grids of whole-millisecond periods a and b keep their distance modulo gcd(a, b) for ever: the offset that is
 * farthest from all others is chosen. A period with a fraction meets every phase in turn, whatever is chosen.
 */
import type { Grid, Period } from './grid';

/** Offsets tried, ms: ticks that lie farther apart do not disturb each other. */
const mostOffsets = 10;

/** @returns ms from `now` to the first tick, 1 … 10, less than a period beyond 1 */
export function choosePhase(others: readonly Grid[], period: Period, now: number): number {
  const own = period.numerator / period.denominator;
  let best = 1;
  let farthest = -1;
  for (let offset = 1; offset <= mostOffsets && (offset === 1 || offset < own); offset++) {
    let nearest = mostOffsets;
    for (const { due, period: other } of others) {
      if (other.denominator !== 1 || period.denominator !== 1) continue;
      const cycle = greatestCommonDivisor(other.numerator, period.numerator);
      const distance = (((now + offset - due) % cycle) + cycle) % cycle;
      nearest = Math.min(nearest, distance, cycle - distance);
    }
    if (nearest > farthest) {
      farthest = nearest;
      best = offset;
    }
  }
  return best;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
