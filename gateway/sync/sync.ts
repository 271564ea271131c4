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

export class Sync<Item> {
  readonly #destinations: DestinationSync<Item>[];

  constructor(options: SyncOptions<Item>) {
    const { destinations, log, gate = () => true, random = Math.random, ...shared } = options;
    this.#destinations = destinations.map(
      (destination) =>
        new DestinationSync({
          ...shared,
          destination,
          log: log.child({ destination: destination.name }),
          gate,
          random,
          onChange: () => options.onChange?.(),
        }),
    );
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
    for (const destination of this.#destinations) destination.start();
  }

  configure(settings: SyncSettings): void {
    for (const destination of this.#destinations) destination.configure(settings);
  }

  /** Syncs now, whatever the retry's time; resolves when all that had come is settled or has failed. Also with sync disabled: it was asked for. */
  async sync(): Promise<SyncState> {
    await Promise.all(this.#destinations.map((destination) => destination.ask()));
    return this.state;
  }

  /** Starts no further delivery and gives up those under way; their items stay. */
  async close(): Promise<void> {
    await Promise.all(this.#destinations.map((destination) => destination.close()));
  }
}
