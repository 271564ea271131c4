/**
 * The collectors of one rate: one grid, one tick, one loop.
 *
 * In: the time. Out: readings in staging arrays; failed, late and missed ticks counted.
 * Holds: nothing is allocated a tick; no staging array ever overflows.
 */
import type { Encoder } from '../block/encoder';
import type { Source } from '../resources/source';
import type { Collector, Staging } from './collector';
import { Grid, type Period } from './grid';

/** A read that takes longer, in ms, is slow: its source rests, or leaves the group. */
export const SLOW = 5;
/** A slow source rests this many times the length of its read, so that it never has more than a quarter of the time. */
const REST = 3;
/** Slow reads after which a collector leaves a group that it shares. One may be the radio's fault. */
const STRIKES = 3;

export type ReadFailed = (collector: Collector, error: unknown) => void;

export class RateGroup extends Grid {
  readonly collectors: Collector[] = [];
  /** Parallel to `collectors`: what the quick loop reads from and writes to. */
  readonly ios: Source['io'][] = [];
  readonly encoders: Encoder<Staging>[] = [];
  /** Reads are timed one by one. Lasting for records; for others while one of them is suspected to be slow. */
  timed: boolean;
  readonly alwaysTimed: boolean;
  /** Collectors that must tell their next block of a gap. */
  gaps = 0;
  /** Ticks until the fullest staging array wants to be encoded; negative while it waits for an occasion. */
  room = 0;
  /** Free slots at which a staging array wants to be encoded: the members come one a tick, and may have to wait. */
  margin = 0;
  /** Which tick was last run by the quick loop. */
  private lastQuick = -1;
  private readonly failed: ReadFailed;

  constructor(period: Period, origin: number, timed: boolean, failed: ReadFailed) {
    super(period, origin);
    this.timed = timed;
    this.alwaysTimed = timed;
    this.failed = failed;
  }

  /** From the next tick on. */
  add(collector: Collector): void {
    collector.encoder.start(this.origin);
    // Its first reading tells the encoder at which tick of the grid it joined.
    collector.gap = this.ordinal;
    collector.joined = this.ordinal;
    this.adopt(collector);
  }

  /** Takes over a collector that is already on this grid. */
  adopt(collector: Collector): void {
    collector.group = this;
    if (collector.gap > 0) this.gaps++;
    this.collectors.push(collector);
    this.ios.push(collector.source.io);
    this.encoders.push(collector.encoder);
    this.measure();
  }

  remove(collector: Collector): void {
    const index = this.collectors.indexOf(collector);
    if (index < 0) return;
    if (collector.gap > 0) this.gaps--;
    collector.group = undefined;
    collector.left = this.ordinal;
    this.collectors.splice(index, 1);
    this.ios.splice(index, 1);
    this.encoders.splice(index, 1);
    this.measure();
  }

  private measure(): void {
    const capacity = Math.min(...this.encoders.map((encoder) => encoder.capacity));
    this.margin = Math.min(this.encoders.length + (capacity >> 3), capacity >> 1);
    this.room = -this.margin;
  }

  /** Whether the tick at hand must be run by `runTimed`: it is not on time, follows a gap, or has slow members. */
  isCareful(now: number): boolean {
    return this.timed || this.gaps !== 0 || now !== this.due;
  }

  /** Reads every member once for the tick at hand, which is due just now, and goes on to the next. */
  runQuickly(): void {
    const { ios, encoders } = this;
    const count = ios.length;
    let index = 0;
    while (index < count) {
      // One frame for all of them: a try costs more than a read.
      try {
        do {
          const value = ios[index]!.read();
          const encoder = encoders[index]!;
          encoder.staged[encoder.count++] = value;
          index++;
        } while (index < count);
      } catch (error) {
        this.fail(this.collectors[index]!, error);
        index++;
      }
    }
    this.lastQuick = this.due;
    this.advance();
    this.room--;
  }

  /** The quick tick of `due` took longer than it should have: its readings are known to have come within `duration` ms. */
  noteLag(due: number, duration: number): void {
    if (this.lastQuick !== due) return;
    for (const { gap, encoder } of this.collectors)
      if (gap === 0) encoder.slip(encoder.count - 1, 0, 0, duration);
    if (duration > SLOW) this.timed = true;
  }

  /** The same for a tick that is not regular: late, after a gap, or with members to be timed one by one. */
  runTimed(now: number, clock: { now(): number }): number {
    const missed = this.skip(now);
    const { collectors, due } = this;
    let longest = 0;
    let before = clock.now();
    for (let index = 0; index < collectors.length; index++) {
      const collector = collectors[index]!;
      if (missed > 0) this.miss(collector, missed);
      let read = true;
      try {
        const value = collector.source.io.read();
        const encoder = collector.encoder;
        encoder.staged[encoder.count++] = value;
      } catch (error) {
        this.fail(collector, error);
        read = false;
      }
      const after = clock.now();
      const duration = after - before;
      if (read) this.note(collector, before - due, duration);
      if (duration > SLOW) {
        collector.slow++;
      }
      if (duration > longest) longest = duration;
      before = after;
    }
    this.advance();
    this.room--;
    if (this.alwaysTimed) {
      if (longest > SLOW) this.rest(before + REST * longest);
    } else if (longest <= SLOW) {
      this.timed = false;
    }
    return before;
  }

  private rest(until: number): void {
    const missed = this.skipTo(until);
    if (missed === 0) return;
    for (const collector of this.collectors) this.miss(collector, missed);
  }

  /** Tells the encoder what is not regular about the reading that was just staged. */
  private note(collector: Collector, late: number, duration: number): void {
    const { encoder, gap } = collector;
    if (gap !== 0 || late !== 0 || duration !== 0) encoder.slip(encoder.count - 1, gap, late, duration);
    if (gap !== 0) {
      collector.gap = 0;
      this.gaps--;
    }
    if (late !== 0) collector.late++;
  }

  private miss(collector: Collector, ticks: number): void {
    collector.skipped += ticks;
    if (collector.gap === 0) this.gaps++;
    collector.gap += ticks;
  }

  private fail(collector: Collector, error: unknown): void {
    collector.failed++;
    if (collector.gap === 0) this.gaps++;
    collector.gap++;
    this.failed(collector, error);
  }

  /** A member that has proved slow, when it shares the group with others. */
  slowest(): Collector | undefined {
    if (this.alwaysTimed) return undefined;
    return this.collectors.find((collector) => collector.slow >= STRIKES);
  }

  /** Its grid, for a member that moves to a group of its own. */
  fork(): RateGroup {
    const group = new RateGroup(this, this.origin, true, this.failed);
    group.ordinal = this.ordinal;
    group.due = this.due;
    group.excess = this.excess;
    return group;
  }

  /** Encodes until the next tick finds a free staging slot at every member: `room` + `margin` is above 0. */
  relieve(): void {
    while (this.room + this.margin < 1 && this.encoders.length > 0) this.drain();
  }

  /**
   * Encodes the fullest member, when it nears its capacity.
   *
   * `room` + `margin` never exceeds the free slots of the fullest member: each tick takes at most one.
   * @returns whether something was encoded
   */
  drain(): boolean {
    const { encoders } = this;
    let fullest = 0;
    let least = Number.MAX_SAFE_INTEGER;
    let second = Number.MAX_SAFE_INTEGER;
    for (let index = 0; index < encoders.length; index++) {
      const encoder = encoders[index]!;
      const left = encoder.capacity - encoder.count;
      if (left < least) {
        second = least;
        least = left;
        fullest = index;
      } else if (left < second) {
        second = left;
      }
    }
    this.room = least - this.margin;
    if (this.room > 0 || encoders[fullest] === undefined) return false;
    const collector = this.collectors[fullest]!;
    collector.encoder.flush();
    const left = collector.encoder.capacity - collector.encoder.count;
    this.room = Math.min(left, second) - this.margin;
    return true;
  }
}
