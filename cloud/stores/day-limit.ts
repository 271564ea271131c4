/**
 * Keeps what lies in days to a size: raw files, their copies in buckets of this machine, and objects. The oldest days go
 * first, of all projects and devices alike; the day that goes on stays.
 */
import { dirname, join } from 'node:path';
import { asError } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import type { Logger } from 'pino';
import type { ObjectStore } from './objects/object-store';

export interface DayLimitOptions {
  storage: Storage;
  /** The cloud's. */
  directory: string;
  objects: ObjectStore;
  /** Bytes at most, when it was looked. */
  mostBytes: number;
  /** The calendar day that goes on, `YYYY-MM-DD`. */
  today(): string;
  log: Logger;
}

/** What lies there of a day. */
interface Day {
  /** Of raw files, their copies and metadata. */
  paths: string[];
  /** Of objects too. */
  bytes: number;
}

/** Milliseconds between two looks. */
const interval = 600_000;
/** A raw file, a copy or metadata of one. What is called otherwise is not ours. */
const dayInName = /-(\d{4}-\d{2}-\d{2})(?:\.json|\.sluice|\.sluice\.json)$/;
const folders = ['data', 'buckets'];
/** Objects removed at a time: others have their turn between. */
const portion = 100;

export class DayLimit {
  readonly #options: DayLimitOptions;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: DayLimitOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), interval);
    this.#timer.unref();
  }

  /** Never rejects: what fails is logged, and tried again at the next look. */
  look(): Promise<void> {
    this.#looking = this.#looking
      .then(() => this.#look())
      .catch((error) =>
        this.#options.log.error({ error: asError(error).message }, 'old days are not removed'),
      );
    return this.#looking;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { directory, objects, mostBytes, today, log } = this.#options;
    const days = new Map<string, Day>();
    for (const { day, bytes } of objects.index.days()) days.set(day, { paths: [], bytes });
    for (const folder of folders) await this.#list(join(directory, folder), days);
    let left = [...days.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    const now = today();
    for (const [date, { paths, bytes }] of [...days].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (left <= mostBytes || date >= now) return;
      await this.#removeFiles(paths);
      const removed = await this.#removeObjects(date);
      left -= bytes;
      const what = { date, files: paths.length, objects: removed, bytes };
      log.info(what, 'a day is removed, as the oldest: its place is wanted');
    }
  }

  async #list(folder: string, into: Map<string, Day>): Promise<void> {
    const { storage } = this.#options;
    for (const { name, directory } of await storage.list(folder)) {
      const path = join(folder, name);
      if (directory) {
        await this.#list(path, into);
        continue;
      }
      const date = dayInName.exec(name)?.[1];
      const status = date === undefined ? undefined : await storage.status(path);
      if (status === undefined) continue;
      const day = into.get(date!) ?? { paths: [], bytes: 0 };
      into.set(date!, day);
      day.paths.push(path);
      day.bytes += status.size;
    }
  }

  async #removeFiles(paths: readonly string[]): Promise<void> {
    const { storage } = this.#options;
    for (const path of paths) await storage.discard(path);
    for (const folder of new Set(paths.map((path) => dirname(path)))) await storage.syncDirectory(folder);
  }

  /** Resolves to how many there were. */
  async #removeObjects(date: string): Promise<number> {
    const { objects } = this.#options;
    let removed = 0;
    for (;;) {
      const entries = objects.index.ofDay(date, portion);
      if (entries.length === 0) return removed;
      removed += await objects.remove(entries);
    }
  }
}
