/**
 * A file that says who may come in, as a running program knows it: a change is known within a second.
 *
 * What holds: a file that cannot be read is told of, and what was known before stays.
 */
import { type Stats, statSync } from 'node:fs';

/** Milliseconds between two looks whether the file has changed. */
const lookInterval = 500;

export interface WatchedFileOptions<T> {
  path: string;
  /** What the file says; of one that is not there too. */
  read(path: string): T;
  onProblem(problem: Error): void;
  /** Milliseconds, monotonic; for tests. */
  now?: (() => number) | undefined;
}

export class WatchedFile<T> {
  readonly #options: WatchedFileOptions<T>;
  readonly #now: () => number;
  #content: T;
  #looked: number;
  #seen: string;

  /** @throws what `read` does: who may come in is then not known */
  constructor(options: WatchedFileOptions<T>) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#looked = this.#now();
    this.#seen = stateOf(options.path);
    this.#content = options.read(options.path);
  }

  /** What it says now: the same object while nothing changes. */
  get content(): T {
    const now = this.#now();
    if (now - this.#looked >= lookInterval) {
      this.#looked = now;
      this.#look();
    }
    return this.#content;
  }

  #look(): void {
    const { path, read, onProblem } = this.#options;
    const seen = stateOf(path);
    if (seen === this.#seen) return;
    this.#seen = seen;
    try {
      this.#content = read(path);
    } catch (error) {
      onProblem(error as Error);
    }
  }
}

/** What tells a changed file. */
function stateOf(path: string): string {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch {
    return 'none';
  }
  return `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}
