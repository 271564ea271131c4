/**
 * Sync: items go to every destination each `interval`, oldest first; what all have settled leaves the outbox, anything
 * else stays and is tried again, exponentially later. Each destination goes at its own pace.
 */
import type { Clock } from '@sluice/common/clock';
import type { Logger } from 'pino';
import type { Destination } from './destination';
import { DestinationSync, type SyncSettings, type SyncState } from './destination-sync';
import type { SyncSource } from './pass';

export interface SyncOptions<Item> {
  source: SyncSource<Item>;
  destinations: readonly Destination<Item>[];
  settings: SyncSettings;
  clock: Clock;
  log: Logger;
  random?: () => number;
  /** Asked before every item that nobody asked for, beside `disabled`. Default: all pass. */
  gate?(item: Item): boolean;
  onChange?(): void;
}

/** Milliseconds that a delivery under way to a destination which goes, or is another now, has to end. */
const patience = 5_000;

export class Sync<Item> {
  readonly #options: SyncOptions<Item>;
  #settings: SyncSettings;
  #destinations: DestinationSync<Item>[];
  #isStarted = false;
  /** To other destinations. */
  #following: Promise<void> = Promise.resolve();

  constructor(options: SyncOptions<Item>) {
    this.#options = options;
    this.#settings = options.settings;
    this.#destinations = options.destinations.map((destination) => this.#of(destination));
  }

  /** Of the destination that is worst off. */
  get state(): SyncState {
    const states = this.#destinations.map(({ state }) => state);
    const worst = states.reduce((a, b) => (b.failures > a.failures ? b : a));
    return { ...worst, running: states.some(({ running }) => running) };
  }

  /** Each one's own. */
  get destinations(): { name: string; state: SyncState }[] {
    return this.#destinations.map(({ name, state }) => ({ name, state }));
  }

  /** To any destination, at this moment. */
  isDelivering(item: Item): boolean {
    return this.#destinations.some((destination) => destination.isDelivering(item));
  }

  start(): void {
    this.#isStarted = true;
    for (const destination of this.#destinations) destination.start();
  }

  configure(settings: SyncSettings): void {
    this.#settings = settings;
    for (const destination of this.#destinations) destination.configure(settings);
  }

  /**
   * Goes on with these destinations: those that were there before do not notice, others end first, new ones begin last.
   * @param between told when nothing goes any more to those that end, before anything goes to those that are new
   */
  follow(destinations: readonly Destination<Item>[], between: () => Promise<void>): Promise<void> {
    const followed = this.#following.then(async () => {
      const before = this.#destinations;
      const ending = before.filter(({ destination }) => !destinations.includes(destination));
      await Promise.all(ending.map((destination) => destination.close(patience)));
      await between();
      this.#destinations = destinations.map(
        (destination) => before.find((known) => known.destination === destination) ?? this.#of(destination),
      );
      if (this.#isStarted)
        for (const destination of this.#destinations) if (!before.includes(destination)) destination.start();
      this.#options.onChange?.();
    });
    this.#following = followed.catch(() => undefined);
    return followed;
  }

  /** Syncs now, whatever the retry's time; resolves when all that had come is settled or has failed. Also with sync disabled: it was asked for. */
  async sync(): Promise<SyncState> {
    await this.#following;
    await Promise.all(this.#destinations.map((destination) => destination.ask()));
    return this.state;
  }

  /** Starts no further delivery and gives up those under way; their items stay. */
  async close(): Promise<void> {
    await this.#following;
    await Promise.all(this.#destinations.map((destination) => destination.close()));
  }

  #of(destination: Destination<Item>): DestinationSync<Item> {
    const { source, clock, log, gate = () => true, random = Math.random } = this.#options;
    return new DestinationSync({
      source,
      destination,
      settings: this.#settings,
      clock,
      log: log.child({ destination: destination.name }),
      gate,
      random,
      onChange: () => this.#options.onChange?.(),
    });
  }
}
