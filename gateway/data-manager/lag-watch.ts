/**
 * Warns when what was captured waits for a destination far longer than the sync's interval: it comes faster than it is
 * taken, or is not taken.
 *
 * In: what waits. Out: a line in the log, once in a while. What holds: files of additional paths may be of any age, and do
 * not count; where the schedule is off or held back, waiting is meant.
 */
import { type Clock, repeat } from '@sluice/common/clock';
import type { Logger } from 'pino';
import type { Item } from '../outbox/items';

export interface LagWatchOptions {
  /** Those that are synced to by schedule. */
  destinations(): readonly string[];
  /** Complete items that wait for a destination, oldest first. */
  waiting(destination: string): Iterable<Pick<Item, 'type' | 'key' | 'begun'>>;
  /** Whether the schedule is not held back. */
  mayGo(): boolean;
  /** Milliseconds between two syncs. */
  interval(): number;
  clock: Clock;
  log: Pick<Logger, 'warn' | 'error'>;
}

/** As viam-server has them: intervals, and ms at least, that are no lag yet; ms between two warnings. */
const mostIntervals = 10;
const least = 180_000;
const tellEvery = 300_000;
/** ms */
const lookEvery = 60_000;

export class LagWatch {
  readonly #options: LagWatchOptions;
  /** When each destination was told of. */
  readonly #told = new Map<string, number>();
  #end: (() => void) | undefined;

  constructor(options: LagWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, log } = this.#options;
    this.#end = repeat(
      clock,
      lookEvery,
      async () => this.look(),
      ({ message: error }) => log.error({ error }, 'what waits could not be looked at'),
    );
  }

  look(): void {
    const { destinations, mayGo } = this.#options;
    if (mayGo()) for (const name of destinations()) this.#lookAt(name);
  }

  close(): void {
    this.#end?.();
  }

  #lookAt(destination: string): void {
    const { interval, clock, log } = this.#options;
    const oldest = this.#oldest(destination);
    if (oldest === undefined) return;
    const lag = clock.wall() - oldest.begun;
    if (lag <= Math.max(least, mostIntervals * interval())) return;
    const told = this.#told.get(destination) ?? Number.NEGATIVE_INFINITY;
    if (clock.now() - told < tellEvery) return;
    this.#told.set(destination, clock.now());
    log.warn(
      { destination, oldest: oldest.key, minutes: Math.floor(lag / 60_000) },
      'what was captured waits for long: it comes faster than it is taken, or is not taken',
    );
  }

  #oldest(destination: string): Pick<Item, 'key' | 'begun'> | undefined {
    for (const item of this.#options.waiting(destination)) if (item.type !== 'file') return item;
    return undefined;
  }
}
