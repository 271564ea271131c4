/** The disk of this machine. */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import {
  type DirectoryEntry,
  type EntryStatus,
  type ReadableFile,
  Storage,
  type StorageFile,
} from './storage';

const directoryMode = 0o750;
const fileMode = 0o640;
const { O_CREAT, O_EXCL, O_RDWR } = constants;
/** Vectors that one writev takes: IOV_MAX of Linux and macOS. */
const mostVectors = 1024;

/** Node names the file where it is given a path; of an open one it says `EIO: i/o error, read`, and no more. */
async function naming<T>(path: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof Error && !('path' in error))
      Object.assign(error, { path, message: `${error.message} '${path}'` });
    throw error;
  }
}

class NodeFile implements StorageFile {
  readonly #path: string;
  readonly #handle: fs.FileHandle;
  size: number;
  /** Something may lie behind `size`. */
  #torn = false;

  constructor(path: string, handle: fs.FileHandle, size: number) {
    this.#path = path;
    this.#handle = handle;
    this.size = size;
  }

  async append(chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#torn) await this.truncate(this.size);
    this.#torn = true;
    let end = this.size;
    for (let first = 0; first < chunks.length; first += mostVectors)
      end = await naming(this.#path, this.#writeAll(chunks.slice(first, first + mostVectors), end));
    this.size = end;
    this.#torn = false;
  }

  /** A disk that becomes full takes part of it first, and says so at the next write only. */
  async #writeAll(chunks: readonly Uint8Array[], at: number): Promise<number> {
    let left = chunks;
    while (left.length > 0) {
      const { bytesWritten } = await this.#handle.writev(left as Uint8Array[], at);
      at += bytesWritten;
      left = without(left, bytesWritten);
    }
    return at;
  }

  async truncate(size: number): Promise<void> {
    await naming(this.#path, this.#handle.truncate(size));
    this.size = size;
    this.#torn = false;
  }

  async sync(): Promise<void> {
    await naming(this.#path, this.#handle.datasync());
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** What is left of the chunks without their first `bytes`; empty chunks are left out. */
function without(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const left: Uint8Array[] = [];
  for (const chunk of chunks) {
    const taken = Math.min(bytes, chunk.length);
    bytes -= taken;
    if (taken < chunk.length) left.push(taken === 0 ? chunk : chunk.subarray(taken));
  }
  return left;
}

class NodeReadableFile implements ReadableFile {
  readonly #path: string;
  readonly #handle: fs.FileHandle;

  constructor(path: string, handle: fs.FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Number.isFinite(length) ? length : await this.#left(offset);
    // Not of Node's pool: a view that somebody keeps would hold on to 8 KB of other people's bytes.
    const bytes = new Uint8Array(wanted);
    return bytes.subarray(0, await this.fill(offset, bytes));
  }

  async #left(offset: number): Promise<number> {
    const { size } = await naming(this.#path, this.#handle.stat());
    return Math.max(0, size - offset);
  }

  async fill(offset: number, bytes: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < bytes.length) {
      const [at, left] = [offset + filled, bytes.length - filled];
      const { bytesRead } = await naming(this.#path, this.#handle.read(bytes, filled, left, at));
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function absent<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}

export class NodeStorage extends Storage {
  async list(path: string): Promise<DirectoryEntry[]> {
    const entries = await absent(fs.readdir(path, { withFileTypes: true }), []);
    return entries.map((entry) => ({ name: entry.name, directory: entry.isDirectory() }));
  }

  override async *entries(path: string, withLinks = false): AsyncGenerator<DirectoryEntry> {
    for await (const entry of await fs.opendir(path))
      if (entry.isFile() || entry.isDirectory() || (withLinks && entry.isSymbolicLink()))
        yield { name: entry.name, directory: entry.isDirectory() };
  }

  async status(path: string): Promise<EntryStatus | undefined> {
    const status = await absent(fs.stat(path), undefined);
    if (status === undefined) return undefined;
    const directory = status.isDirectory();
    return { size: directory ? 0 : status.size, modified: status.mtimeMs, directory };
  }

  async openForReading(path: string): Promise<ReadableFile> {
    return new NodeReadableFile(path, await fs.open(path));
  }

  async open(path: string): Promise<StorageFile> {
    const handle = await fs.open(path, O_CREAT | O_RDWR, fileMode);
    try {
      return new NodeFile(path, handle, (await handle.stat()).size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async create(path: string, mode = fileMode): Promise<StorageFile> {
    return new NodeFile(path, await fs.open(path, O_CREAT | O_EXCL | O_RDWR, mode), 0);
  }

  async rename(from: string, to: string): Promise<void> {
    await fs.rename(from, to);
  }

  async remove(path: string): Promise<void> {
    await fs.unlink(path);
  }

  async makeEntry(path: string): Promise<void> {
    try {
      await fs.mkdir(path, { mode: directoryMode });
    } catch (error) {
      // A file of that name is an error; a directory that is there already is what was asked for, also on a
      // read-only or foreign parent, where mkdir may say EROFS or EACCES instead of EEXIST.
      const status = await fs.stat(path).catch(() => undefined);
      if (status?.isDirectory() !== true) throw error;
    }
  }

  async syncDirectory(path: string): Promise<void> {
    const handle = await fs.open(path);
    try {
      await naming(path, handle.sync());
    } finally {
      await handle.close();
    }
  }

  async freeSpace(path: string): Promise<number> {
    const { bavail, bsize } = await fs.statfs(path);
    return bavail * bsize;
  }
}
