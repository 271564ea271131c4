/** The storage of one life of a process on the strict disk. */

import {
  type DirectoryEntry,
  type EntryStatus,
  type ReadableFile,
  Storage,
  type StorageFile,
} from './storage';
import { StrictContent } from './strict-content';
import type { OperatedDisk, OperationKind } from './strict-operation';
import { failure, StrictDirectory } from './strict-tree';

export class StrictStorage extends Storage {
  readonly disk: OperatedDisk;
  readonly #life: number;

  constructor(disk: OperatedDisk, life: number) {
    super();
    this.disk = disk;
    this.#life = life;
  }

  perform<T>(kind: OperationKind, path: string, effect: () => T, torn?: () => void): Promise<T> {
    return this.disk.perform(this.#life, kind, path, effect, torn);
  }

  list(path: string): Promise<DirectoryEntry[]> {
    return this.perform('list', path, () => {
      if (this.disk.tree.find(path) === undefined) return [];
      const { entries } = this.disk.tree.directory(path, 'scandir');
      return [...entries].map(([name, node]) => ({ name, directory: node instanceof StrictDirectory }));
    });
  }

  status(path: string): Promise<EntryStatus | undefined> {
    return this.perform('status', path, () => {
      const node = this.disk.tree.find(path);
      if (node === undefined) return undefined;
      if (node instanceof StrictDirectory) return { size: 0, modified: 0, directory: true };
      return { size: node.length, modified: node.modified, directory: false };
    });
  }

  openForReading(path: string): Promise<ReadableFile> {
    return this.perform('open', path, () => {
      const content = this.disk.tree.file(path, 'open');
      return {
        read: (offset: number, length: number) =>
          this.perform('read', path, () => content.read(offset, length)),
        fill: (offset: number, bytes: Uint8Array) =>
          this.perform('read', path, () => {
            const found = content.read(offset, bytes.length);
            bytes.set(found);
            return found.length;
          }),
        close: async () => undefined,
      };
    });
  }

  open(path: string): Promise<StorageFile> {
    return this.perform('open', path, () => {
      if (this.disk.tree.find(path) === undefined) return this.#make(path);
      return new StrictFile(this, path, this.disk.tree.file(path, 'open'));
    });
  }

  create(path: string): Promise<StorageFile> {
    return this.perform('create', path, () => {
      if (this.disk.tree.find(path) !== undefined) throw failure('EEXIST', 'open', path);
      return this.#make(path);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.perform('rename', from, () => {
      const replaced = this.disk.tree.find(to);
      this.disk.tree.rename(from, to);
      this.#free(replaced);
    });
  }

  remove(path: string): Promise<void> {
    return this.perform('remove', path, () => {
      const removed = this.disk.tree.find(path);
      this.disk.tree.remove(path);
      this.#free(removed);
    });
  }

  makeEntry(path: string): Promise<void> {
    return this.perform('makeEntry', path, () => {
      const node = this.disk.tree.find(path);
      if (node instanceof StrictContent) throw failure('EEXIST', 'mkdir', path);
      if (node === undefined) this.disk.tree.add(path, new StrictDirectory());
    });
  }

  syncDirectory(path: string): Promise<void> {
    return this.perform('syncDirectory', path, () => this.disk.tree.sync(path));
  }

  freeSpace(path: string): Promise<number> {
    return this.perform('status', path, () => Math.max(0, this.disk.capacity - this.disk.used));
  }

  #make(path: string): StorageFile {
    const content = new StrictContent();
    this.disk.tree.add(path, content);
    return new StrictFile(this, path, content);
  }

  #free(content: unknown): void {
    if (!(content instanceof StrictContent)) return;
    content.counted = false;
    this.disk.used -= content.length;
  }
}

class StrictFile implements StorageFile {
  readonly #storage: StrictStorage;
  readonly #path: string;
  readonly #content: StrictContent;
  #size: number;

  constructor(storage: StrictStorage, path: string, content: StrictContent) {
    this.#storage = storage;
    this.#path = path;
    this.#content = content;
    this.#size = content.length;
  }

  get size(): number {
    return this.#size;
  }

  async append(chunks: readonly Uint8Array[]): Promise<void> {
    const wanted = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const { random } = this.#storage.disk;
    await this.#storage.perform(
      'append',
      this.#path,
      () => {
        // Writes at the size that it knows, over what a failed append left there.
        this.#cut(this.#size);
        if (this.#take(chunks, wanted) < wanted) throw failure('ENOSPC', 'write', this.#path);
        this.#size += wanted;
      },
      () => {
        this.#cut(this.#size);
        this.#take(chunks, Math.floor(random() * (wanted + 1)));
      },
    );
  }

  truncate(size: number): Promise<void> {
    return this.#storage.perform('truncate', this.#path, () => {
      this.#cut(size);
      this.#size = size;
    });
  }

  sync(): Promise<void> {
    return this.#storage.perform(
      'sync',
      this.#path,
      () => this.#content.sync(),
      () => this.#content.failSync(),
    );
  }

  async close(): Promise<void> {}

  #cut(size: number): void {
    const { disk } = this.#storage;
    if (this.#content.counted) disk.used -= Math.max(0, this.#content.length - size);
    this.#content.truncate(size);
  }

  /** Appends at most so many bytes, and no more than there is room for; returns how many. */
  #take(chunks: readonly Uint8Array[], most: number): number {
    const { disk } = this.#storage;
    let left = Math.min(most, Math.max(0, disk.capacity - disk.used));
    let taken = 0;
    for (const chunk of chunks) {
      const part = chunk.subarray(0, left);
      this.#content.append(part);
      taken += part.length;
      left -= part.length;
    }
    this.#content.modified = ++disk.changes;
    if (this.#content.counted) disk.used += taken;
    return taken;
  }
}
