/**
 * The time grid of one rate: tick k is due at ⌈origin + k · P/Q⌉ ms, exactly, for as long as the device runs.
 *
 * In: an origin and a period as a fraction of milliseconds. Out: the time of the next tick.
 * Holds: no rounding is ever carried along; what a tick is rounded up by is kept in whole Q-ths of a millisecond.
 * Blocks count the same ticks from the same origin (modules/block), so a reading on time costs no bits for its time.
 */

/** Milliseconds as an exact fraction of whole numbers, both 1 … 2³² - 1. */
export interface Period {
  numerator: number;
  denominator: number;
}

/** Ticks that are added at a time, so that their product with a fraction stays below 2⁵³. */
const stride = 2 ** 20;

export class Grid {
  /** The next tick: its time, and by how much that is rounded up, in 1/denominator ms. */
  due: number;
  excess = 0;
  /** Whole milliseconds of a period, and what remains of it in 1/denominator ms. */
  readonly whole: number;
  readonly fraction: number;
  readonly period: Period;
  /** Time of tick 0, a whole number. */
  readonly origin: number;

  /** @throws RangeError when a period is shorter than 1 ms: the timer has no finer step */
  constructor(period: Period, origin: number) {
    if (!(period.numerator >= period.denominator && period.denominator >= 1)) {
      throw new RangeError(`period ${period.numerator}/${period.denominator} ms is below 1 ms`);
    }
    this.period = period;
    this.whole = Math.floor(period.numerator / period.denominator);
    this.fraction = period.numerator % period.denominator;
    this.origin = origin;
    this.due = origin;
  }

  /** The number of the next tick. Rounding only mends what doubles lose with enormous denominators. */
  get ordinal(): number {
    const { numerator, denominator } = this.period;
    return Math.round(((this.due - this.origin) * denominator - this.excess) / numerator);
  }

  /** When the tick before the next was due. */
  get previous(): number {
    return this.due - this.whole - (this.excess + this.fraction >= this.period.denominator ? 1 : 0);
  }

  /** Goes one tick on. */
  advance(): void {
    this.due += this.whole;
    this.excess -= this.fraction;
    if (this.excess < 0) {
      this.excess += this.period.denominator;
      this.due++;
    }
  }

  /**
   * Goes on to the last tick that is due at `now`: the one after it lies in the future.
   * @returns the ticks skipped, 0 when the tick at hand is that one or is not due yet
   */
  skip(now: number): number {
    let skipped = 0;
    if (now - this.due >= this.whole) {
      // A safe estimate in one go, the rest tick by tick.
      const { numerator, denominator } = this.period;
      const ticks = Math.floor(((now - this.due) / numerator) * denominator) - 2;
      if (ticks > 0) skipped = this.forward(ticks);
      while (this.following <= now) {
        this.advance();
        skipped++;
      }
    }
    return skipped;
  }

  /** Goes on to the first tick at or after `time`. @returns the ticks skipped */
  skipTo(time: number): number {
    if (this.due >= time) return 0;
    const skipped = this.skip(time - 1);
    this.advance();
    return skipped + 1;
  }

  /** When the tick after the next is due. */
  private get following(): number {
    return this.due + this.whole + (this.excess < this.fraction ? 1 : 0);
  }

  private forward(ticks: number): number {
    const { denominator } = this.period;
    for (let left = ticks; left > 0; left -= stride) {
      const some = Math.min(left, stride);
      const excess = this.excess - some * this.fraction;
      const carried = Math.ceil(-excess / denominator);
      this.due += some * this.whole + carried;
      this.excess = excess + carried * denominator;
    }
    return ticks;
  }
}
