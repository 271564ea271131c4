/** What of an item goes to a destination, never whole in memory. */
import { SluiceError } from '@sluice/common/errors';
import type { ReadableFile, Storage } from '@sluice/common/storage';
import type { FileItem, Item } from './items';

export interface Content {
  bytes: number;
  /** From the beginning, each time. */
  pieces(): AsyncGenerator<Uint8Array>;
}

const pieceBytes = 262_144;

/** @param release of a file that has changed: it is its owner's again */
export async function contentOf(
  storage: Storage,
  item: Item,
  release: (item: FileItem) => Promise<void>,
): Promise<Content | 'absent' | 'changed'> {
  const { path } = item.file;
  const status = await storage.status(path);
  if (status === undefined) return 'absent';
  if (item.type !== 'file') {
    const head = item.type === 'binary' ? item.head : 0;
    return { bytes: status.size - head, pieces: () => piecesOf(storage, path, head, status.size) };
  }
  if (!(await isSame(storage, item))) {
    await release(item);
    return 'changed';
  }
  return {
    bytes: item.bytes,
    pieces: async function* () {
      yield* piecesOf(storage, path, 0, item.bytes);
      if (await isSame(storage, item)) return;
      await release(item);
      throw new SluiceError('file-changed', `${path} was written to while it was sent`);
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
): AsyncGenerator<Uint8Array> {
  const file: ReadableFile = await storage.openForReading(path);
  try {
    for (let offset = from; offset < end; ) {
      const piece = await file.read(offset, Math.min(pieceBytes, end - offset));
      // Cut off meanwhile: who reads it finds fewer bytes than were said.
      if (piece.length === 0) return;
      yield piece;
      offset += piece.length;
    }
  } finally {
    await file.close();
  }
}
