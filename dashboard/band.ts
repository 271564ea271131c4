/** Several series in one plot, one above the other: each with a band, and a scale that puts it there. */

/** Share of a band between two series. */
const rest = 0.15;

/**
 * The range of a scale on which values from `low` to `high` fill the band `index` of `count`, the first on top.
 * @returns the values at the bottom and at the top of the plot
 */
export function rangeOf(low: number, high: number, index: number, count: number): [number, number] {
  const span = high - low || Math.abs(low) / 100 || 1;
  const middle = (low + high) / 2;
  const band = span * (1 + rest);
  const bottom = middle - band / 2 - (count - 1 - index) * band;
  return [bottom, bottom + count * band];
}

/** Those of an axis' values that are beside its own band. */
export function inBand(values: readonly number[], low: number, high: number): (number | null)[] {
  const margin = (high - low || Math.abs(low) / 100 || 1) * (rest / 2);
  return values.map((value) => (value >= low - margin && value <= high + margin ? value : null));
}
