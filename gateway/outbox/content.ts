/** What of an item goes to a destination, never whole in memory. */
import { SluiceError } from '@sluice/common/errors';
import type { ReadableFile, Storage } from '@sluice/common/storage';
import type { FileItem, Item } from './items';

export interface Content {
  bytes: number;
  /**
   * From the beginning, each time: as long as `buffer`, but for the last. With a buffer each piece is in it, and
   * over when the next is asked for; without, each is the caller's own.
   */
  pieces(buffer?: Uint8Array): AsyncGenerator<Uint8Array>;
}

const pieceBytes = 262_144;

/** @param release of a file that has changed: it is its owner's again */
export async function contentOf(
  storage: Storage,
  item: Item,
  release: (item: FileItem) => Promise<void>,
): Promise<Content | 'absent' | 'changed'> {
  const { path, held } = item.file;
  if (held !== undefined) return inMemory(held.bytes());
  const status = await storage.status(path);
  if (status === undefined) return 'absent';
  if (item.type !== 'file') {
    const head = item.type === 'binary' ? item.head : 0;
    return {
      bytes: status.size - head,
      pieces: (buffer) => piecesOf(storage, path, head, status.size, buffer),
    };
  }
  if (!(await isSame(storage, item))) {
    await release(item);
    return 'changed';
  }
  return {
    bytes: item.bytes,
    pieces: async function* (buffer) {
      yield* piecesOf(storage, path, 0, item.bytes, buffer);
      if (await isSame(storage, item)) return;
      await release(item);
      throw new SluiceError('file-changed', `${path} was written to while it was sent`);
    },
  };
}

function inMemory(bytes: Uint8Array): Content {
  return {
    bytes: bytes.length,
    pieces: async function* () {
      yield bytes;
    },
  };
}

async function isSame(storage: Storage, { key, bytes, modified }: FileItem): Promise<boolean> {
  const status = await storage.status(key);
  return status?.size === bytes && status.modified === modified;
}

async function* piecesOf(
  storage: Storage,
  path: string,
  from: number,
  end: number,
  buffer?: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const file: ReadableFile = await storage.openForReading(path);
  try {
    for (let offset = from; offset < end; ) {
      const into = buffer ?? new Uint8Array(pieceBytes);
      const filled = await file.fill(offset, into.subarray(0, end - offset));
      // Cut off meanwhile: who reads it finds fewer bytes than were said.
      if (filled === 0) return;
      yield into.subarray(0, filled);
      offset += filled;
    }
  } finally {
    await file.close();
  }
}
