/**
 * Files of the capture directory whose bytes or entries the disk may not have yet. Until a checkpoint has synced them,
 * the log has what is in them.
 */
import { dirname } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import { each, Turn } from './turn';

/** What of a complete file is in memory and in the log, and not on the disk. */
export interface Held {
  /** The disk was given nothing of it, not even in vain. */
  readonly isUntouched: boolean;
  /** The whole file. */
  bytes(): Uint8Array;
  /** In the file's turn. @throws what the storage says: then it is held still */
  write(): Promise<void>;
  /** It is needed no more. */
  drop(): void;
}

/** One file, which may be renamed and removed while it is being synced. */
export interface StoredFile {
  /** Absolute. */
  path: string;
  /** Whoever writes, renames or removes it. */
  readonly turn: Turn;
  gone: boolean;
  /** It is being deleted: no destination is given it any more. */
  discarding: boolean;
  /** A sync failed, or may have, as of a process before: nobody knows what the disk has of it, and a later sync would not say. */
  doubtful: boolean;
  held: Held | undefined;
}

export function storedFile(path: string): StoredFile {
  return { path, turn: new Turn(), gone: false, discarding: false, doubtful: false, held: undefined };
}

/** Syncs under way at once: Node has four threads for files, and commits must not wait for these. */
const width = 2;

export class UnsyncedFiles {
  readonly #root: string;
  readonly #storage: Storage;
  readonly #onProblem: (path: string, error: Error) => void;
  readonly #files = new Set<StoredFile>();
  readonly #directories = new Set<string>();

  constructor(root: string, storage: Storage, onProblem: (path: string, error: Error) => void) {
    this.#root = root;
    this.#storage = storage;
    this.#onProblem = onProblem;
  }

  written(file: StoredFile): void {
    this.#files.add(file);
  }

  /** An entry of the file's directory has changed. */
  moved(path: string): void {
    this.#directories.add(dirname(path));
  }

  /** The same, and the directories above may be as new. */
  placed(path: string): void {
    for (const directory of this.#above(path)) this.#directories.add(directory);
  }

  forget(file: StoredFile): void {
    this.#files.delete(file);
  }

  /** Makes all durable that was written before the call; resolves to whether it worked. What comes meanwhile is for later. */
  async syncAll(): Promise<boolean> {
    let worked = true;
    const attempt = async (path: string, action: () => Promise<void>, again: () => void) => {
      await action().catch((error: Error) => {
        again();
        worked = false;
        this.#onProblem(path, error);
      });
    };
    const files = [...this.#files];
    this.#files.clear();
    await each(files, width, (file) =>
      attempt(
        file.path,
        () => this.#sync(file),
        () => this.#files.add(file),
      ),
    );
    const directories = [...this.#directories];
    this.#directories.clear();
    await each(directories, width, (path) =>
      attempt(
        path,
        () => this.#syncDirectory(path),
        () => this.#directories.add(path),
      ),
    );
    return worked;
  }

  /** The same for one file, in whose turn the caller is. */
  async syncOne(file: StoredFile): Promise<void> {
    await file.held?.write();
    if (!file.doubtful)
      await this.#syncHandle(file, await this.#storage.open(file.path)).catch(() => undefined);
    if (file.doubtful) await this.#rewrite(file);
    // The directories may be as new as the file.
    for (const directory of this.#above(file.path)) await this.#syncDirectory(directory);
  }

  /** Directories up to the root. */
  *#above(path: string): Generator<string> {
    let directory = path;
    do {
      directory = dirname(directory);
      yield directory;
    } while (directory !== this.#root && directory !== dirname(directory));
  }

  async #sync(file: StoredFile): Promise<void> {
    // The turn is for opening only: what writes the file does not wait for the disk.
    const handle = await file.turn.run(async () => {
      if (file.gone || file.doubtful) return undefined;
      const status = await this.#storage.status(file.path);
      return status === undefined ? undefined : this.#storage.open(file.path);
    });
    try {
      if (handle !== undefined) await this.#syncHandle(file, handle);
    } catch (error) {
      this.#onProblem(file.path, error as Error);
    }
    if (file.doubtful) await file.turn.run(() => this.#rewrite(file));
  }

  async #syncHandle(file: StoredFile, handle: { sync(): Promise<void>; close(): Promise<void> }) {
    try {
      await handle.sync();
    } catch (error) {
      file.doubtful = true;
      throw error;
    } finally {
      await handle.close();
    }
  }

  /** What the system still has of the file goes to a new one. */
  async #rewrite(file: StoredFile): Promise<void> {
    if (file.gone) return;
    if ((await this.#storage.status(file.path)) !== undefined)
      await this.#storage.replace(file.path, await this.#storage.read(file.path));
    file.doubtful = false;
  }

  async #syncDirectory(path: string): Promise<void> {
    try {
      await this.#storage.syncDirectory(path);
    } catch (error) {
      // Removed by hand, with all that was in it.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      // An adopted file's directory is its owner's, and nothing of ours waits for it.
      if (path !== this.#root && !path.startsWith(`${this.#root}/`))
        return this.#onProblem(path, error as Error);
      throw error;
    }
  }
}
