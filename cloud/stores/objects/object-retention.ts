/**
 * What of a stream's objects is too old, or too much, by its `retention_policy` (data management, "retention_policy"):
 * `days` are whole days in UTC, `binary_limit_gb` is of contents. The policy is that of the stream's newest object; what
 * has none is kept.
 */
import { asError } from '@sluice/common/errors';
import type { Logger } from 'pino';
import type { ObjectPolicy } from './object-index';
import type { ObjectStore } from './object-store';

export interface ObjectRetentionOptions {
  objects: ObjectStore;
  /** Wall milliseconds. */
  now(): number;
  log: Logger;
}

/** Milliseconds between two looks. */
const interval = 3_600_000;
/** Objects removed at a time: others have their turn between. */
const portion = 100;
const day = 86_400_000;

export class ObjectRetention {
  readonly #options: ObjectRetentionOptions;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: ObjectRetentionOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look().catch(() => undefined), interval);
    this.#timer.unref();
  }

  /** Resolves to how many objects were removed. @throws what stood in the way, which is logged too */
  look(): Promise<number> {
    const looked = this.#looking.then(() => this.#look());
    this.#looking = looked.catch((error) =>
      this.#options.log.error({ error: asError(error).message }, 'old objects are not removed'),
    );
    return looked;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<number> {
    let removed = 0;
    for (const policy of this.#options.objects.index.policies()) {
      removed += await this.#removeOlder(policy);
      removed += await this.#removeBeyond(policy);
    }
    if (removed > 0) this.#options.log.info({ removed }, 'objects have outlived their retention policy');
    return removed;
  }

  async #removeOlder(policy: ObjectPolicy): Promise<number> {
    const { objects, now } = this.#options;
    if (policy.days === undefined) return 0;
    const before = (Math.floor(now() / day) - policy.days) * day;
    let removed = 0;
    while (!this.#isClosed) {
      const entries = objects.index.oldest(policy, portion, before);
      if (entries.length === 0) break;
      removed += await objects.remove(entries);
    }
    return removed;
  }

  async #removeBeyond(policy: ObjectPolicy): Promise<number> {
    const { objects } = this.#options;
    if (policy.limit === undefined) return 0;
    let over = objects.index.bytesOf(policy) - policy.limit;
    let removed = 0;
    while (over > 0 && !this.#isClosed) {
      const entries = [];
      for (const entry of objects.index.oldest(policy, portion)) {
        if (over <= 0) break;
        over -= entry.description.bytes;
        entries.push(entry);
      }
      if (entries.length === 0) break;
      removed += await objects.remove(entries);
    }
    return removed;
  }
}
