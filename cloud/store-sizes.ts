/** Bytes that the stores of this machine take of its disk, looked at once an hour: there may be files of years. */
import { join } from 'node:path';
import { asError } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import type { Logger } from 'pino';

/** By the names of their folders. */
const folders: Readonly<Record<string, string>> = {
  'raw-files': 'data',
  buckets: 'buckets',
  objects: 'objects',
  'time-series': join('state', 'time-series'),
};
const interval = 3_600_000;
/** Milliseconds before the first look: a start has other things to do. */
const early = 60_000;

export interface StoreSizesOptions {
  storage: Storage;
  /** The cloud's. */
  directory: string;
  /** Told of each look. */
  looked?(bytes: ReadonlyMap<string, number>): void;
  log: Logger;
}

export class StoreSizes {
  readonly #options: StoreSizesOptions;
  readonly #timers: readonly NodeJS.Timeout[];
  #bytes: ReadonlyMap<string, number> = new Map();
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: StoreSizesOptions) {
    this.#options = options;
    const look = () => void this.look();
    this.#timers = [setTimeout(look, early), setInterval(look, interval)];
    for (const timer of this.#timers) timer.unref();
  }

  /** As seen last; empty before the first look. */
  get bytes(): ReadonlyMap<string, number> {
    return this.#bytes;
  }

  /** Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error) =>
        this.#options.log.error({ error: asError(error).message }, 'the stores are not measured'),
      )
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const seen = new Map<string, number>();
    for (const [store, folder] of Object.entries(folders))
      seen.set(store, await this.#bytesBelow(join(this.#options.directory, folder)));
    if (this.#isClosed) return;
    this.#bytes = seen;
    this.#options.looked?.(seen);
  }

  async #bytesBelow(folder: string): Promise<number> {
    const { storage } = this.#options;
    let bytes = 0;
    for (const { name, directory } of await storage.list(folder)) {
      if (this.#isClosed) return bytes;
      const path = join(folder, name);
      // What went meanwhile takes nothing.
      bytes += directory ? await this.#bytesBelow(path) : ((await storage.status(path))?.size ?? 0);
    }
    return bytes;
  }
}
