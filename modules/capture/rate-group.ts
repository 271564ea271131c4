/**
 * The collectors of one rate: one grid, one tick, one loop.
 *
 * In: the time. Out: readings in staging arrays; failed, late and missed ticks counted.
 * Holds: nothing is allocated a tick; no staging array ever overflows.
 */
import type { Encoder } from '../block/encoder';
import { unread } from '../resources/reading';
import type { Source } from '../resources/source';
import type { Collector, Staging } from './collector';
import { Grid, type Period } from './grid';

/** A read that takes longer, in ms, is slow: its source rests, or leaves the group. */
export const slowRead = 5;
/** A slow source rests this many times the length of its read, so that it never has more than a quarter of the time. */
const restFactor = 3;
/** Slow reads after which a collector leaves a group that it shares. One may be the radio's fault. */
const mostStrikes = 3;

/** The same for all groups that the quick loop never runs. */
const none: Source['io'][] = Object.freeze([] as Source['io'][]) as Source['io'][];

export type ReadFailed = (collector: Collector, error: unknown) => void;

export class RateGroup extends Grid {
  readonly collectors: Collector[] = [];
  /** Parallel to `collectors`: what the quick loop reads from, if it ever runs, and writes to. */
  readonly ios: Source['io'][];
  readonly encoders: Encoder<Staging>[] = [];
  /**
   * Whether a tick that is on time is run by the quick loop: no member is timed, and none must tell of a gap.
   * Reads are timed always in a group of records, else while a member is suspected to be slow.
   */
  regular: boolean;
  readonly alwaysTimed: boolean;
  private timed: boolean;
  /** Collectors that must tell their next block of a gap. */
  private gaps = 0;
  /** Staging slots that every member has free at least. At 0 a tick is not run quickly: some must be encoded first. */
  free = 0;
  /** What `free` falls to when the fullest member wants to be encoded: the members come one a tick, and may wait. */
  low = 0;
  private readonly failed: ReadFailed;

  constructor(period: Period, origin: number, timed: boolean, failed: ReadFailed) {
    super(period, origin);
    this.timed = timed;
    this.alwaysTimed = timed;
    this.ios = timed ? none : [];
    this.regular = !timed;
    this.failed = failed;
  }

  /** From the next tick on. */
  add(collector: Collector): void {
    collector.encoder.start(this.origin);
    // Its first reading tells the encoder at which tick of the grid it joined.
    collector.gap = this.ordinal;
    this.adopt(collector);
  }

  /** Takes over a collector that is already on this grid. */
  adopt(collector: Collector): void {
    collector.group = this;
    collector.joined += this.ordinal;
    if (collector.gap > 0) this.gaps++;
    this.collectors.push(collector);
    if (!this.alwaysTimed) this.ios.push(collector.io);
    this.encoders.push(collector.encoder);
    this.measure();
  }

  remove(collector: Collector): void {
    const index = this.collectors.indexOf(collector);
    if (index < 0) return;
    if (collector.gap > 0) this.gaps--;
    collector.group = undefined;
    collector.joined -= this.ordinal;
    this.collectors.splice(index, 1);
    if (!this.alwaysTimed) this.ios.splice(index, 1);
    this.encoders.splice(index, 1);
    this.measure();
  }

  private measure(): void {
    this.regular = !this.timed && this.gaps === 0;
    this.low = 0;
    let least = Number.MAX_SAFE_INTEGER;
    for (const { capacity, count } of this.encoders) {
      this.low = Math.max(this.low, Math.min(this.encoders.length + (capacity >> 3), capacity >> 1));
      least = Math.min(least, capacity - count);
    }
    this.free = least;
  }

  /**
   * Reads every member once for the tick at hand, which is due just now, and goes on to the next.
   * @returns whether a member wants to be encoded
   */
  runQuickly(): boolean {
    const { ios, encoders } = this;
    const count = ios.length;
    let index = 0;
    let encoder = encoders[0]!;
    let at = 0;
    while (index < count) {
      // One frame for all of them: a try costs more than a read.
      try {
        do {
          encoder = encoders[index]!;
          at = encoder.count;
          // The SDK's analog input gives nothing when ESP-IDF reports an error; a word would make 0 of it.
          encoder.staged[at] = ios[index]!.read() ?? unread();
          encoder.count = at + 1;
          index++;
        } while (index < count);
      } catch (error) {
        this.fail(this.collectors[index]!, error);
        index++;
      }
    }
    if (this.fraction === 0) this.due += this.whole;
    else this.advance();
    return --this.free <= this.low;
  }

  /** The quick tick of `due` took longer than it should have: its readings are known to have come within `duration` ms. */
  noteLag(due: number, duration: number): void {
    if (this.previous !== due) return;
    const { collectors } = this;
    for (let index = 0; index < collectors.length; index++) {
      const { gap, encoder } = collectors[index]!;
      if (gap === 0) encoder.slip(encoder.count - 1, 0, 0, duration);
    }
    if (this.crowded) this.regular = false;
    if (duration > slowRead) this.suspect();
  }

  /** Whether `relieve` must make room before a member can be late again: a quick tick does not. */
  private get crowded(): boolean {
    const { encoders } = this;
    for (let index = 0; index < encoders.length; index++) if (encoders[index]!.crowded) return true;
    return false;
  }

  /** From now on each read is timed, until it is known whose took so long. */
  private suspect(): void {
    this.timed = true;
    this.regular = false;
  }

  /** The same for a tick that is not regular: late, after a gap, or with members to be timed one by one. `relieve` precedes it. */
  runTimed(now: number, clock: { now(): number }): number {
    const missed = this.skip(now);
    const { collectors, due } = this;
    let longest = 0;
    let before = clock.now();
    let requested = before;
    for (let index = 0; index < collectors.length; index++) {
      const collector = collectors[index]!;
      if (missed > 0) this.miss(collector, missed);
      let read = true;
      try {
        const value = collector.io.read() ?? unread();
        const encoder = collector.encoder;
        encoder.staged[encoder.count++] = value;
      } catch (error) {
        this.fail(collector, error);
        read = false;
      }
      requested = before;
      const after = clock.now();
      const duration = after - before;
      if (read) this.note(collector, before - due, duration);
      if (duration > slowRead) {
        collector.slow++;
      }
      if (duration > longest) longest = duration;
      before = after;
    }
    this.advance();
    this.free--;
    // A tick that came due before the last member was asked would have a reading of the same millisecond.
    if (requested >= this.due) this.pass(requested + 1);
    if (this.alwaysTimed) {
      if (longest > slowRead) this.pass(before + restFactor * longest);
    } else {
      this.timed = longest > slowRead;
      this.regular = !this.timed && this.gaps === 0 && !this.crowded;
    }
    return before;
  }

  /** Ticks before `until` are missed. */
  private pass(until: number): void {
    const missed = this.skipTo(until);
    if (missed === 0) return;
    const { collectors } = this;
    for (let index = 0; index < collectors.length; index++) this.miss(collectors[index]!, missed);
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
    this.widen(collector, ticks);
  }

  private fail(collector: Collector, error: unknown): void {
    collector.failed++;
    this.widen(collector, 1);
    this.failed(collector, error);
  }

  private widen(collector: Collector, ticks: number): void {
    if (collector.gap === 0) this.gaps++;
    collector.gap += ticks;
    this.regular = false;
  }

  /** A member that has proved slow, when it shares the group with others. */
  slowest(): Collector | undefined {
    if (this.alwaysTimed) return undefined;
    const { collectors } = this;
    for (let index = 0; index < collectors.length; index++)
      if (collectors[index]!.slow >= mostStrikes) return collectors[index];
    return undefined;
  }

  /** Its grid, for a member that moves to a group of its own. */
  fork(): RateGroup {
    const group = new RateGroup(this.period, this.origin, true, this.failed);
    group.due = this.due;
    group.excess = this.excess;
    return group;
  }

  /**
   * Encodes what the next tick would find no room beside: it needs a staging slot at every member and, where it is not
   * on time, that of a slip. To be done before the members are read, as the way to the flash needs most of the stack.
   */
  relieve(): void {
    const { encoders, crowded } = this;
    let least = Number.MAX_SAFE_INTEGER;
    for (let index = 0; index < encoders.length; index++) {
      const encoder = encoders[index]!;
      // All that have slips, or each of the next ticks would find another that is crowded, and be late for it.
      if (encoder.count === encoder.capacity || (crowded && encoder.slipped)) encoder.flush();
      least = Math.min(least, encoder.capacity - encoder.count);
    }
    this.free = least;
  }

  /**
   * Encodes the fullest member, when it wants to be encoded, or does a step of that.
   * @returns whether it did
   */
  drain(): boolean {
    const { encoders } = this;
    const { length } = encoders;
    let fullest = 0;
    let least = Number.MAX_SAFE_INTEGER;
    let second = Number.MAX_SAFE_INTEGER;
    let left = 0;
    for (let index = 0; index < length; index++) {
      left = encoders[index]!.capacity - encoders[index]!.count;
      if (left < least) {
        second = least;
        least = left;
        fullest = index;
      } else if (left < second) {
        second = left;
      }
    }
    this.free = least;
    if (least > this.low || length === 0) return false;
    const encoder = encoders[fullest]!;
    // In steps, unless so little is free that those behind it would have to hurry.
    if (least <= length) encoder.flush();
    else if (!encoder.advance()) return true;
    this.free = Math.min(encoder.capacity, second);
    return true;
  }
}
