/**
 * Keeps what lies in days to a size: raw files, their copies in buckets of this machine, and objects. The oldest days go
 * first, of all projects and devices alike; the day that goes on stays.
 */
import { dirname, join } from 'node:path';
import { asError } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import type { Logger } from 'pino';

export interface DayLimitOptions {
  storage: Storage;
  /** The cloud's. */
  directory: string;
  /** Bytes at most, when it was looked. */
  mostBytes: number;
  /** The calendar day that goes on, `YYYY-MM-DD`. */
  today(): string;
  log: Logger;
}

interface File {
  path: string;
  date: string;
  bytes: number;
}

/** Milliseconds between two looks. */
const interval = 600_000;
/** A raw file, a copy or metadata of one. What is called otherwise is not ours. */
const inName = /-(\d{4}-\d{2}-\d{2})(?:\.json|\.sluice|\.sluice\.json)$/;
const inFolder = /\/(\d{4}-\d{2}-\d{2})\/[^/]+$/;
/** Where the day of a file stands. */
const folders = { data: inName, buckets: inName, objects: inFolder };

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
    const { directory, mostBytes, today, log } = this.#options;
    const files: File[] = [];
    for (const [folder, day] of Object.entries(folders))
      await this.#list(join(directory, folder), day, files);
    let left = files.reduce((sum, { bytes }) => sum + bytes, 0);
    const now = today();
    const dates = [...new Set(files.map(({ date }) => date))].filter((date) => date < now).sort();
    for (const date of dates) {
      if (left <= mostBytes) return;
      const of = files.filter((file) => file.date === date);
      await this.#remove(of);
      const bytes = of.reduce((sum, file) => sum + file.bytes, 0);
      left -= bytes;
      log.info({ date, files: of.length, bytes }, 'a day is removed, as the oldest: its place is wanted');
    }
  }

  async #list(folder: string, day: RegExp, into: File[]): Promise<void> {
    const { storage } = this.#options;
    for (const { name, directory } of await storage.list(folder)) {
      const path = join(folder, name);
      if (directory) {
        await this.#list(path, day, into);
        continue;
      }
      const date = day.exec(path)?.[1];
      const status = date === undefined ? undefined : await storage.status(path);
      if (status !== undefined) into.push({ path, date: date!, bytes: status.size });
    }
  }

  async #remove(files: readonly File[]): Promise<void> {
    const { storage } = this.#options;
    for (const { path } of files) await storage.discard(path);
    for (const folder of new Set(files.map(({ path }) => dirname(path)))) await storage.syncDirectory(folder);
  }
}
