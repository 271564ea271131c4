/**
 * Sync: complete files go to the cloud every `interval`, oldest first; what is durable there is deleted here, what
 * is refused for good is set aside, anything else stays and is tried again, exponentially later.
 */

import type { Clock } from '@sluice/common/clock';
import type { Logger } from 'pino';
import { backoffDelay } from './backoff';
import type { Upload } from './upload';

/** The capture directory as sync sees it. `File` is opaque to it. */
export interface SyncFiles<File> {
  /** Completes the open files, so that all that was received can be uploaded. */
  complete(): Promise<void>;
  /** Complete files, oldest first. */
  list(): readonly File[];
  /** Undefined when its owner has deleted it by hand: it is forgotten then. */
  read(file: File): Promise<Uint8Array | undefined>;
  uploaded(file: File): Promise<void>;
  /** Moves it to `failed/` with the reason beside it. */
  setAside(file: File, reason: string): Promise<void>;
  describe(file: File): string;
}

export interface SyncSettings {
  disabled: boolean;
  /** Milliseconds. */
  interval: number;
  threads: number;
}

export interface SyncState {
  disabled: boolean;
  running: boolean;
  /** Failed passes in a row. */
  failures: number;
  /** Wall milliseconds of the next pass; undefined when sync is disabled. */
  next?: number;
  lastSuccess?: number;
  lastError?: string;
}

export interface SyncOptions<File> {
  files: SyncFiles<File>;
  upload: Upload<File>;
  settings: SyncSettings;
  clock: Clock;
  log: Logger;
  random?: () => number;
  onChange?(): void;
}

/** The cloud is there, and failed on one file. */
class FileFailure extends Error {}

/** Files that may fail in a pass before one succeeds: then it is the cloud that fails. */
const mostSuspects = 3;
/** Milliseconds until the next pass at most, when only files failed: others must not wait for them. */
const longestForFiles = 60_000;

export class Sync<File> {
  readonly #options: SyncOptions<File>;
  readonly #random: () => number;
  readonly #abort = new AbortController();
  #settings: SyncSettings;
  #cancel: (() => void) | undefined;
  #pass: Promise<void> | undefined;
  #suspected = new Set<File>();
  #failures = 0;
  #next: number | undefined;
  #lastSuccess: number | undefined;
  #lastError: string | undefined;

  constructor(options: SyncOptions<File>) {
    this.#options = options;
    this.#settings = options.settings;
    this.#random = options.random ?? Math.random;
  }

  get state(): SyncState {
    return {
      disabled: this.#settings.disabled,
      running: this.#pass !== undefined,
      failures: this.#failures,
      next: this.#next,
      lastSuccess: this.#lastSuccess,
      lastError: this.#lastError,
    };
  }

  start(): void {
    this.#schedule(this.#settings.interval);
  }

  configure(settings: SyncSettings): void {
    this.#settings = settings;
    this.#failures = 0;
    this.#schedule(settings.interval);
  }

  /** Syncs now, whatever the retry's time; resolves when the pass is over. Also with sync disabled: it was asked for. */
  async sync(): Promise<SyncState> {
    if (this.#abort.signal.aborted) return this.state;
    this.#pass ??= this.#run();
    await this.#pass;
    return this.state;
  }

  /** Starts no further upload and gives up those under way; their files stay. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#cancel?.();
    await this.#pass;
  }

  #schedule(delay: number): void {
    this.#cancel?.();
    this.#next = undefined;
    if (!this.#settings.disabled && !this.#abort.signal.aborted) {
      const { clock } = this.#options;
      this.#next = clock.wall() + delay;
      this.#cancel = clock.after(delay, () => void this.sync());
    }
    this.#options.onChange?.();
  }

  async #run(): Promise<void> {
    this.#cancel?.();
    this.#options.onChange?.();
    const { log, clock } = this.#options;
    let longest = Number.POSITIVE_INFINITY;
    try {
      await this.#uploadAll();
      if (this.#failures > 0) log.info({ failures: this.#failures }, 'sync works again');
      this.#failures = 0;
      this.#lastError = undefined;
      this.#lastSuccess = clock.wall();
    } catch (error) {
      if (!this.#abort.signal.aborted) {
        this.#failures++;
        this.#lastError = (error as Error).message;
        if (error instanceof FileFailure) longest = Math.max(longestForFiles, this.#settings.interval);
      }
    }
    this.#pass = undefined;
    const { interval } = this.#settings;
    const delay =
      this.#failures > 0 ? Math.min(longest, backoffDelay(this.#failures, this.#random())) : interval;
    if (this.#failures > 0) {
      log.warn(
        { reason: this.#lastError, failures: this.#failures, retryMs: Math.round(delay) },
        'sync failed',
      );
    }
    this.#schedule(delay);
  }

  async #uploadAll(): Promise<void> {
    const { files } = this.#options;
    await files.complete();
    const list = files.list();
    const suspected = list.filter((file) => this.#suspected.has(file));
    this.#suspected = new Set(suspected);
    // Oldest first, and those that failed before after the others: they must not keep them from the cloud.
    const waiting = [...list.filter((file) => !this.#suspected.has(file)), ...suspected].reverse();
    let failure: Error | undefined;
    let ofFile: FileFailure | undefined;
    let suspects = 0;
    const work = async () => {
      for (let file = waiting.pop(); file !== undefined && !failure; file = waiting.pop()) {
        try {
          await this.#uploadOne(file);
          suspects = Number.NEGATIVE_INFINITY;
        } catch (error) {
          if (error instanceof FileFailure) this.#suspected.add(file);
          if (error instanceof FileFailure && ++suspects < mostSuspects) ofFile = error;
          else failure = new Error((error as Error).message);
        }
      }
    };
    await Promise.all(Array.from({ length: this.#settings.threads }, work));
    if (failure ?? ofFile) throw failure ?? ofFile;
  }

  async #uploadOne(file: File): Promise<void> {
    const { files, upload, log } = this.#options;
    this.#abort.signal.throwIfAborted();
    let bytes: Uint8Array | undefined;
    try {
      bytes = await files.read(file);
    } catch (error) {
      await files.setAside(file, `cannot be read: ${(error as Error).message}`);
      return;
    }
    if (!bytes) return;
    const answer = await upload(bytes, this.#abort.signal, file);
    if (answer.result === 'later')
      throw answer.ofFile ? new FileFailure(answer.reason) : new Error(answer.reason);
    if (answer.result === 'durable') await files.uploaded(file);
    else {
      log.error({ file: files.describe(file), reason: answer.reason }, 'a file was set aside in failed/');
      await files.setAside(file, answer.reason);
    }
    this.#options.onChange?.();
  }
}
