/** A log: its writer, its readers, its cursors, and trimming, over one ledger of segments. */
import { join } from 'node:path';
import { NodeStorage, type Storage } from '../storage';
import { Cursor, CursorFiles } from './cursor';
import { DamageReport } from './damage';
import type { Position } from './format';
import { LogReader } from './reader';
import { recover } from './recovery';
import { type Segment, Segments } from './segments';
import { LogWriter } from './writer';

export interface LogOptions {
  /** Absolute path, of this log alone; made when it does not exist. Its owner holds the lock of it. */
  directory: string;
  storage?: Storage;
  /** Bytes at which a segment is full; trimming frees whole segments. Default 16 MiB. */
  segmentBytes?: number;
  /** Bytes of a batch, about. Default 1 MiB. */
  batchBytes?: number;
  /** Bytes waiting above which the writer is congested. Default 4 MiB. */
  congestedBytes?: number;
  /** Bytes waiting at most. Default 16 MiB. */
  queueBytes?: number;
  /** Wall milliseconds. */
  wall?: () => number;
  /** The furthest position that a consumer keeps in its own store: no new record gets a position below. */
  atLeast?: Position;
  /** Told of damage, and of failures that were overcome; nothing acknowledged is lost without it. */
  onProblem?(problem: Error): void;
}

const cursorName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export class Log {
  readonly writer: LogWriter;
  /** Bytes behind the last whole record that the start left out: never acknowledged, or damaged at the very end. */
  readonly cutBytes: number;
  readonly #segments: Segments;
  readonly #storage: Storage;
  readonly #directory: string;
  readonly #damage: DamageReport;
  readonly #cursorFiles: CursorFiles;
  readonly #wall: () => number;
  readonly #readers = new Set<LogReader>();
  /** Also those with a file that nobody has opened in this life. */
  readonly #cursors: Map<string, Cursor>;
  /** Trimmed, and not yet known to be removed. */
  readonly #leaving: Segment[] = [];
  #trimming: Promise<unknown> = Promise.resolve();

  private constructor(parts: {
    options: LogOptions;
    storage: Storage;
    wall: () => number;
    segments: Segments;
    damage: DamageReport;
    cursorFiles: CursorFiles;
    cursors: Map<string, Cursor>;
    cutBytes: number;
    onProblem(problem: Error): void;
  }) {
    const { options, storage, segments, wall, onProblem } = parts;
    const { directory } = options;
    this.#segments = segments;
    this.#storage = storage;
    this.#directory = directory;
    this.#damage = parts.damage;
    this.#cursorFiles = parts.cursorFiles;
    this.#cursors = parts.cursors;
    this.#wall = wall;
    this.cutBytes = parts.cutBytes;
    const {
      segmentBytes = 16 << 20,
      batchBytes = 1 << 20,
      congestedBytes = 4 << 20,
      queueBytes = 16 << 20,
    } = options;
    const limits = { segmentBytes, batchBytes, congestedBytes, queueBytes };
    const next = segments.list.at(-1)!.number + 1;
    this.writer = new LogWriter({ storage, directory, ...limits, wall, onProblem }, segments, next);
  }

  /** Recovers what is there. @throws SluiceError log-newer-version, or what the storage says */
  static async open(options: LogOptions): Promise<Log> {
    const { directory, storage = new NodeStorage(), wall = Date.now, onProblem = () => undefined } = options;
    const cursorFiles = new CursorFiles(storage, join(directory, 'cursors'));
    await storage.makeDirectory(directory);
    const positions = await cursorFiles.load(onProblem);
    const known = [...positions.values()].filter((position) => position !== undefined);
    const atLeast = Math.max(options.atLeast ?? 0, ...known);
    const { segments: found, cutBytes } = await recover({ directory, storage, now: wall(), atLeast });
    const segments = new Segments();
    for (const segment of found) segments.add(segment);
    const damage = new DamageReport(onProblem);
    const cursors = new Map<string, Cursor>();
    for (const [name, position] of positions)
      cursors.set(name, fileCursor(name, segments, Math.max(position ?? 0, segments.first), cursorFiles));
    return new Log({ options, storage, wall, segments, damage, cursorFiles, cursors, cutBytes, onProblem });
  }

  /** Oldest position that can be read. */
  get first(): Position {
    return this.#segments.first;
  }

  /** Position of the next record. */
  get end(): Position {
    return this.#segments.end;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#segments.bytes;
  }

  /** Milliseconds since the oldest record was written; 0 when there is none. */
  get age(): number {
    const written = this.#segments.timeOf(this.first);
    return written === undefined ? 0 : Math.max(0, this.#wall() - written);
  }

  /** Records that were durable and could not be read. */
  get damagedRecords(): number {
    return this.#damage.records;
  }

  get cursors(): readonly Cursor[] {
    return [...this.#cursors.values()];
  }

  /** For one consumer, which closes it. */
  reader(): LogReader {
    const reader = new LogReader(this.#segments, this.#storage, this.#damage, () =>
      this.#readers.delete(reader),
    );
    this.#readers.add(reader);
    return reader;
  }

  /** The cursor of that name; a new one begins at `start` (default: the oldest record), durably. */
  async openCursor(name: string, start: 'oldest' | 'end' = 'oldest'): Promise<Cursor> {
    const known = this.#cursors.get(name);
    if (known !== undefined) return known;
    checkName(name);
    const cursor = fileCursor(
      name,
      this.#segments,
      start === 'end' ? this.end : this.first,
      this.#cursorFiles,
    );
    this.#cursors.set(name, cursor);
    try {
      await this.#cursorFiles.store(name, cursor.position);
    } catch (error) {
      this.#cursors.delete(name);
      throw error;
    }
    return cursor;
  }

  /** A cursor whose position the consumer keeps itself: trimming stays behind it in this life. */
  attachCursor(name: string, position: Position): Cursor {
    checkName(name);
    const cursor = new Cursor(name, this.#segments, position);
    this.#cursors.set(name, cursor);
    return cursor;
  }

  /** The consumer is given up: the log no longer waits for it. */
  async dropCursor(name: string): Promise<void> {
    const cursor = this.#cursors.get(name);
    if (cursor === undefined) return;
    if (cursor.hasFile) await this.#cursorFiles.remove(name);
    this.#cursors.delete(name);
  }

  /**
   * Removes whole segments that end at `before` or below, and that every cursor is behind. Resolves to the number of
   * bytes. A removal that the power takes back is harmless: the segment is removed again.
   */
  trim(before: Position = Number.POSITIVE_INFINITY): Promise<number> {
    const trimmed = this.#trimming.then(() => this.#trim(before));
    this.#trimming = trimmed.catch(() => undefined);
    return trimmed;
  }

  async close(): Promise<void> {
    await this.writer.close();
    this.#segments.close();
    await this.#trimming;
    await Promise.all([...this.#readers].map((reader) => reader.close()));
  }

  async #trim(before: Position): Promise<number> {
    const list = () => this.#segments.list;
    const limit = Math.min(before, ...this.cursors.map(({ durable }) => durable));
    // The last segment stays: it holds the position that the log goes on with.
    while (list().length > 1 && list()[0]!.end <= limit) this.#leaving.push(this.#segments.dropOldest());
    let bytes = 0;
    for (let segment = this.#leaving[0]; segment !== undefined; segment = this.#leaving[0]) {
      await this.#storage.discard(segment.path);
      // One after another: what a power cut brings back is never older than what it does not.
      await this.#storage.syncDirectory(this.#directory);
      this.#leaving.shift();
      this.#damage.forget(segment.path);
      bytes += segment.bytes;
    }
    return bytes;
  }
}

function fileCursor(name: string, segments: Segments, position: Position, files: CursorFiles): Cursor {
  return new Cursor(name, segments, position, (to) => files.store(name, to));
}

function checkName(name: string): void {
  if (!cursorName.test(name)) throw new RangeError(`'${name}' is no name of a cursor`);
}
