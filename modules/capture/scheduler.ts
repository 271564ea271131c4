/**
 * One timer for everything that is captured.
 *
 * In: collectors. Out: ticks at their time; encodings and seals in slices between them; idle moments for the flash.
 * Holds: the group whose next tick comes first runs first; after a stall each group runs once; a wake does at most
 * one encoding beyond the urgent ones and ends after `longestTurn` ms, so that the network has its turn.
 */
import type Timer from 'timer';
import type { Collector } from './collector';
import type { Period } from './grid';
import { choosePhase } from './phase';
import { RateGroup, type ReadFailed } from './rate-group';

/** ms after which a wake ends although more is due. */
const longestTurn = 10;
/** ms that a tick of quick reads may take before its readings are stored with the time it took. */
const longestLag = 1;
/** ms that an encoding or a seal is expected to need; it waits for a gap of that length unless it is urgent. */
const longestWork = 5;
/** Wakes that pending work waits for such a gap. */
const mostWakesWaited = 4;
/** Staged readings from which on a seal encodes first and closes the block a turn later. */
const encodeFirstFrom = 16;
/** ms without a tick that are worth offering to the flash. */
const leastIdle = 2;
/** Of short pauses every eighth is offered, of those that an erase fits in each. */
const idleEvery = 8;
const longIdle = 30;
/** ms until the timer looks again when nothing is due: keeps the wrapping tick counter in view. */
const longestSleep = 60_000;
/** A repeat that never comes, where a one-shot timer would be gone after its call. */
const never = 2 ** 30;
const farFuture = Number.MAX_SAFE_INTEGER;

export interface SchedulerOptions {
  clock: { now(): number };
  timer: Pick<typeof Timer, 'set' | 'schedule' | 'clear'>;
  /** A read threw. */
  failed: ReadFailed;
  /** Is told when nothing is due for `budget` ms. */
  flash?: { idle(budget: number): void };
}

export class Scheduler {
  // What each wake touches comes first: XS looks for a property along the list.
  private readonly clock: SchedulerOptions['clock'];
  readonly groups: RateGroup[] = [];
  /** When the timer fires by itself, and how often after that. */
  private armed = 0;
  private repeat = never;
  /** Whether anything waits to be encoded or sealed. */
  private pending = false;
  private untilIdle = 0;
  private readonly timer: SchedulerOptions['timer'];
  private readonly failed: ReadFailed;
  private readonly flash: SchedulerOptions['flash'];
  private handle: Timer | undefined;
  private readonly seals: Collector[] = [];
  private sealed: (() => void)[] = [];
  private next = 0;
  private waited = 0;

  constructor(options: SchedulerOptions) {
    this.clock = options.clock;
    this.timer = options.timer;
    this.failed = options.failed;
    this.flash = options.flash;
    this.handle = this.timer.set(() => this.wake(), longestSleep, never);
  }

  /** Those that run, in a list of the caller's own: the groups hold them. */
  get collectors(): Collector[] {
    return this.groups.flatMap(({ collectors }) => collectors);
  }

  /** The object that all who run at this period share, or else this one. */
  periodOf(period: Period): Period {
    return this.groups.find((group) => same(group, period))?.period ?? period;
  }

  /**
   * Runs a collector from the next tick of its rate on. Records and other slow sources have a group of their own.
   * @param period the one that its encoder has
   */
  add(collector: Collector, period: Period): void {
    const alone = collector.kind === 'record';
    let group = alone ? undefined : this.groups.find((other) => !other.alwaysTimed && same(other, period));
    if (!group) {
      const now = this.clock.now();
      group = new RateGroup(period, now + choosePhase(this.groups, period, now), alone, this.failed);
      this.groups.push(group);
    }
    group.add(collector);
    this.arm();
  }

  /** Its encoder still holds what was staged; the others of its group do not notice. */
  remove(collector: Collector): void {
    const group = this.groups.find((other) => other === collector.group);
    if (!group) return;
    group.remove(collector);
    if (group.collectors.length === 0) this.groups.splice(this.groups.indexOf(group), 1);
    const sealing = this.seals.indexOf(collector);
    if (sealing >= 0) this.seals.splice(sealing, 1);
    this.arm();
  }

  /** Seals the open blocks of these collectors, one a turn, then calls `done`: at once when the scheduler is closed. */
  seal(collectors: readonly Collector[], done?: () => void): void {
    for (const collector of collectors) if (!this.seals.includes(collector)) this.seals.push(collector);
    if (done && !this.handle) done();
    else if (done) this.sealed.push(done);
    this.arm();
  }

  /** ms by which the earliest tick is overdue; 0 when nothing is. */
  get overdue(): number {
    this.survey();
    return Math.max(0, this.clock.now() - this.next);
  }

  close(): void {
    this.timer.clear(this.handle);
    this.handle = undefined;
    this.groups.length = 0;
    this.seals.length = 0;
    this.sealed = [];
  }

  private wake(): void {
    const { clock, groups } = this;
    const count = groups.length;
    const now = clock.now();
    const armed = this.armed + this.repeat;
    this.armed = armed;
    let quick = false;
    let irregular = false;
    let next = farFuture;
    let index = 0;
    let due = 0;
    let group = groups[0]!;
    // The shortest period first: of those that are due now, its next tick comes first.
    while (index < count) {
      group = groups[index]!;
      due = group.due;
      if (due <= now) {
        if (due === now && group.regular && group.free > 0) {
          if (group.runQuickly()) this.pending = true;
          quick = true;
          due = group.due;
        } else {
          irregular = true;
        }
      }
      if (due < next) next = due;
      index++;
    }
    let after = clock.now();
    // Mostly that is all: the timer is in step, and nothing waits.
    if (
      next === armed &&
      !irregular &&
      after - now <= longestLag &&
      next - after < longIdle &&
      !this.pending &&
      --this.untilIdle >= 0
    )
      return;
    this.next = next;
    if (quick && after - now > longestLag)
      for (index = 0; index < count; index++) groups[index]!.noteLag(now, after - now);
    if (irregular) {
      after = this.runIrregular(after);
      // Perhaps the timer itself is behind: then it would be at each tick from now on.
      this.armed = 0;
    }
    this.between(after);
  }

  /** Runs what is late, follows a gap or must be timed: earliest deadline first, and the time is read after each read. */
  private runIrregular(started: number): number {
    const { clock, groups } = this;
    let now = started;
    while (now - started <= longestTurn) {
      let first: RateGroup | undefined;
      let deadline = Number.MAX_VALUE;
      for (let index = 0; index < groups.length; index++) {
        const group = groups[index]!;
        if (group.due <= now && group.due + group.whole < deadline) {
          deadline = group.due + group.whole;
          first = group;
        }
      }
      if (!first) break;
      first.relieve();
      now = first.runTimed(now, clock);
      if (!first.alwaysTimed) this.part(first);
    }
    this.survey();
    return now;
  }

  /** What is done between ticks: one encoding, one seal, or leave for the flash to use the time. */
  private between(time: number): void {
    let now = time;
    const slack = this.next - now;
    if (this.pending) {
      if (slack >= longestWork || ++this.waited > mostWakesWaited) {
        this.waited = 0;
        this.work();
        now = this.clock.now();
        this.survey();
      }
    } else if (slack >= leastIdle && (this.untilIdle < 0 || slack >= longIdle)) {
      this.untilIdle = idleEvery;
      this.flash?.idle(slack);
      now = this.clock.now();
    }
    this.schedule(now);
  }

  /** Something has changed outside a wake. */
  private arm(): void {
    this.groups.sort((a, b) => a.whole - b.whole);
    this.survey();
    this.schedule(this.clock.now());
  }

  /** Sets the timer for the next tick, unless it comes at that time by itself. */
  private schedule(now: number): void {
    if (!this.handle) return;
    // A seal that is left waits for the next turn of the event loop, not for the next tick.
    const sealing = this.seals.length > 0 || this.sealed.length > 0;
    const next = sealing && this.next - now >= longestWork ? now + 1 : this.next;
    if (next === this.armed) return;
    // Counted from when the timer is set: a repeat that is set a millisecond late is late for ever.
    const set = this.clock.now();
    let delay = next - set;
    if (delay < 1) delay = 1;
    else if (delay > longestSleep) delay = longestSleep;
    const first = this.groups[0];
    this.repeat = first && first.fraction === 0 && first.whole < longestSleep ? first.whole : never;
    this.armed = set + delay;
    this.timer.schedule(this.handle, delay, this.repeat);
  }

  /** When the next tick is due, and whether anything waits to be encoded or sealed. */
  private survey(): void {
    // Loops by index wherever readings pass: an iterator is garbage.
    let next = farFuture;
    let pending = this.seals.length > 0 || this.sealed.length > 0;
    const { groups } = this;
    for (let index = 0; index < groups.length; index++) {
      const group = groups[index]!;
      if (group.due < next) next = group.due;
      if (group.free <= group.low) pending = true;
    }
    this.next = next;
    this.pending = pending;
  }

  private work(): void {
    const { groups } = this;
    for (let index = 0; index < groups.length; index++) {
      const group = groups[index]!;
      if (group.free <= group.low && group.drain()) return;
    }
    const collector = this.seals[0];
    if (collector) {
      // In two turns when much is staged: encoding it, and closing the block.
      if (collector.encoder.count > encodeFirstFrom) {
        collector.encoder.flush();
        return;
      }
      this.seals.shift();
      collector.encoder.seal();
    }
    if (this.seals.length === 0 && this.sealed.length > 0) {
      const sealed = this.sealed;
      this.sealed = [];
      for (const done of sealed) done();
    }
  }

  /** Takes a member that has proved slow out of the group it shares; its grid goes on as it was. */
  private part(group: RateGroup): void {
    const slowest = group.slowest();
    if (!slowest) return;
    const own = group.fork();
    group.remove(slowest);
    own.adopt(slowest);
    this.groups.push(own);
  }
}

function same({ period: own }: RateGroup, period: Period): boolean {
  return own.numerator * period.denominator === own.denominator * period.numerator;
}
