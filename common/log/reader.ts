/**
 * Reads durable records by position, while the writer writes.
 *
 * What holds: records come in the order of their positions, each once; what cannot be read is noted as damage and
 * passed; the writer never waits. A reader is for one consumer: one `read` at a time.
 */
import { SluiceError } from '../errors';
import type { ReadableFile, Storage } from '../storage';
import type { DamageReport } from './damage';
import {
  frameBytes,
  headerBytes,
  type LogRecord,
  type Position,
  recordAt,
  type Window,
  windowOf,
} from './format';
import { findFrame, frameAt } from './scan';
import type { Segment, Segments } from './segments';

export interface LogBatch {
  /** Their bytes are views of one buffer: who keeps a single one for long copies it. */
  records: LogRecord[];
  /** Where the next `read` goes on. */
  next: Position;
}

/** Where in a segment the record of a position is, or would be. */
interface Place {
  segment: Segment;
  offset: number;
  position: Position;
}

const defaultBytes = 1 << 20;

export class LogReader {
  readonly #segments: Segments;
  readonly #storage: Storage;
  readonly #damage: DamageReport;
  readonly #onClose?: () => void;
  #open?: { segment: Segment; file: ReadableFile };
  /** Where the last two reads began and ended, for who goes on, or comes again. */
  #places: Place[] = [];

  constructor(segments: Segments, storage: Storage, damage: DamageReport, onClose?: () => void) {
    this.#onClose = onClose;
    this.#segments = segments;
    this.#storage = storage;
    this.#damage = damage;
  }

  /** Oldest position that can be read. */
  get first(): Position {
    return this.#segments.first;
  }

  /** Position of the next record that will become durable. */
  get end(): Position {
    return this.#segments.end;
  }

  /**
   * Durable records from `from` on, about `maxBytes` of them, at least one when there is one. None: the end is reached.
   * @throws SluiceError log-position-gone, log-position-ahead; or what the storage says, and then it can be asked again
   */
  async read(from: Position, { maxBytes = defaultBytes } = {}): Promise<LogBatch> {
    this.#check(from);
    let position = from;
    for (;;) {
      const segment = this.#segments.at(position);
      if (segment === undefined) return { records: [], next: position };
      position = Math.max(position, segment.first);
      const batch = await this.#readSegment(segment, position, Math.max(maxBytes, frameBytes));
      if (batch.records.length > 0) return batch;
      position = batch.next;
    }
  }

  /** Resolves to true when there is a durable record at `position` or behind, to false when the log closes or `signal` says so. */
  async waitFor(position: Position, signal?: AbortSignal): Promise<boolean> {
    while (this.#segments.end <= position) {
      if (this.#segments.closed || signal?.aborted) return false;
      await this.#segments.changed(signal);
    }
    return true;
  }

  async close(): Promise<void> {
    this.#onClose?.();
    await this.#closeFile();
  }

  async #closeFile(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.file.close();
  }

  #check(from: Position): void {
    const { first, end } = this.#segments;
    if (from >= first && from <= end) return;
    const data = { from, first, end };
    if (from < first)
      throw new SluiceError('log-position-gone', `position ${from} is trimmed, the oldest is ${first}`, {
        data,
      });
    throw new SluiceError('log-position-ahead', `position ${from} is behind the log's end at ${end}`, {
      data,
    });
  }

  async #readSegment(segment: Segment, from: Position, maxBytes: number): Promise<LogBatch> {
    let place = this.#placeOf(segment, from);
    const { end } = segment;
    let limit = segment.bytes;
    const file = await this.#fileOf(segment);
    let wanted = maxBytes;
    while (place.position < end) {
      if (file === undefined) return this.#missing(place, from, end);
      const asked = Math.max(0, Math.min(wanted, limit - place.offset));
      const window = windowOf(await file.read(place.offset, asked), segment.number);
      // Somebody has cut the file.
      if (window.bytes.length < asked) limit = place.offset + window.bytes.length;
      const { records, at, stopped } = takeFrames(window, place, from, end, limit);
      if (records.length > 0) {
        const begin = { segment, offset: place.offset + at.first, position: records[0]!.position };
        const next = { segment, offset: place.offset + at.end, position: records.at(-1)!.position + 1 };
        this.#places = [begin, next];
        return { records, next: next.position };
      }
      place = { segment, offset: place.offset + at.end, position: at.position };
      wanted = maxBytes;
      if (stopped === 'bad') {
        const found = await findFrame(
          { file, segment: segment.number, limit, from: place.position, below: end },
          place.offset,
        );
        if (found === undefined) return this.#missing(place, from, end);
        this.#note(place, from, found.position);
        place = { segment, ...found };
      } else if (stopped !== undefined) wanted = Math.max(maxBytes, stopped);
    }
    return { records: [], next: end };
  }

  /** Nothing more of the segment can be read. */
  #missing(place: Place, from: Position, end: Position): LogBatch {
    this.#note(place, from, end);
    return { records: [], next: end };
  }

  #note({ segment, offset, position }: Place, from: Position, next: Position): void {
    const first = Math.max(position, from);
    if (first < next) this.#damage.note({ path: segment.path, offset, first, next });
  }

  #placeOf(segment: Segment, position: Position): Place {
    const known = this.#places.find((place) => place.segment === segment && place.position === position);
    return known ?? { segment, offset: headerBytes, position: segment.first };
  }

  /** undefined when somebody removed the file. */
  async #fileOf(segment: Segment): Promise<ReadableFile | undefined> {
    if (this.#open?.segment === segment) return this.#open.file;
    await this.#closeFile();
    try {
      const file = await this.#storage.openForReading(segment.path);
      this.#open = { segment, file };
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

interface Taken {
  records: LogRecord[];
  /** In the window: where the first record begins, where the last frame ends, and the position expected there. */
  at: { first: number; end: number; position: Position };
  /** Why it ended before the window's end: nothing good there, or a frame that needs so many bytes. */
  stopped?: 'bad' | number;
}

/** The frames of a window that follow each other from `place`; those below `from` are passed. */
function takeFrames(window: Window, place: Place, from: Position, end: Position, limit: number): Taken {
  const records: LogRecord[] = [];
  const at = { first: 0, end: 0, position: place.position };
  while (at.position < end) {
    const frame = frameAt(window, at.end, place.offset, limit);
    if (!frame.good && frame.needs !== undefined) return { records, at, stopped: frame.needs };
    if (!frame.good || frame.position !== at.position) return { records, at, stopped: 'bad' };
    if (at.position >= from) {
      if (records.length === 0) at.first = at.end;
      records.push(recordAt(window, at.end, frame.length));
    }
    at.end += frame.length;
    at.position++;
  }
  return { records, at };
}
