/** Where capture files lie: makes their directories, and finds another place where one can never be written. */
import { basename, dirname, join } from 'node:path';
import { systemCode } from '@sluice/common/errors';
import type { Storage, StorageFile } from '@sluice/common/storage';
import type { CaptureFileMetadata } from '../../modules/block/file';
import { displacedDirectoryOf } from './names';
import type { StoredFile, UnsyncedFiles } from './stored-files';
import type { Unread } from './unread';

/** What of a stream its files need; the same object for one stream. */
export interface FiledStream {
  readonly metadata: CaptureFileMetadata;
}

export interface PlacedFile {
  readonly stream: FiledStream;
  readonly file: StoredFile;
  /** Within the root. */
  directory: string;
  /** What of it is in the file already. */
  written: { bytes: number };
}

export interface PlacementOptions {
  root: string;
  storage: Storage;
  unsynced: UnsyncedFiles;
  unread: Unread;
  /** A complete file that is in memory alone belongs elsewhere. Keys of items. */
  onDisplaced(from: string, to: string): void;
  /** A file could not be written; its blocks are safe in the log. */
  onProblem(path: string, error: Error): void;
}

export class Placement {
  readonly #options: PlacementOptions;
  /** Known to be there. */
  readonly #directories = new Set<string>();
  /** Whose directory cannot be written. */
  readonly #displaced = new WeakSet<FiledStream>();

  constructor(options: PlacementOptions) {
    this.#options = options;
  }

  /** Of a stream's next file, within the root. */
  directoryOf(stream: FiledStream): string {
    const { metadata } = stream;
    if (this.#displaced.has(stream)) return displacedDirectoryOf(metadata);
    return this.#options.unread.homeOf(metadata);
  }

  /** Neither of its directories could be listed: it waits in memory and in the log until one of them can. */
  mustWait({ directory, written }: PlacedFile): boolean {
    return written.bytes === 0 && this.#options.unread.isClosed(directory);
  }

  /**
   * Whether there is a directory for the file. One that will never be, as where somebody keeps a file of that name, must
   * not keep the log from being trimmed: the stream's files go elsewhere.
   */
  async place(open: PlacedFile): Promise<boolean> {
    if (open.written.bytes > 0) return true;
    const { root, onProblem, onDisplaced } = this.#options;
    if (this.mustWait(open)) return false;
    try {
      await this.#ensure(dirname(open.file.path));
      return true;
    } catch (error) {
      // Directories above were removed by hand: they are made again when the file is opened.
      if (systemCode(error) === 'ENOENT') return true;
      onProblem(dirname(open.file.path), error as Error);
      if (!isLasting(error)) return false;
    }
    const displaced = displacedDirectoryOf(open.stream.metadata);
    if (open.directory === displaced) return false;
    this.#displaced.add(open.stream);
    const name = basename(open.file.path);
    if (open.file.held !== undefined) onDisplaced(join(open.directory, name), join(displaced, name));
    open.directory = displaced;
    open.file.path = join(root, displaced, name);
    return this.place(open);
  }

  /** Opens a file to be written to, in its directory. */
  async open(path: string): Promise<StorageFile> {
    const { storage } = this.#options;
    try {
      await this.#ensure(dirname(path));
      return await storage.open(path);
    } catch (error) {
      const code = systemCode(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
      // Removed by hand, or replaced.
      this.#directories.clear();
      await this.#ensure(dirname(path));
      return storage.open(path);
    }
  }

  /** Not durable before the next checkpoint, as little as the files in it. */
  async #ensure(path: string): Promise<void> {
    const { root, storage, unsynced } = this.#options;
    if (path === root || this.#directories.has(path)) return;
    await this.#ensure(dirname(path));
    await storage.makeEntry(path);
    unsynced.moved(path);
    this.#directories.add(path);
  }
}

/** What may pass: the disk may have room again, or descriptors. */
const passing = ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'ENOENT'];

function isLasting(error: unknown): boolean {
  const code = systemCode(error);
  return code !== undefined && !passing.includes(code);
}
