/**
 * One capture method that runs on the main part.
 *
 * What comes in: ticks of its grid. What goes out: answers, to the kind of collector that keeps them. What holds: ticks so
 * far = captured + missed + failed, but for the read under way; a slow read makes ticks missed, never late in a row.
 */
import { type CollectorPlan, periodOf } from '../../modules/config/plan';
import type { CapturedMethod } from '../resources/apis/api';
import { Reader, type ReaderOptions } from './reader';
import { RepeatedErrors, type RepeatedErrorsOptions } from './repeated-errors';

export interface CollectorOptions extends ReaderOptions {
  plan: CollectorPlan;
  captured: CapturedMethod;
  /** Whole monotonic ms since the boot. */
  now(): number;
  /** Tells of an error that repeats once in a while. */
  tell: RepeatedErrorsOptions['tell'];
}

/** A tick of a grid, and what preceded it. */
export interface Tick {
  /** Its number. */
  readonly ordinal: number;
  /** Milliseconds at which it was due, and at which the read was begun. */
  readonly due: number;
  readonly requested: number;
}

export interface CollectorCounts {
  captured: number;
  missed: number;
  late: number;
  failed: number;
  refused: number;
}

export abstract class Collector {
  readonly plan: CollectorPlan;
  protected readonly captured: CapturedMethod;
  protected readonly now: () => number;
  readonly #reader: Reader;
  readonly #errors: RepeatedErrors;
  #tick: Tick | undefined;
  #taken = 0;
  #skipped = 0;
  #late = 0;
  #failed = 0;
  /** Ticks since the last read that was begun, and before it since the last reading: the next tells its block. */
  #gap = 0;
  #gapBefore = 0;
  /** Since when it fails, and why; undefined while it works. */
  failing: { since: number; reason: string } | undefined;

  constructor(options: CollectorOptions) {
    this.plan = options.plan;
    this.captured = options.captured;
    this.now = options.now;
    this.#errors = new RepeatedErrors({ clock: { now: options.now }, tell: options.tell });
    this.#reader = new Reader(options, {
      answered: (answer) => this.#answered(answer),
      failed: (error) => this.fail(error),
    });
  }

  get counts(): CollectorCounts {
    const { numerator, denominator } = periodOf(this.plan.frequency);
    // Asked for more often than the timer can: what lies between its steps is missed.
    const between = Math.max(0, denominator - numerator) / numerator;
    const ticks = this.#taken + this.#skipped + this.#failed;
    return {
      captured: this.#taken,
      missed: this.#skipped + Math.floor(ticks * between),
      late: this.#late,
      failed: this.#failed,
      refused: this.refused,
    };
  }

  /** @param skipped ticks that passed before this one */
  tick(skipped: number, tick: Tick): void {
    this.#skipped += skipped;
    this.#gap += skipped;
    if (this.#tick !== undefined) {
      this.#skipped++;
      this.#gap++;
      return;
    }
    this.#tick = tick;
    this.#gapBefore = this.#gap;
    this.#gap = 0;
    this.#reader.read(tick.requested);
  }

  /** Gives up what hangs. */
  expire(now: number): void {
    this.#reader.expire(now);
  }

  /** Asks no more: a read under way is given up. */
  halt(): void {
    this.#reader.close();
  }

  close(): void {
    this.halt();
  }

  /** Of `captured`: readings that nothing can hold. */
  protected abstract get refused(): number;

  /**
   * Keeps what an answer holds, now or later; `taken` or `fail` ends it.
   * @throws Error when it is none that this method captures
   */
  protected abstract keep(answer: unknown, tick: Tick, gap: number): void;

  protected taken(): void {
    const tick = this.#tick!;
    this.#tick = undefined;
    this.#taken++;
    if (tick.requested > tick.due) this.#late++;
    this.failing = undefined;
  }

  protected fail(error: Error): void {
    this.#tick = undefined;
    this.#failed++;
    this.#gap += this.#gapBefore + 1;
    const reason = error.message;
    this.failing = { since: this.failing?.since ?? this.now(), reason };
    this.#errors.add(reason);
  }

  #answered(answer: unknown): void {
    try {
      this.keep(answer, this.#tick!, this.#gapBefore);
    } catch (error) {
      this.fail(error as Error);
    }
  }
}
