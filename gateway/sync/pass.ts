/** One pass of a sync over what waits for a destination. */
import type { Logger } from 'pino';
import type { Delivery, Destination } from './destination';

/** The outbox as the sync sees it. `Item` is opaque to it. */
export interface SyncSource<Item> {
  /** Completes what is open, so that all that was received can be delivered. */
  complete(): Promise<void>;
  /** Items that the destination has not settled, oldest first, while they come and go. */
  waiting(destination: string): Iterable<Item>;
  delivered(item: Item, destination: string): Promise<void>;
  setAside(item: Item, destination: string, reason: string): Promise<void>;
  describe(item: Item): string;
}

export interface PassOptions<Item> {
  source: SyncSource<Item>;
  destination: Destination<Item>;
  /** Deliveries at once. */
  threads: number;
  signal: AbortSignal;
  /** Asked before every item; false ends the pass. */
  gate(item: Item): boolean;
  /** Filled with what is being delivered. */
  delivering: Set<Item>;
  /** Items that failed in the pass before. */
  suspected: ReadonlySet<Item>;
  log: Logger;
  onChange(): void;
}

/** Items that the destination may fail on in a pass before one succeeds: then it is the destination that fails. */
const mostSuspects = 3;
/** Settlements that may still be on their way to the disk while the next items are delivered. */
const mostSettling = 64;

export class Pass<Item> {
  /** Items that failed, or that failed before and were not reached. */
  readonly suspected: Set<Item>;
  /** Why it did not deliver everything; `item`: the destination is there, and failed on single items. */
  failure: { of: 'item' | 'destination'; reason: string } | undefined;
  readonly #options: PassOptions<Item>;
  readonly #tried = new Set<Item>();
  readonly #settling = new Set<Promise<void>>();
  #failuresBeforeSuccess = 0;

  constructor(options: PassOptions<Item>) {
    this.#options = options;
    this.suspected = new Set(options.suspected);
  }

  /** Delivers what waits and was not tried in this pass. @throws what `signal` says */
  async deliver(): Promise<void> {
    const queue = this.#inOrder();
    const work = async () => {
      for (let next = queue.next(); !next.done; next = queue.next()) {
        if (this.#isOver || !this.#options.gate(next.value)) return;
        await this.#deliverOne(next.value);
      }
    };
    try {
      await Promise.all(Array.from({ length: this.#options.threads }, work));
    } finally {
      await Promise.all(this.#settling);
    }
  }

  get #isOver(): boolean {
    this.#options.signal.throwIfAborted();
    return this.failure?.of === 'destination';
  }

  /** Oldest first, and those that failed before after the others: they must not keep them from the destination. */
  *#inOrder(): Generator<Item> {
    const { source, destination, suspected } = this.#options;
    const last: Item[] = [];
    for (const item of source.waiting(destination.name)) {
      if (this.#tried.has(item)) continue;
      if (suspected.has(item)) last.push(item);
      else yield item;
    }
    yield* last;
  }

  async #deliverOne(item: Item): Promise<void> {
    const { destination, delivering, signal } = this.#options;
    this.#tried.add(item);
    delivering.add(item);
    const delivery = await destination.deliver(item, signal).finally(() => delivering.delete(item));
    if (delivery.result === 'unread') return this.#failed(item, delivery.reason);
    if (delivery.result === 'again') {
      if (delivery.of === 'destination') this.failure = { of: 'destination', reason: delivery.reason };
      else this.#failedThere(item, delivery.reason);
      return;
    }
    this.#failuresBeforeSuccess = Number.NEGATIVE_INFINITY;
    this.#begin(item, delivery);
    while (this.#settling.size >= mostSettling) await Promise.race(this.#settling);
  }

  /** One that failed in the pass before says nothing new of the destination: else a few would end every pass. */
  #failedThere(item: Item, reason: string): void {
    if (!this.#options.suspected.has(item)) this.#failuresBeforeSuccess++;
    this.#failed(item, reason);
    if (this.#failuresBeforeSuccess >= mostSuspects) this.failure = { of: 'destination', reason };
  }

  #failed(item: Item, reason: string): void {
    const { source, log, suspected } = this.#options;
    const name = source.describe(item);
    if (!suspected.has(item)) log.warn({ item: name, reason }, 'an item is not delivered, and tried again');
    this.suspected.add(item);
    if (this.failure?.of !== 'destination') this.failure = { of: 'item', reason: `${name}: ${reason}` };
  }

  /** The next item is not held up by the disk. */
  #begin(item: Item, delivery: Delivery): void {
    const settled = this.#settle(item, delivery)
      .catch((error: Error) => this.#failed(item, `cannot be settled: ${error.message}`))
      .finally(() => this.#settling.delete(settled));
    this.#settling.add(settled);
  }

  async #settle(item: Item, delivery: Delivery): Promise<void> {
    const { source, destination, log, onChange } = this.#options;
    this.suspected.delete(item);
    if (delivery.result === 'delivered') await source.delivered(item, destination.name);
    else if (delivery.result === 'refused') {
      const { reason } = delivery;
      log.error({ item: source.describe(item), reason }, 'an item is set aside in failed/');
      await source.setAside(item, destination.name, reason);
    }
    onChange();
  }
}
