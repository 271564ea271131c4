/**
 * What waits in the outbox, oldest first, and what was set aside. Whoever goes through `waiting` may do so while items
 * come and go.
 */
import { basename, dirname, join } from 'node:path';
import type { Collector, Fate } from './account';
import type { BinaryReference, BlocksReference, End, FileReference, ItemReference } from './entry';
import { failedDirectory } from './names';
import { type StoredFile, storedFile } from './stored-files';

interface Stored {
  readonly file: StoredFile;
}

export type BlocksItem = BlocksReference & Stored;
export type BinaryItem = BinaryReference & Stored;
export type FileItem = FileReference & Stored;
export type Item = BlocksItem | BinaryItem | FileItem;

/** Of an adopted file: what tells one that has changed since. */
export interface FileVersion {
  bytes: number;
  modified: number;
}

/** A file that is to go, or to move to `failed/`, as its settlement says; an adopted one only while it is as it was. */
export interface Departure {
  end: End;
  version?: FileVersion;
}

export type Leaving = Map<string, Departure>;

export class Items {
  /** By key. */
  readonly waiting = new Map<string, Item>();
  readonly failed = new Map<string, Item>();
  /** By key: the fate of those that some destinations have settled; of those in `failed/`, all that was. */
  readonly fates = new Map<string, Map<string, Fate>>();
  /** By key, of those that some destination has set aside: whose account has them as such. */
  readonly owners = new Map<string, Collector>();
  /** Settled for good, durably; the file is not known to have gone. */
  readonly leaving: Leaving = new Map();
  /** Bytes of all the files but adopted ones. */
  bytes = 0;
  /** Adopted files that wait. */
  adopted = 0;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Of a key; that of a file that was adopted is its path. */
  pathOf(key: string): string {
    return key.startsWith('/') ? key : join(this.#root, key);
  }

  /** Of a file that was adopted: beside it, as another file system may be no place to move it to. */
  failedPathOf(key: string): string {
    if (key.startsWith('/')) return join(dirname(key), failedDirectory, basename(key));
    return join(this.#root, failedDirectory, key);
  }

  add(reference: ItemReference, file: StoredFile = storedFile(this.pathOf(reference.key))): void {
    if (this.waiting.has(reference.key)) return;
    this.waiting.set(reference.key, { ...reference, file });
    if (reference.type === 'file') this.adopted++;
    else this.bytes += reference.bytes;
  }

  addFailed(reference: ItemReference): void {
    this.failed.set(reference.key, { ...reference, file: storedFile(this.failedPathOf(reference.key)) });
    this.bytes += reference.bytes;
  }

  /** The directory of a file that is in memory alone has become one that can never be written. */
  displace(from: string, to: string): void {
    const item = this.waiting.get(from);
    if (item === undefined) return;
    this.waiting.delete(from);
    item.key = to;
    this.waiting.set(to, item);
  }

  /** Takes an item out. */
  remove(item: Item, from: Map<string, Item>): void {
    if (!from.delete(item.key)) return;
    if (item.type === 'file') this.adopted--;
    else this.bytes -= item.bytes;
  }

  isSettled(item: Item, destination: string): boolean {
    return this.fates.get(item.key)?.has(destination) ?? false;
  }

  /** Nothing of it is there any more that a destination could settle. */
  forget(key: string): void {
    this.fates.delete(key);
    this.owners.delete(key);
  }

  settle(key: string, destination: string, fate: Fate): void {
    const fates = this.fates.get(key) ?? new Map<string, Fate>();
    this.fates.set(key, fates.set(destination, fate));
  }
}

/** An item without what this life of the process knows of it. */
export function referenceOf({ file: _, ...reference }: Item): ItemReference {
  return reference as ItemReference;
}

/** What its departure is to be held to. */
export function departureOf(item: ItemReference, end: End): Departure {
  if (item.type !== 'file') return { end };
  return { end, version: { bytes: item.bytes, modified: item.modified } };
}
