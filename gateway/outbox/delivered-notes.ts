/**
 * Notes that an item is delivered to all, for while the disk has no room for its entry: empty files, whose names say it.
 *
 * What holds: a note is durable before its item's file goes, and stays until the entry, or a snapshot that counts it, is
 * durable. Where the disk has no room for a name either, there is no note; one whose making failed may be there all the
 * same, and is removed like any other: found at a start, it would count its item once more.
 */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import { type CollectorName, collectorKey, type Tally } from './account';
import type { ItemReference } from './entry';
import { isOurName, spanOf } from './names';
import type { UnsyncedFiles } from './stored-files';

/** What the name of a note says of an item whose file has gone. */
export interface Note {
  name: string;
  /** Digest of the item's key. */
  key: string;
  /** Digest of its collector's; of an adopted file, which the log knows by its path, undefined. */
  collector?: string;
  /** Name of its file; of an adopted one, undefined. */
  file?: string;
  count: Tally;
  /** Of blocks: those of `<boot>/<stream>` from `first` to before `next`. */
  blocks?: { stream: string; first: number; next: number };
}

export class DeliveredNotes {
  readonly #directory: string;
  readonly #storage: Storage;
  readonly #unsynced: UnsyncedFiles;
  /** Names by the digest of the item's key. */
  readonly #names = new Map<string, string>();
  /** Of those that no entry tells: the next snapshot does. */
  readonly #uncounted = new Set<string>();

  constructor(home: string, storage: Storage, unsynced: UnsyncedFiles) {
    this.#directory = join(home, 'delivered');
    this.#storage = storage;
    this.#unsynced = unsynced;
  }

  /** Makes the place for them, while there is room, and finds those of a gateway before this one. */
  async open(): Promise<Note[]> {
    await this.#storage.makeDirectory(this.#directory);
    // What was removed before a kill must not come back behind a snapshot that no longer tells of it.
    await this.#storage.syncDirectory(this.#directory);
    const found = (await this.#storage.list(this.#directory)).flatMap(({ name }) => noteOf(name) ?? []);
    for (const { key, name } of found) {
      this.#names.set(key, name);
      this.#uncounted.add(key);
    }
    return found;
  }

  /** Whether an item has one. */
  has(key: string): boolean {
    return this.#names.size > 0 && this.#names.has(digest(key));
  }

  /** Notes an item durably. @throws what the storage says */
  async add(item: ItemReference): Promise<void> {
    const name = nameOf(item);
    this.#names.set(digest(item.key), name);
    const file = await this.#storage.open(join(this.#directory, name));
    await file.close();
    await this.#storage.syncDirectory(this.#directory);
  }

  /** No entry tells of the item, but what is known does: the next snapshot counts it. */
  leaveToSnapshot(key: string): void {
    this.#uncounted.add(digest(key));
  }

  /** The item's entry is durable. @throws what the storage says: then it goes after the next snapshot */
  async remove(key: string): Promise<void> {
    this.leaveToSnapshot(key);
    await this.#remove(digest(key));
  }

  /** Those that a snapshot taken now counts; called once it is durable, it removes them. */
  counted(): () => Promise<void> {
    const keys = [...this.#uncounted];
    return async () => {
      for (const key of keys) await this.#remove(key);
    };
  }

  async #remove(key: string): Promise<void> {
    const name = this.#names.get(key);
    if (name === undefined) {
      this.#uncounted.delete(key);
      return;
    }
    const path = join(this.#directory, name);
    await this.#storage.discard(path);
    this.#unsynced.moved(path);
    this.#names.delete(key);
    this.#uncounted.delete(key);
  }
}

/** What stands for a key in a note's name. */
export function digest(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

export function collectorDigest(of: CollectorName): string {
  return digest(collectorKey(of));
}

function nameOf(item: ItemReference): string {
  const key = digest(item.key);
  return item.type === 'file' ? key : `${key}_${collectorDigest(item.metadata)}_${basename(item.key)}`;
}

/** undefined: it is none. */
function noteOf(name: string): Note | undefined {
  const match = /^([0-9a-f]{32})(?:_([0-9a-f]{32})_(.+))?$/.exec(name);
  if (match === null) return undefined;
  const [, key, collector, file] = match as unknown as [string, string, string?, string?];
  const one = { blocks: 1, readings: 1 };
  if (collector === undefined || file === undefined) return { name, key, count: one };
  if (isOurName(file) !== 'complete') return { name, key, collector, file, count: one };
  const { blocks, readings, ...span } = spanOf(file);
  return { name, key, collector, file, count: { blocks, readings }, blocks: span };
}
