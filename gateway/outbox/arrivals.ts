/**
 * Items that are no blocks come in: binaries, whose files are written here, and files that stay with their owner.
 *
 * What holds: a binary is durable, file and entry, before its promise is kept, and is never whole in memory; a file is
 * adopted once as long as it stays the same.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { SluiceError } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import { encodeBinaryHead } from './binary-file';
import type { DeliveredNotes } from './delivered-notes';
import type { BinaryMetadata, BinaryReference, FileMetadata, FileReference } from './entry';
import type { BinaryItem, FileItem } from './items';
import { binaryName } from './names';
import type { Settlement } from './settlement';
import type { OutboxState } from './state';
import type { UnsyncedFiles } from './stored-files';
import { Turn } from './turn';
import type { OutboxWriter } from './writer';

export type Payload = Uint8Array | AsyncIterable<Uint8Array>;

export interface ArrivalsOptions {
  root: string;
  storage: Storage;
  state: OutboxState;
  writer: OutboxWriter;
  settlement: Settlement;
  unsynced: UnsyncedFiles;
  notes: DeliveredNotes;
  onProblem(path: string, error: Error): void;
}

export class Arrivals {
  readonly #options: ArrivalsOptions;
  /** Whose entries are durable, up to the root. */
  readonly #directories = new Set<string>();
  readonly #adopting = new Turn();

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  async binary(metadata: BinaryMetadata, payload: Payload): Promise<BinaryItem> {
    const { root, storage, state, writer } = this.#options;
    const name = randomUUID();
    const head = encodeBinaryHead({ name, metadata });
    const directory = state.unread.homeOf(metadata);
    if (state.unread.isClosed(directory))
      throw new SluiceError('outbox-disk-failed', `${join(root, directory)} cannot be listed`);
    const key = join(directory, binaryName(name, metadata));
    const path = join(root, key);
    await this.#ensureDirectory(join(root, directory));
    try {
      const bytes = await storage.write(path, withHead(head, payload));
      const counts = { bytes, blocks: 1, readings: 1, begun: metadata.requested };
      const item: BinaryReference = { type: 'binary', key, name, metadata, head: head.length, ...counts };
      await writer.commit({ kind: 'item', item });
    } catch (error) {
      await this.#withdraw(path);
      throw error;
    }
    return state.items.waiting.get(key) as BinaryItem;
  }

  /** undefined: there is no such file, or it was delivered and only waits to be removed, or for that to be written down. */
  adopt(path: string, metadata: FileMetadata): Promise<FileItem | undefined> {
    const { storage, state, writer, settlement, notes } = this.#options;
    const { items } = state;
    return this.#adopting.run(async () => {
      const status = await storage.status(path);
      if (status === undefined || status.directory) return undefined;
      const { size: bytes, modified } = status;
      const isSame = (other: { bytes: number; modified: number } | undefined) =>
        other?.bytes === bytes && other.modified === modified;
      const known = items.waiting.get(path) as FileItem | undefined;
      if (isSame(known)) return known;
      // A start could not tell what a note of this path is of.
      if (isSame(items.leaving.get(path)?.version) || notes.has(path)) return undefined;
      if (known !== undefined) await settlement.release(known);
      const counts = { bytes, blocks: 1, readings: 1, begun: modified };
      const item: FileReference = {
        type: 'file',
        key: path,
        name: randomUUID(),
        metadata,
        modified,
        ...counts,
      };
      await writer.commit({ kind: 'item', item });
      return items.waiting.get(path) as FileItem | undefined;
    });
  }

  /** Removes a binary that was refused: a start would take its file, which may be whole, for an item. */
  async #withdraw(path: string): Promise<void> {
    const { storage, unsynced, onProblem } = this.#options;
    await storage.discard(path).catch((error: Error) => onProblem(path, error));
    unsynced.moved(path);
  }

  async #ensureDirectory(path: string): Promise<void> {
    const { storage } = this.#options;
    if (this.#directories.has(path) && (await storage.status(path)) !== undefined) return;
    await storage.makeDirectory(path);
    this.#directories.add(path);
  }
}

async function* withHead(head: Uint8Array, payload: Payload): AsyncGenerator<Uint8Array> {
  yield head;
  if (payload instanceof Uint8Array) yield payload;
  else yield* payload;
}
