/**
 * The file system behind a seam, so that tests and the simulation can swap in a disk that fills, fails and
 * loses what was not synced. Paths are absolute. Every method rejects with an error that has Node's `code`.
 */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';

export interface StorageFile {
  /** Bytes in the file. */
  readonly size: number;
  /** Appends all of it, or rejects; after a rejection call `truncate` to a size known to be good. */
  append(chunks: Uint8Array[]): Promise<void>;
  truncate(size: number): Promise<void>;
  /** Resolves when everything appended is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Storage {
  makeDirectory(path: string): Promise<void>;
  /** Entries of a directory; none when it does not exist. */
  list(path: string): Promise<{ name: string; directory: boolean }[]>;
  read(path: string): Promise<Uint8Array>;
  /** The first `length` bytes, or fewer. */
  readStart(path: string, length: number): Promise<Uint8Array>;
  /** Opens for appending; makes the file when it does not exist. */
  open(path: string): Promise<StorageFile>;
  /** Replaces the file's contents durably: a reader sees the old ones or the new ones, whatever happens. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes the entries of a directory durable. */
  syncDirectory(path: string): Promise<void>;
}

class NodeFile implements StorageFile {
  constructor(
    private readonly handle: fs.FileHandle,
    public size: number,
  ) {}

  async append(chunks: Uint8Array[]): Promise<void> {
    const { bytesWritten } = await this.handle.writev(chunks, this.size);
    const wanted = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (bytesWritten < wanted) {
      throw Object.assign(new Error(`wrote ${bytesWritten} of ${wanted} bytes`), { code: 'ENOSPC' });
    }
    this.size += bytesWritten;
  }

  async truncate(size: number): Promise<void> {
    await this.handle.truncate(size);
    this.size = size;
  }

  async sync(): Promise<void> {
    await this.handle.datasync();
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** The disk of this machine. */
export class NodeStorage implements Storage {
  async makeDirectory(path: string): Promise<void> {
    await fs.mkdir(path, { recursive: true, mode: 0o750 });
  }

  async list(path: string): Promise<{ name: string; directory: boolean }[]> {
    try {
      const entries = await fs.readdir(path, { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, directory: entry.isDirectory() }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  async read(path: string): Promise<Uint8Array> {
    return fs.readFile(path);
  }

  async readStart(path: string, length: number): Promise<Uint8Array> {
    const handle = await fs.open(path);
    try {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await handle.read(bytes, 0, length, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  async open(path: string): Promise<StorageFile> {
    const handle = await fs.open(path, constants.O_CREAT | constants.O_RDWR, 0o640);
    return new NodeFile(handle, (await handle.stat()).size);
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    const next = `${path}.next`;
    const handle = await fs.open(next, 'w', 0o640);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await fs.rename(next, path);
    await this.syncDirectory(dirname(path));
  }

  async rename(from: string, to: string): Promise<void> {
    await fs.rename(from, to);
  }

  async remove(path: string): Promise<void> {
    await fs.unlink(path);
  }

  async syncDirectory(path: string): Promise<void> {
    const handle = await fs.open(path);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
