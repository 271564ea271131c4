/**
 * The sync of one destination: passes over what waits for it, every interval, with a retry of its own: nothing that
 * another destination does or fails to do is felt here.
 */
import type { Clock, WallMilliseconds } from '@sluice/common/clock';
import { asError } from '@sluice/common/errors';
import type { Logger } from 'pino';
import { isSameRecord } from '../../modules/config/plan';
import { backoffDelay } from './backoff';
import type { Destination } from './destination';
import { Pass, type SyncSource } from './pass';

export interface SyncSettings {
  disabled: boolean;
  /** Milliseconds. */
  interval: number;
  /** Deliveries at once, to each destination. */
  threads: number;
}

export interface SyncState {
  disabled: boolean;
  running: boolean;
  /** Failed passes in a row. */
  failures: number;
  /** Failed passes since the start. */
  retries: number;
  /** Of the next pass; undefined when sync is disabled. */
  next?: WallMilliseconds;
  lastSuccess?: WallMilliseconds;
  lastError?: string;
}

export interface DestinationSyncOptions<Item> {
  source: SyncSource<Item>;
  destination: Destination<Item>;
  settings: SyncSettings;
  clock: Clock;
  log: Logger;
  random: () => number;
  /** Asked before every item of a pass that nobody asked for. */
  gate(item: Item): boolean;
  onChange(): void;
}

/** Milliseconds until the next pass at most, when only items failed: others must not wait for them. */
const longestForItems = 60_000;
export class DestinationSync<Item> {
  readonly #options: DestinationSyncOptions<Item>;
  readonly #delivering = new Set<Item>();
  readonly #abort = new AbortController();
  #settings: SyncSettings;
  /** No further delivery is begun. */
  #isEnding = false;
  #cancel: (() => void) | undefined;
  #pass: Promise<void> | undefined;
  /** Somebody asked while a pass was running: what has come since then is his, too. */
  #askedAgain: Promise<void> | undefined;
  #suspected: ReadonlySet<Item> = new Set<Item>();
  #failures = 0;
  #retries = 0;
  /** The last pass failed on the destination, not on items alone. */
  #isAway = false;
  #next: WallMilliseconds | undefined;
  #lastSuccess: WallMilliseconds | undefined;
  #lastError: string | undefined;

  constructor(options: DestinationSyncOptions<Item>) {
    this.#options = options;
    this.#settings = options.settings;
  }

  get destination(): Destination<Item> {
    return this.#options.destination;
  }

  get name(): string {
    return this.destination.name;
  }

  get state(): SyncState {
    return {
      disabled: this.#settings.disabled,
      running: this.#pass !== undefined,
      failures: this.#failures,
      retries: this.#retries,
      ...(this.#next === undefined ? {} : { next: this.#next }),
      ...(this.#lastSuccess === undefined ? {} : { lastSuccess: this.#lastSuccess }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  isDelivering(item: Item): boolean {
    return this.#delivering.has(item);
  }

  start(): void {
    this.#schedule(this.#settings.interval);
  }

  /** The same settings again change nothing: the next pass comes when it would have come. */
  configure(settings: SyncSettings): void {
    if (isSameRecord(settings, this.#settings)) return;
    this.#settings = settings;
    this.#failures = 0;
    if (this.#pass === undefined) this.#schedule(settings.interval);
  }

  /**
   * A pass now, whatever the retry's time, also with sync disabled: it was asked for. One that is disabled in the middle of
   * it ends it. Resolves when it is over.
   */
  async ask(): Promise<void> {
    if (this.#isEnding) return;
    if (this.#pass === undefined) await this.#begin(true);
    else {
      this.#askedAgain ??= this.#pass.then(() => {
        this.#askedAgain = undefined;
        return this.#isEnding ? undefined : this.#begin(true);
      });
      await this.#askedAgain;
    }
  }

  /**
   * Begins no further delivery; those under way have `patience` milliseconds to end, and are given up then. Their items
   * stay.
   */
  async close(patience = 0): Promise<void> {
    this.#isEnding = true;
    this.#cancel?.();
    const cancel =
      patience > 0 ? this.#options.clock.after(patience, () => this.#abort.abort()) : this.#abort.abort();
    await this.#pass;
    cancel?.();
    await this.#options.destination.close?.();
  }

  #schedule(delay: number): void {
    this.#cancel?.();
    this.#next = undefined;
    if (!this.#settings.disabled && !this.#isEnding) {
      const { clock } = this.#options;
      this.#next = clock.wall() + delay;
      this.#cancel = clock.after(delay, () => void this.#begin(false));
    }
    this.#options.onChange();
  }

  #begin(isAsked: boolean): Promise<void> {
    this.#pass ??= this.#run(isAsked);
    return this.#pass;
  }

  async #run(isAsked: boolean): Promise<void> {
    this.#cancel?.();
    this.#options.onChange();
    const { log, clock } = this.#options;
    const begun = clock.now();
    const failure = await this.#deliverAll(isAsked);
    if (failure === undefined) {
      if (this.#failures > 0) log.info({ failures: this.#failures }, 'sync works again');
      this.#failures = 0;
      this.#lastError = undefined;
      this.#lastSuccess = clock.wall();
    } else if (!this.#abort.signal.aborted) {
      this.#failures++;
      this.#retries++;
      this.#lastError = failure.reason;
    }
    this.#isAway = failure?.of === 'destination';
    this.#pass = undefined;
    const { interval } = this.#settings;
    const longest = this.#isAway ? Number.POSITIVE_INFINITY : Math.max(longestForItems, interval);
    // From beginning to beginning: what comes during a long pass does not wait for an interval more.
    const rest = Math.max(0, interval - (clock.now() - begun));
    const delay =
      this.#failures > 0 ? Math.min(longest, backoffDelay(this.#failures, this.#options.random())) : rest;
    if (this.#failures > 0)
      log.warn(
        { reason: this.#lastError, failures: this.#failures, retryMs: Math.round(delay) },
        'sync failed',
      );
    this.#schedule(delay);
  }

  /** Never rejects: resolves to why it did not deliver everything, if so. */
  async #deliverAll(isAsked: boolean): Promise<Pass<Item>['failure']> {
    const { source, destination, gate, log, onChange } = this.#options;
    const wasDisabled = this.#settings.disabled;
    const mayGo = () => !this.#settings.disabled || (isAsked && wasDisabled);
    const pass = new Pass({
      source,
      destination,
      threads: this.#settings.threads,
      signal: this.#abort.signal,
      gate: (item) => !this.#isEnding && mayGo() && (isAsked || gate(item)),
      delivering: this.#delivering,
      suspected: this.#suspected,
      log,
      onChange,
    });
    try {
      // While the destination is away open files stay open: they would become many, and small.
      if (this.#isAway && !isAsked) await pass.deliver();
      if (pass.failure?.of !== 'destination') {
        await source.complete();
        await pass.deliver();
      }
    } catch (error) {
      pass.failure = { of: 'destination', reason: asError(error).message };
    }
    this.#suspected = pass.suspected;
    return pass.failure;
  }
}
