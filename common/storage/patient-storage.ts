/**
 * A storage that is asked again where it failed for a reason that may pass: a bad cable, no descriptors, no memory.
 *
 * What holds: only what may be done twice is done again, so nothing is that writes a file's bytes, syncs them or gives
 * them a name; all waiting together is bounded, so that a disk that is gone is known to be gone soon.
 */
import { systemCode } from '../errors';
import {
  type DirectoryEntry,
  type EntryStatus,
  type ReadableFile,
  Storage,
  type StorageFile,
} from './storage';

/** ms before each further attempt. */
const pauses = [5, 20, 80, 320];
/** ms of pauses, all together, after which nothing is waited for. */
const mostWaiting = 15_000;
/** What is as it is, however often it is asked. */
const lasting = [
  ...['ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'ENAMETOOLONG', 'ELOOP'],
  ...['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'],
];

/** Whether the same may work when it is tried again. */
export function mayPass(error: unknown): boolean {
  const code = systemCode(error);
  return code !== undefined && !lasting.includes(code);
}

export class PatientStorage extends Storage {
  readonly #storage: Storage;
  readonly #wait: (milliseconds: number) => Promise<void>;
  #left = mostWaiting;

  constructor(storage: Storage, wait: (milliseconds: number) => Promise<void>) {
    super();
    this.#storage = storage;
    this.#wait = wait;
  }

  /** From now on each failure is told at once. */
  endPatience(): void {
    this.#left = 0;
  }

  /** The same for something that is made of several operations, and may be begun again. */
  async attempt<T>(action: () => Promise<T>): Promise<T> {
    for (const pause of pauses) {
      try {
        return await action();
      } catch (error) {
        if (!mayPass(error) || this.#left < pause) throw error;
      }
      this.#left -= pause;
      await this.#wait(pause);
    }
    return action();
  }

  list(path: string): Promise<DirectoryEntry[]> {
    return this.attempt(() => this.#storage.list(path));
  }

  override entries(path: string, withLinks = false): AsyncGenerator<DirectoryEntry> {
    return this.#storage.entries(path, withLinks);
  }

  status(path: string): Promise<EntryStatus | undefined> {
    return this.attempt(() => this.#storage.status(path));
  }

  async openForReading(path: string): Promise<ReadableFile> {
    const file = await this.attempt(() => this.#storage.openForReading(path));
    return {
      read: (offset, length) => this.attempt(() => file.read(offset, length)),
      fill: (offset, bytes) => this.attempt(() => file.fill(offset, bytes)),
      close: () => file.close(),
    };
  }

  open(path: string): Promise<StorageFile> {
    return this.attempt(() => this.#storage.open(path));
  }

  create(path: string, mode?: number): Promise<StorageFile> {
    return this.#storage.create(path, mode);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#storage.rename(from, to);
  }

  /** One that failed may have removed it: a further attempt that finds none has what it wanted. */
  async remove(path: string): Promise<void> {
    let attempts = 0;
    await this.attempt(async () => {
      try {
        await this.#storage.remove(path);
      } catch (error) {
        if (attempts++ === 0 || systemCode(error) !== 'ENOENT') throw error;
      }
    });
  }

  makeEntry(path: string): Promise<void> {
    return this.attempt(() => this.#storage.makeEntry(path));
  }

  syncDirectory(path: string): Promise<void> {
    return this.attempt(() => this.#storage.syncDirectory(path));
  }

  freeSpace(path: string): Promise<number> {
    return this.attempt(() => this.#storage.freeSpace(path));
  }
}
