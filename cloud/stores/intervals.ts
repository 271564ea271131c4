/** A set of whole numbers as sorted, disjoint, closed intervals: small as long as the numbers come in runs. */
export class Intervals {
  readonly runs: [first: number, last: number][];

  constructor(runs: Iterable<readonly [number, number]> = []) {
    this.runs = [...runs].map(([first, last]) => [first, last]);
    this.runs.sort(([a], [b]) => a - b);
  }

  clone(): Intervals {
    return new Intervals(this.runs);
  }

  has(value: number): boolean {
    const run = this.runs[this.#at(value)];
    return run !== undefined && run[0] <= value;
  }

  /** False when the value was there already. */
  add(value: number): boolean {
    const at = this.#at(value);
    const next = this.runs[at];
    if (next && next[0] <= value) return false;
    const previous = this.runs[at - 1];
    const joinsPrevious = previous?.[1] === value - 1;
    const joinsNext = next?.[0] === value + 1;
    if (joinsPrevious && joinsNext) {
      previous[1] = next[1];
      this.runs.splice(at, 1);
    } else if (joinsPrevious) {
      previous[1] = value;
    } else if (joinsNext) {
      next[0] = value;
    } else {
      this.runs.splice(at, 0, [value, value]);
    }
    return true;
  }

  /** Index of the first run that ends at or after the value. */
  #at(value: number): number {
    let low = 0;
    let high = this.runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.runs[middle]![1] < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
