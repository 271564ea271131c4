/**
 * What the account has as stored and no file that could be read: it may lie in those that wait (`unread.ts`), so it is
 * counted as deleted only once nothing of its collector waits any more. It is not kept: each start finds it anew.
 */
import { type Account, add, type Collector, type Tally } from './account';
import type { Item, Items } from './items';
import type { Unread } from './unread';

export class Missing {
  readonly #account: Account;
  readonly #items: Items;
  readonly #byCollector = new Map<Collector, Map<string, Tally>>();

  constructor(account: Account, items: Items) {
    this.#account = account;
    this.#items = items;
  }

  /** At a start. */
  note(collector: Collector, destination: string, count: Tally): void {
    if (count.blocks === 0 && count.readings === 0) return;
    const of = this.#byCollector.get(collector) ?? new Map<string, Tally>();
    this.#byCollector.set(collector, of.set(destination, count));
  }

  /** One of those that waited is read: what is missing is less, or it was never counted as received. */
  found(item: Item): void {
    const collector = this.#account.of(item.metadata);
    for (const destination of this.#account.destinations) {
      if (this.#items.isSettled(item, destination)) continue;
      const missing = this.#byCollector.get(collector)?.get(destination) ?? { blocks: 0, readings: 0 };
      const known = {
        blocks: Math.min(missing.blocks, item.blocks),
        readings: Math.min(missing.readings, item.readings),
      };
      add(missing, known, -1);
      const unknown = { blocks: item.blocks, readings: item.readings };
      add(unknown, known, -1);
      this.#account.receivedFor(collector, destination, unknown);
    }
  }

  /** What is missing where nothing waits was deleted by hand. @param told the most that it was for any destination */
  settle(unread: Unread, told: (collector: Collector, count: Tally) => void): void {
    for (const [collector, of] of this.#byCollector) {
      if (unread.concerns(collector)) continue;
      this.#byCollector.delete(collector);
      for (const [destination, count] of of) this.#account.settled(collector, destination, 'deleted', count);
      const most = { blocks: 0, readings: 0 };
      for (const { blocks, readings } of of.values()) {
        most.blocks = Math.max(most.blocks, blocks);
        most.readings = Math.max(most.readings, readings);
      }
      if (most.blocks > 0) told(collector, most);
    }
  }
}
