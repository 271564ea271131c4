/** Samples of one series in order of time, without repetitions, for as long as the page shows. */
export class Series {
  times: number[] = [];
  values: number[] = [];
  /** Before it, samples are `spacing` milliseconds apart, however often the stream is captured. */
  #coarseUntil = Number.NEGATIVE_INFINITY;
  #spacing = 0;

  /** Mostly later than all before; after an outage, or when the recent past comes again, anywhere. */
  add(times: readonly number[], values: readonly number[]): void {
    for (let index = 0; index < times.length; index++) {
      const time = times[index]!;
      const last = this.times.at(-1);
      if (last === undefined || time > last) {
        this.times.push(time);
        this.values.push(values[index]!);
        continue;
      }
      const at = firstFrom(this.times, time);
      if (this.times[at] === time) continue;
      this.times.splice(at, 0, time);
      this.values.splice(at, 0, values[index]!);
    }
  }

  /**
   * Ranges of the past, `spacing` milliseconds each: what was between two times lies between low and high. Those that
   * are not before all samples are left out: what is there is finer.
   */
  addRanges(
    { times, low, high }: { times: readonly number[]; low: readonly number[]; high: readonly number[] },
    until: number,
    spacing: number,
  ): void {
    const first = this.times[0] ?? Number.POSITIVE_INFINITY;
    this.#coarseUntil = Math.max(this.#coarseUntil, Math.min(until, first));
    this.#spacing = spacing;
    const count = times.filter((time) => time + spacing <= first).length;
    const before = times.slice(0, count);
    this.times = [...before.flatMap((time) => [time, time + spacing / 2]), ...this.times];
    this.values = [...before.flatMap((_, index) => [low[index]!, high[index]!]), ...this.values];
  }

  forgetBefore(time: number): void {
    const keep = firstFrom(this.times, time);
    // In large steps, so that forgetting costs little a sample.
    if (keep < 5000 && keep < this.times.length) return;
    this.times.splice(0, keep);
    this.values.splice(0, keep);
  }

  /** Samples of a span with `null` where more than `periods` periods lie between two, and those gaps. */
  span(from: number, to: number, period: number, periods: number) {
    const times: number[] = [];
    const values: (number | null)[] = [];
    const gaps: [from: number, to: number][] = [];
    const start = Math.max(0, firstFrom(this.times, from) - 1);
    for (let index = start; index < this.times.length && this.times[index]! <= to; index++) {
      const time = this.times[index]!;
      const previous = times.at(-1);
      if (previous !== undefined && time - previous > periods * this.#periodAt(previous, period)) {
        gaps.push([previous, time]);
        times.push((previous + time) / 2);
        values.push(null);
      }
      times.push(time);
      values.push(this.values[index]!);
    }
    return { times, values, gaps };
  }

  #periodAt(time: number, period: number): number {
    return time < this.#coarseUntil ? Math.max(period, this.#spacing) : period;
  }
}

function firstFrom(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
