/**
 * The file system behind a seam, so that tests and the simulation can swap in a disk that fills, fails and loses
 * what was not synced (`strict-disk.ts`). Paths are absolute. Every method rejects with an error that has Node's
 * `code`; after a rejection nothing is known of how much of the operation was done.
 *
 * The abstract operations are those of POSIX, with its promises and no more: a created, renamed or removed entry is
 * durable when its *directory* was synced, data when its *file* was. What is made of several (`makeDirectory`,
 * `replace`, `write`) is written here once, over them, and so is tested on the strict disk too.
 */
import { dirname } from 'node:path';

export interface DirectoryEntry {
  name: string;
  directory: boolean;
}

export interface EntryStatus {
  /** Bytes; 0 of a directory. */
  size: number;
  /** Wall milliseconds of the last change of its contents. */
  modified: number;
  directory: boolean;
}

/** An open file that grows at its end. One operation at a time. */
export interface StorageFile {
  /** Bytes in the file, those of a failed append not counted. */
  readonly size: number;
  /** Appends all of it, or rejects: then some of it may lie behind `size` until `truncate` or the next append. */
  append(chunks: readonly Uint8Array[]): Promise<void>;
  /** Cuts the file to `size` bytes, at most what it has. */
  truncate(size: number): Promise<void>;
  /**
   * Resolves when everything appended, and the length, is on the disk. After a rejection the file's unsynced data
   * is unknown for good: a later sync may succeed without having written it (Linux marks the pages clean).
   */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A file open for reading, also while another handle appends to it, and after it was removed. */
export interface ReadableFile {
  /** Up to `length` bytes from `offset`, fewer at the file's end. The bytes are the caller's own. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills `bytes` from `offset` on; resolves to how many there were: fewer than asked for at the file's end only. */
  fill(offset: number, bytes: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

export abstract class Storage {
  /** Entries of a directory; none when it does not exist. */
  abstract list(path: string): Promise<DirectoryEntry[]>;
  /** undefined when there is no such entry. */
  abstract status(path: string): Promise<EntryStatus | undefined>;
  abstract openForReading(path: string): Promise<ReadableFile>;
  /** Opens for appending; makes the file when it does not exist. Its entry is not durable before `syncDirectory`. */
  abstract open(path: string): Promise<StorageFile>;
  /** Makes a file that must not exist, else EEXIST. Its entry is not durable before `syncDirectory`. @param mode of POSIX */
  abstract create(path: string, mode?: number): Promise<StorageFile>;
  /** Replaces an entry of the new name. Durable when both directories were synced, the new one first. */
  abstract rename(from: string, to: string): Promise<void>;
  /** Removes a file. */
  abstract remove(path: string): Promise<void>;
  /** Makes one directory whose parent exists; an existing one is left as it is. */
  abstract makeEntry(path: string): Promise<void>;
  /** Makes the entries of a directory durable. */
  abstract syncDirectory(path: string): Promise<void>;
  /** Bytes that may still be written to the file system that `path` is on. */
  abstract freeSpace(path: string): Promise<number>;

  /**
   * Files and directories of a directory, one after another, however many there are, and nothing else.
   * @param withLinks links too, as files
   */
  async *entries(path: string, _withLinks = false): AsyncGenerator<DirectoryEntry> {
    yield* await this.list(path);
  }

  /** Makes a directory with its parents, all durable. */
  async makeDirectory(path: string): Promise<void> {
    const parent = dirname(path);
    if (parent === path) return;
    await this.makeDirectory(parent);
    await this.makeEntry(path);
    try {
      await this.syncDirectory(parent);
    } catch (error) {
      // A parent that may be passed through but not opened is not ours, and was there before us.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EACCES' && code !== 'EPERM') throw error;
    }
  }

  /** Removes a file, if there is one. */
  async discard(path: string): Promise<void> {
    try {
      await this.remove(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /** The whole file. */
  async read(path: string): Promise<Uint8Array> {
    return this.readRange(path, 0, Number.POSITIVE_INFINITY);
  }

  /** Up to `length` bytes from `offset`, fewer at the file's end. */
  async readRange(path: string, offset: number, length: number): Promise<Uint8Array> {
    const file = await this.openForReading(path);
    try {
      return await file.read(offset, length);
    } finally {
      await file.close();
    }
  }

  /** The file in pieces of `pieceBytes`, for what is too big for memory. */
  async *readPieces(path: string, pieceBytes = 262_144): AsyncGenerator<Uint8Array> {
    const file = await this.openForReading(path);
    try {
      for (let offset = 0; ; offset += pieceBytes) {
        const piece = await file.read(offset, pieceBytes);
        if (piece.length > 0) yield piece;
        if (piece.length < pieceBytes) return;
      }
    } finally {
      await file.close();
    }
  }

  /**
   * Replaces a file's contents durably: whatever happens, a reader finds the old ones or the new ones. One at a time
   * a path: the new contents grow in `<path>.next`, which a failure may leave behind for the next attempt.
   */
  async replace(path: string, bytes: Uint8Array): Promise<void> {
    await this.write(path, [bytes]);
  }

  /**
   * `replace` by a stream, never whole in memory. Resolves to the number of bytes. When the stream fails, so does
   * the write, and the file is as it was; when the directory's sync fails, nobody knows whether it is that or the new one.
   */
  async write(path: string, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
    const next = `${path}.next`;
    const file = await this.open(next);
    try {
      if (file.size > 0) await file.truncate(0);
      for await (const piece of pieces) await file.append([piece]);
      await file.sync();
    } catch (error) {
      await file.close().catch(() => undefined);
      await this.remove(next).catch(() => undefined);
      throw error;
    }
    const { size } = file;
    try {
      await file.close();
      await this.rename(next, path);
    } catch (error) {
      await this.remove(next).catch(() => undefined);
      throw error;
    }
    await this.syncDirectory(dirname(path));
    return size;
  }
}
