/**
 * What waits in the outbox, oldest first, and what was set aside. Whoever goes through `waiting` may do so while items
 * come and go.
 */
import { join } from 'node:path';
import type { Fate } from './account';
import type { End, ItemReference } from './entry';
import { failedDirectory } from './names';
import { type StoredFile, storedFile } from './stored-files';

export interface Item extends ItemReference {
  readonly file: StoredFile;
}

/** An item's file that is to go, or to move to `failed/`, as its settlement says. */
export type Leaving = Map<string, End>;

export class Items {
  /** By key. */
  readonly waiting = new Map<string, Item>();
  readonly failed = new Map<string, Item>();
  /** By key: the fate of those that some destinations have settled; of those in `failed/`, all that was. */
  readonly fates = new Map<string, Map<string, Fate>>();
  /** Settled for good, durably; the file is not known to have gone. */
  readonly leaving: Leaving = new Map();
  /** Bytes of all the files. */
  bytes = 0;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Of a key; that of a file that was adopted is its path. */
  pathOf(key: string): string {
    return key.startsWith('/') ? key : join(this.#root, key);
  }

  failedPathOf(key: string): string {
    return join(this.#root, failedDirectory, key);
  }

  add(reference: ItemReference, file: StoredFile = storedFile(this.pathOf(reference.key))): void {
    this.waiting.set(reference.key, { ...reference, file });
    this.bytes += reference.bytes;
  }

  addFailed(reference: ItemReference): void {
    this.failed.set(reference.key, { ...reference, file: storedFile(this.failedPathOf(reference.key)) });
    this.bytes += reference.bytes;
  }

  remove(item: Item, from: Map<string, Item>): void {
    if (!from.delete(item.key)) return;
    this.bytes -= item.bytes;
  }

  isSettled(item: Item, destination: string): boolean {
    return this.fates.get(item.key)?.has(destination) ?? false;
  }

  settle(key: string, destination: string, fate: Fate): void {
    const fates = this.fates.get(key) ?? new Map<string, Fate>();
    this.fates.set(key, fates.set(destination, fate));
  }
}

/** An item without what this life of the process knows of it. */
export function referenceOf({ file: _, ...reference }: Item): ItemReference {
  return reference;
}
