/**
 * The outbox's writer: entries, durable in the order in which they came.
 *
 * What holds: an entry is applied once it is durable; when a batch fails, so does everything behind it, as blocks of a
 * stream must not have gaps. It waits for nothing but the log.
 */
import type { Log, NewRecord, Position } from '@sluice/common/log';
import { type Entry, encodeEntry } from './entry';

interface Queued {
  entry: Entry;
  record: NewRecord;
  resolve?(): void;
  reject?(error: Error): void;
}

export interface WriterOptions {
  log: Log;
  /** Bytes of a batch, about. */
  batchBytes: number;
  /** In order, when they are durable; the log then ends at `applied`. */
  apply(entries: Entry[]): void;
  /** Nothing of these was kept. */
  lost(entries: Entry[], error: Error): void;
}

export class OutboxWriter {
  /** Bytes that are not durable yet. */
  pending = 0;
  /** Bytes made durable so far. */
  written = 0;
  /** Entries below it are applied, and no others. */
  applied: Position;
  readonly #options: WriterOptions;
  #queue: Queued[] = [];
  #running?: Promise<void>;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.applied = options.log.end;
  }

  enqueue(entry: Entry, resolve?: () => void, reject?: (error: Error) => void): void {
    const record = encodeEntry(entry);
    this.pending += record.bytes.length;
    this.#queue.push({ entry, record, resolve, reject });
    this.#running ??= this.#run();
  }

  /** Resolves when the entry is durable and applied. */
  commit(entry: Entry): Promise<void> {
    return new Promise((resolve, reject) => this.enqueue(entry, resolve, reject));
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Everything that came while one batch was being synced makes the next one. */
  async #run(): Promise<void> {
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      try {
        const first = await this.#options.log.writer.append(batch.map(({ record }) => record));
        this.applied = first + batch.length;
      } catch (error) {
        this.#fail([...batch, ...this.#queue.splice(0)], error as Error);
        continue;
      }
      const bytes = batch.reduce((sum, { record }) => sum + record.bytes.length, 0);
      this.pending -= bytes;
      this.written += bytes;
      this.#options.apply(batch.map(({ entry }) => entry));
      for (const { resolve } of batch) resolve?.();
    }
    this.#running = undefined;
  }

  #takeBatch(): Queued[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && (count === 0 || bytes < this.#options.batchBytes))
      bytes += this.#queue[count++]!.record.bytes.length;
    return this.#queue.splice(0, count);
  }

  #fail(lost: Queued[], error: Error): void {
    for (const { record } of lost) this.pending -= record.bytes.length;
    this.#options.lost(
      lost.map(({ entry }) => entry),
      error,
    );
    for (const { reject } of lost) reject?.(error);
  }
}
