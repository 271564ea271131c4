/**
 * What a start finds of a log. Nothing is changed before all of it is read: a log of a newer release is left as it is.
 *
 * A segment's records end where the segments behind it say (`previousEnd`): what lies there beyond was never durable,
 * and is void. The last segment ends with its last whole frame. Of it, all but the last batch is known to be durable,
 * since a batch is only begun when the one before is synced; what a dead process had not synced may be in the system's
 * cache alone, and a sync that failed has perhaps told nobody. So the last batch is written anew, into the segment that
 * the new life begins with, and only then anything is removed.
 */
import { join } from 'node:path';
import type { ReadableFile, Storage } from '../storage';
import {
  beginsBatch,
  decodeHeader,
  encodeFrame,
  encodeHeader,
  frameBytes,
  headerBytes,
  type LogRecord,
  type Position,
  recognisedBytes,
  recordAt,
  type SegmentHeader,
  segmentName,
  segmentNumber,
  startsBatch,
  windowOf,
} from './format';
import { findFrame, frameAt } from './scan';
import type { Segment } from './segments';

export interface Recovered {
  /** In order; the last one is the new life's, and may hold none yet. */
  segments: Segment[];
  /** Bytes behind the last whole frame: of batches that were never acknowledged, or of damage at the very end. */
  cutBytes: number;
}

export interface RecoveryOptions {
  directory: string;
  storage: Storage;
  /** Wall milliseconds. */
  now: number;
  /** No position below may be given to a new record: a consumer is already there. */
  atLeast: Position;
}

interface Candidate {
  number: number;
  path: string;
  size: number;
  header?: SegmentHeader;
  first: Position;
  end: Position;
}

/** @throws SluiceError log-newer-version, or what the storage says; then nothing is lost, and it can be tried again. */
export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const { directory, storage } = options;
  await storage.makeDirectory(directory);
  const { candidates, unread, highest } = await survey(options);
  const last = candidates.at(-1);
  const tail = last && (await readTail(storage, last));
  boundEnds(candidates, tail?.batch[0]?.position ?? tail?.end ?? 0);
  const kept = candidates.filter(({ first, end }) => end > first);
  const begun = await begin(options, highest, kept.at(-1), last, tail);
  const segments = kept.map((candidate, index) => toSegment(candidate, kept[index + 1], options.now));
  const left = new Set(segments.map(({ path }) => path));
  for (const path of [...candidates.map(({ path }) => path), ...unread])
    if (!left.has(path)) await storage.discard(path);
  await storage.syncDirectory(directory);
  return { segments: [...segments, ...begun], cutBytes: tail?.cutBytes ?? 0 };
}

/** The segments, by number, and files that hold no record. */
async function survey({ directory, storage }: RecoveryOptions) {
  const candidates: Candidate[] = [];
  const unread: string[] = [];
  let highest = 0;
  const entries = await storage.list(directory);
  for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, name);
    if (/^\d{10}\.log\.next$/.test(name)) unread.push(path);
    const number = segmentNumber(name);
    if (number === undefined) continue;
    highest = Math.max(highest, number);
    const candidate = await examine(storage, path, number);
    if (candidate) candidates.push(candidate);
    else unread.push(path);
  }
  return { candidates, unread, highest };
}

async function examine(storage: Storage, path: string, number: number): Promise<Candidate | undefined> {
  const file = await storage.openForReading(path);
  try {
    const size = (await storage.status(path))?.size ?? 0;
    const header = decodeHeader(await file.read(0, recognisedBytes), path);
    if (header?.number === number)
      return { number, path, size, header, first: header.first, end: Number.MAX_SAFE_INTEGER };
    const search = {
      file,
      segment: number,
      limit: size,
      from: 0,
      below: Number.MAX_SAFE_INTEGER,
      batch: true,
    };
    const found = await findFrame(search, 0);
    return found && { number, path, size, first: found.position, end: Number.MAX_SAFE_INTEGER };
  } finally {
    await file.close();
  }
}

/** `end` is that of the last segment's known records. */
function boundEnds(candidates: Candidate[], end: Position): void {
  let bound = end;
  for (const candidate of [...candidates].reverse()) {
    candidate.end = Math.min(candidate.end, bound);
    bound = Math.min(bound, candidate.header?.previousEnd ?? candidate.first);
  }
}

interface Tail {
  /** Position behind the last whole frame. */
  end: Position;
  /** The records of the last batch. */
  batch: LogRecord[];
  cutBytes: number;
}

/** Walks through the last segment, over damage that lies before a later batch. */
async function readTail(storage: Storage, { path, number, size, first }: Candidate): Promise<Tail> {
  const file = await storage.openForReading(path);
  const tail: Tail = { end: first, batch: [], cutBytes: 0 };
  try {
    let offset = headerBytes;
    for (;;) {
      const walked = await walk(file, number, offset, size, tail);
      const search = { file, segment: number, limit: size, from: tail.end, below: Number.MAX_SAFE_INTEGER };
      const found = await findFrame({ ...search, batch: true }, walked);
      if (found === undefined) {
        tail.cutBytes = Math.max(0, size - walked);
        return tail;
      }
      offset = found.offset;
      tail.end = found.position;
    }
  } finally {
    await file.close();
  }
}

const windowBytes = 1 << 20;

/** Takes frames from `offset` on as long as they follow each other; returns where they end. */
async function walk(file: ReadableFile, segment: number, offset: number, size: number, tail: Tail) {
  let wanted = windowBytes;
  while (offset + frameBytes <= size) {
    const window = windowOf(await file.read(offset, Math.min(wanted, size - offset)), segment);
    let at = 0;
    let frame = frameAt(window, at, offset, size);
    for (; frame.good && frame.position === tail.end; frame = frameAt(window, at, offset, size)) {
      if (startsBatch(window, at)) tail.batch = [];
      tail.batch.push(recordAt(window, at, frame.length));
      tail.end++;
      at += frame.length;
    }
    offset += at;
    if (frame.good || frame.needs === undefined) return offset;
    wanted = Math.max(windowBytes, frame.needs);
  }
  return offset;
}

/**
 * What the new life begins with, whole and durable: a segment of the last batch, or of none; and when a consumer is
 * ahead of that, one of no records that begins where the consumer is.
 */
async function begin(
  { directory, storage, now, atLeast }: RecoveryOptions,
  highest: number,
  before: Candidate | undefined,
  last: Candidate | undefined,
  tail: Tail | undefined,
): Promise<Segment[]> {
  const batch = tail?.batch ?? [];
  const end = tail?.end ?? 0;
  const segments: Segment[] = [];
  const write = async (first: Position, previousEnd: Position, created: number, records: LogRecord[]) => {
    const number = highest + 1 + segments.length;
    const path = join(directory, segmentName(number));
    const bytes = encodeSegment({ number, first, previousEnd, created }, records);
    await storage.replace(path, bytes);
    const position = first + records.length;
    segments.push({ number, path, first, end: position, bytes: bytes.length, created, written: now });
  };
  const previousEnd = before?.end ?? batch[0]?.position ?? end;
  if (batch.length > 0) await write(batch[0]!.position, previousEnd, last?.header?.created ?? now, batch);
  if (batch.length === 0 || atLeast > end)
    await write(Math.max(end, atLeast), batch.length > 0 ? end : previousEnd, now, []);
  return segments;
}

export function encodeSegment(header: SegmentHeader, records: readonly LogRecord[]): Uint8Array {
  const size = records.reduce((sum, { bytes }) => sum + frameBytes + bytes.length, headerBytes);
  const into = windowOf(new Uint8Array(size), header.number);
  into.bytes.set(encodeHeader(header));
  let at = headerBytes;
  for (const [index, record] of records.entries())
    at = encodeFrame(into, at, header.number, header.first + index, record, index === 0 ? beginsBatch : 0);
  return into.bytes;
}

function toSegment(candidate: Candidate, next: Candidate | undefined, now: number): Segment {
  const { number, path, first, end, size, header } = candidate;
  const written = next?.header?.created ?? now;
  return { number, path, first, end, bytes: size, created: header?.created ?? written, written };
}
