/**
 * Appends records, durably, in batches: what arrives while one batch is being synced is the next.
 *
 * What holds:
 * - An append resolves when all its records are durable, and rejects when none of them was kept.
 * - Positions follow the order of the calls, and what was acknowledged is never moved or written over.
 * - A write that fails is cut off again, and that synced; where this fails too, or a sync did, nobody knows what the
 *   file holds behind what was acknowledged: the segment is given up, and the batch written anew to the next one.
 * - Rotation belongs to the writer alone. The next segment's entry is durable before it is needed, so that a rotation
 *   costs an append nothing; its header goes with the first batch.
 * - The queue is bounded. No reader is waited for.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { asError, SluiceError } from '../errors';
import type { Storage } from '../storage';
import {
  beginsBatch,
  encodeFrame,
  encodeHeader,
  frameBytes,
  headerBytes,
  longestRecord,
  type NewRecord,
  type Position,
  type Window,
  windowOf,
} from './format';
import { type OpenSegment, SpareSegment } from './open-segment';
import type { Segments } from './segments';

export interface WriterOptions {
  storage: Storage;
  directory: string;
  /** Bytes at which a segment is full. */
  segmentBytes: number;
  /** Bytes of a batch, about; a single append may be larger. */
  batchBytes: number;
  /** Bytes waiting above which `congested` asks for a pause. */
  congestedBytes: number;
  /** Bytes waiting at most; what would be more is refused. */
  queueBytes: number;
  /** Wall milliseconds. */
  wall(): number;
  onProblem(problem: Error): void;
}

interface Append {
  records: readonly NewRecord[];
  bytes: number;
  resolve(first: Position): void;
  reject(error: Error): void;
}

/** Segments that a batch is tried on before it is refused. */
const mostAttempts = 3;

export class LogWriter {
  /** Records and batches made durable, and batches refused. */
  readonly counters = { records: 0, batches: 0, failed: 0 };
  readonly #options: WriterOptions;
  readonly #segments: Segments;
  #queue: Append[] = [];
  #waiting = 0;
  #running?: Promise<void>;
  #relieved: (() => void)[] = [];
  #closed = false;
  /** undefined after one was given up. */
  #active?: OpenSegment;
  readonly #spare: SpareSegment;
  #staging: Window = windowOf(new Uint8Array(0), 0);

  constructor(options: WriterOptions, segments: Segments, nextNumber: number) {
    this.#options = options;
    this.#segments = segments;
    this.#spare = new SpareSegment(options.storage, options.directory, nextNumber);
  }

  /** Bytes that wait to become durable. */
  get waitingBytes(): number {
    return this.#waiting;
  }

  /** Whoever sends should wait for `relieved`. */
  get congested(): boolean {
    return this.#waiting > this.#options.congestedBytes;
  }

  /** Resolves when the queue is short again, or the log closed. */
  async relieved(): Promise<void> {
    while (this.congested && !this.#closed)
      await new Promise<void>((resolve) => {
        this.#relieved.push(resolve);
      });
  }

  /**
   * Resolves to the position of the first record when all are durable; the others follow it. The records must not
   * change until then.
   * @throws SluiceError log-congested, log-record-too-large, log-closed: before anything is done; log-write-failed:
   *   nothing was kept, the cause says why, and it may be tried again
   */
  append(records: readonly NewRecord[]): Promise<Position> {
    if (this.#closed) return Promise.reject(new SluiceError('log-closed', `${this.#name} is closed`));
    let bytes = 0;
    for (const record of records) {
      bytes += frameBytes + record.bytes.length;
      if (record.bytes.length > longestRecord) return Promise.reject(this.#tooLarge(record.bytes.length));
    }
    if (this.#waiting + bytes > this.#options.queueBytes && this.#waiting > 0)
      return Promise.reject(
        new SluiceError('log-congested', `${this.#waiting} bytes wait for ${this.#name}`, {
          data: { waiting: this.#waiting },
        }),
      );
    return new Promise((resolve, reject) => {
      this.#queue.push({ records, bytes, resolve, reject });
      this.#waiting += bytes;
      this.#running ??= this.#run();
    });
  }

  /** Refuses what comes from now on; resolves when what came before is settled. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#relieve();
    while (this.#running) await this.#running;
    await this.#spare.close();
    await this.#active?.close();
    this.#active = undefined;
  }

  get #name(): string {
    return `the log ${this.#options.directory}`;
  }

  #tooLarge(length: number): SluiceError {
    const sentence = `a record of ${length} bytes is more than the ${longestRecord} that ${this.#name} takes`;
    return new SluiceError('log-record-too-large', sentence, { data: { length, longest: longestRecord } });
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      // What all connections that are ready in one turn of the event loop have sent is one batch.
      await turn();
      const batch = this.#takeBatch();
      try {
        let position = await this.#write(batch);
        for (const { records, resolve } of batch) {
          resolve(position);
          position += records.length;
        }
      } catch (error) {
        this.counters.failed++;
        const sentence = `${this.#name} could not be written: ${asError(error).message}`;
        const problem = new SluiceError('log-write-failed', sentence, {
          path: this.#options.directory,
          cause: error,
        });
        for (const { reject } of batch) reject(problem);
      }
      for (const { bytes } of batch) this.#waiting -= bytes;
      if (!this.congested) this.#relieve();
    }
    this.#running = undefined;
  }

  #relieve(): void {
    for (const resolve of this.#relieved.splice(0)) resolve();
  }

  #takeBatch(): Append[] {
    let bytes = 0;
    let count = 0;
    while (
      count < this.#queue.length &&
      (count === 0 || bytes + this.#queue[count]!.bytes <= this.#options.batchBytes)
    )
      bytes += this.#queue[count++]!.bytes;
    return this.#queue.splice(0, count);
  }

  /** Resolves to the position of the batch's first record. */
  async #write(batch: readonly Append[]): Promise<Position> {
    const first = this.#segments.end;
    for (let attempt = 1; ; attempt++) {
      const segment = await this.#segmentToWrite();
      const { bytes, end } = this.#encode(batch, segment, first);
      try {
        await segment.file.append([bytes]);
      } catch (error) {
        if (!(await segment.cutBack())) await this.#giveUp(segment);
        throw error;
      }
      try {
        await segment.file.sync();
      } catch (error) {
        await this.#giveUp(segment);
        if (attempt === mostAttempts) throw error;
        this.#options.onProblem(asError(error));
        continue;
      }
      this.#commit(segment, first, end);
      return first;
    }
  }

  #commit(segment: OpenSegment, first: Position, end: Position): void {
    const { wall } = this.#options;
    const now = wall();
    const { size } = segment.file;
    if (segment.entry) this.#segments.grow(segment.entry, end, size, now);
    else {
      const { number, path } = segment;
      segment.entry = { number, path, first, end, bytes: size, created: now, written: now };
      this.#segments.add(segment.entry);
    }
    segment.good = size;
    this.counters.batches++;
    this.counters.records += end - first;
    this.#spare.prepare();
  }

  /** The active segment, or the next one when it is full and that is ready. */
  async #segmentToWrite(): Promise<OpenSegment> {
    const { segmentBytes } = this.#options;
    const active = this.#active;
    if (active !== undefined) {
      const full = active.good >= segmentBytes;
      if (!full || (!this.#spare.isReady && active.good < 2 * segmentBytes)) return active;
    }
    const next = await this.#spare.take();
    await active?.close();
    this.#active = next;
    return next;
  }

  async #giveUp(segment: OpenSegment): Promise<void> {
    this.#active = undefined;
    await segment.close();
    if (segment.entry === undefined) await this.#options.storage.remove(segment.path).catch(() => undefined);
  }

  #encode(
    batch: readonly Append[],
    segment: OpenSegment,
    first: Position,
  ): { bytes: Uint8Array; end: Position } {
    const header = segment.good === 0 ? headerBytes : 0;
    const size = batch.reduce((sum, { bytes }) => sum + bytes, header);
    const into = this.#stagingOf(size);
    if (header > 0) {
      const { number } = segment;
      into.bytes.set(
        encodeHeader({
          number,
          first,
          previousEnd: this.#segments.recordsEnd,
          created: this.#options.wall(),
        }),
      );
    }
    let at = header;
    let position = first;
    for (const { records } of batch)
      for (const record of records) {
        at = encodeFrame(into, at, segment.number, position, record, position === first ? beginsBatch : 0);
        position++;
      }
    return { bytes: into.bytes.subarray(0, at), end: position };
  }

  /** Bytes that are this batch's until it is settled; a large one's are let go behind it. */
  #stagingOf(size: number): Window {
    const usual = this.#options.batchBytes + headerBytes;
    if (size > usual) return windowOf(new Uint8Array(size), 0);
    if (this.#staging.bytes.length === 0) this.#staging = windowOf(new Uint8Array(usual), 0);
    return this.#staging;
  }
}
