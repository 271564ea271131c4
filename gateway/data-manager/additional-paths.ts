/**
 * Files of `additional_sync_paths`: adopted once nobody has written to them for a while, a bounded number at a time; the
 * outbox removes them when they are delivered (specification, "additional_sync_paths", "Data Integrity").
 */
import { homedir } from 'node:os';
import { extname, join, relative, resolve } from 'node:path';
import type { Clock } from '@sluice/common/clock';
import { asError } from '@sluice/common/errors';
import { NodeStorage, type Storage } from '@sluice/common/storage';
import type { Logger } from 'pino';
import { failedDirectory } from '../outbox/names';
import type { Outbox } from '../outbox/outbox';

export interface AdditionalPathsSettings {
  paths: readonly string[];
  /** Milliseconds for which nobody must have written to a file. */
  untouchedFor: number;
  tags: readonly string[];
}

export interface AdditionalPathsOptions {
  outbox: Pick<Outbox, 'adopt' | 'adopted' | 'isAdopted'>;
  settings: AdditionalPathsSettings;
  /** The main part's name. */
  main: string;
  /** Not looked into: what is in them is synced anyway. */
  captureDirectories(): readonly string[];
  clock: Clock;
  log: Logger;
  storage?: Storage;
}

/** Files that wait in the outbox at once; the others are found when there is room. */
const mostAdopted = 1_000;
/** Directories that a walk goes down. */
const deepest = 64;

export class AdditionalPaths {
  readonly #options: AdditionalPathsOptions;
  readonly #storage: Storage;
  #settings: AdditionalPathsSettings;
  #looking: Promise<void> | undefined;
  /** Of which a problem was logged, until they work again. */
  readonly #troubled = new Set<string>();

  constructor(options: AdditionalPathsOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#storage = options.storage ?? new NodeStorage();
  }

  configure(settings: AdditionalPathsSettings): void {
    this.#settings = settings;
  }

  /** Gives the outbox what it has room for. Never rejects: what cannot be read is logged, and looked at the next time. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    for (const path of this.#settings.paths) {
      const root = absolute(path);
      await this.#walk(root, root, 0);
    }
  }

  /** Resolves to false when the outbox has no room for more. */
  async #walk(root: string, directory: string, depth: number): Promise<boolean> {
    const { outbox, captureDirectories } = this.#options;
    if (depth > deepest || captureDirectories().includes(directory)) return true;
    try {
      for await (const { name, directory: isDirectory } of this.#storage.entries(directory)) {
        if (outbox.adopted >= mostAdopted) return false;
        const path = join(directory, name);
        if (isDirectory) {
          // What was set aside lies there.
          if (name === failedDirectory) continue;
          if (!(await this.#walk(root, path, depth + 1))) return false;
        } else if (!outbox.isAdopted(path)) await this.#take(root, path);
      }
      this.#troubled.delete(directory);
    } catch (error) {
      this.#report(directory, asError(error));
    }
    return true;
  }

  /** What stands in the way of one file is no reason to leave the others out. */
  async #take(root: string, path: string): Promise<void> {
    try {
      await this.#adopt(root, path);
      this.#troubled.delete(path);
    } catch (error) {
      this.#report(path, asError(error));
    }
  }

  /** @throws what the storage says, also when it may not be read: it would wait for ever, and be one of those there is room for */
  async #adopt(root: string, path: string): Promise<void> {
    const { outbox, main, clock } = this.#options;
    const { untouchedFor, tags } = this.#settings;
    const status = await this.#storage.status(path);
    if (status === undefined || clock.wall() - status.modified < untouchedFor) return;
    await (await this.#storage.openForReading(path)).close();
    const inferred = inferredFrom(path);
    await outbox.adopt(path, {
      part: main,
      owner: 'part',
      resource: 'rdk:service:data_manager/builtin',
      method: 'additional_sync_paths',
      parameters: {},
      fileName: relative(root, path),
      extension: extname(path),
      tags: [...new Set([...tags, ...inferred.tags])],
      ...(inferred.datasets.length > 0 && { datasets: inferred.datasets }),
    });
  }

  #report(path: string, error: Error): void {
    if (this.#troubled.has(path)) return;
    this.#troubled.add(path);
    this.#options.log.warn(
      { path, error: error.message },
      'a path of additional_sync_paths cannot be synced',
    );
  }
}

/** `~` is the home directory of who runs the gateway. */
function absolute(path: string): string {
  return resolve(path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path);
}

/** Tags and data sets that the directories' names give: `tag=…`, `dataset=…`; a file's own name gives none. */
export function inferredFrom(path: string): { tags: string[]; datasets: string[] } {
  const directories = path.split(/[\\/]/).slice(0, -1);
  const named = (prefix: string) =>
    directories.flatMap((name) =>
      name.startsWith(prefix) && name.length > prefix.length ? [name.slice(prefix.length)] : [],
    );
  return { tags: named('tag='), datasets: named('dataset=') };
}
