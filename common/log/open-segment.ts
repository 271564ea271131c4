/** Segments that are written: the active one, and the spare that becomes the next. */
import { join } from 'node:path';
import type { Storage, StorageFile } from '../storage';
import { segmentName } from './format';
import type { Segment } from './segments';

export class OpenSegment {
  readonly number: number;
  readonly path: string;
  readonly file: StorageFile;
  /** Bytes that are acknowledged. */
  good = 0;
  /** In the ledger, once it holds something durable. */
  entry?: Segment;

  constructor(number: number, path: string, file: StorageFile) {
    this.number = number;
    this.path = path;
    this.file = file;
  }

  /** Takes back what a failed append left. False: nobody knows what is there now. */
  async cutBack(): Promise<boolean> {
    try {
      await this.file.truncate(this.good);
      await this.file.sync();
      return true;
    } catch {
      return false;
    }
  }

  /** What a close can still say was said by the sync before. */
  async close(): Promise<void> {
    await this.file.close().catch(() => undefined);
  }
}

/** A segment made ahead: empty, its entry durable. */
export class SpareSegment {
  readonly #storage: Storage;
  readonly #directory: string;
  #number: number;
  #ready?: OpenSegment;
  #making?: Promise<OpenSegment>;

  constructor(storage: Storage, directory: string, number: number) {
    this.#storage = storage;
    this.#directory = directory;
    this.#number = number;
  }

  get isReady(): boolean {
    return this.#ready !== undefined;
  }

  /** Begins to make one, unless there is one. A failure is tried again by the next call. */
  prepare(): void {
    if (this.#ready === undefined) void this.#make().catch(() => undefined);
  }

  /** Rejects with what the storage says when none can be made now. */
  async take(): Promise<OpenSegment> {
    const segment = this.#ready ?? (await this.#make());
    this.#ready = undefined;
    return segment;
  }

  async close(): Promise<void> {
    await this.#making?.catch(() => undefined);
    const spare = this.#ready;
    this.#ready = undefined;
    if (spare === undefined) return;
    await spare.close();
    await this.#storage.remove(spare.path).catch(() => undefined);
  }

  #make(): Promise<OpenSegment> {
    this.#making ??= this.#create().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #create(): Promise<OpenSegment> {
    // A number is used once, also when making its file failed: something of that name may be there.
    const number = this.#number++;
    const path = join(this.#directory, segmentName(number));
    const segment = new OpenSegment(number, path, await this.#storage.create(path));
    try {
      await this.#storage.syncDirectory(this.#directory);
    } catch (error) {
      await segment.close();
      await this.#storage.remove(path).catch(() => undefined);
      throw error;
    }
    this.#ready = segment;
    return segment;
  }
}
