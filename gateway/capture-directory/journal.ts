/**
 * The journal: what is acknowledged is in here first. One file and one fsync for every stream of every part,
 * so that a thousand parts cost no more syncs than one. Its blocks move to the capture files at leisure; a
 * checkpoint then starts the next journal.
 *
 * What comes in: entries, in batches. What goes out: after a crash, the entries of every whole batch.
 * What holds: a batch that resolved is on the disk; one that rejected left nothing behind.
 *
 * Record, little endian: u32 length of the payload | u8 kind | payload | u32 CRC-32 of all before.
 */

import type { CaptureFileMetadata } from '../../modules/block/file';
import { crc32 } from '../../modules/block/file';
import type { Storage, StorageFile } from './storage';

/** Why a file left the capture directory. */
export type RemovalCause = 'uploaded' | 'set-aside' | 'deleted';

/** `id` is the directory's own number of a stream. */
export type JournalEntry =
  | { kind: 'stream'; id: number; metadata: CaptureFileMetadata }
  | JournalBlock
  | { kind: 'gap'; id: number; next: number }
  | Removed
  | { kind: 'over'; id: number };

/** A block with its mapping to wall time; `end` is the wall time of its last reading. */
export interface JournalBlock {
  kind: 'block';
  id: number;
  sequence: number;
  readings: number;
  known: boolean;
  offset: number;
  end: number;
  bytes: Uint8Array;
}

/** A capture file has left; `key` is its path within the directory. */
export interface Removed {
  kind: 'removed';
  metadata: CaptureFileMetadata;
  first: number;
  next: number;
  blocks: number;
  readings: number;
  cause: RemovalCause;
  key: string;
}

const kinds = ['stream', 'block', 'gap', 'removed', 'over'] as const;
const frame = 9;
const blockFixed = 29;
const longestPayload = 1 << 20;

export function encodeEntry(entry: JournalEntry): Uint8Array {
  const payload =
    entry.kind === 'block' ? encodeBlock(entry) : new TextEncoder().encode(JSON.stringify(entry));
  const record = new Uint8Array(frame + payload.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint8(4, kinds.indexOf(entry.kind));
  record.set(payload, 5);
  view.setUint32(5 + payload.length, crc32(record, 0, 5 + payload.length), true);
  return record;
}

function encodeBlock(entry: JournalBlock): Uint8Array {
  const payload = new Uint8Array(blockFixed + entry.bytes.length);
  const view = new DataView(payload.buffer);
  view.setUint32(0, entry.id, true);
  view.setUint32(4, entry.sequence, true);
  view.setUint32(8, entry.readings, true);
  view.setUint8(12, entry.known ? 1 : 0);
  view.setFloat64(13, entry.offset, true);
  view.setFloat64(21, entry.end, true);
  payload.set(entry.bytes, blockFixed);
  return payload;
}

function decodeBlock(payload: Uint8Array): JournalBlock {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return {
    kind: 'block',
    id: view.getUint32(0, true),
    sequence: view.getUint32(4, true),
    readings: view.getUint32(8, true),
    known: view.getUint8(12) === 1,
    offset: view.getFloat64(13, true),
    end: view.getFloat64(21, true),
    bytes: payload.slice(blockFixed),
  };
}

/** The entries of a journal up to its first record that is not whole. */
export function* readJournal(bytes: Uint8Array): Generator<JournalEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  while (offset + frame <= bytes.length) {
    const length = view.getUint32(offset, true);
    const end = offset + 5 + length;
    if (length > longestPayload || end + 4 > bytes.length) return;
    if (view.getUint32(end, true) !== crc32(bytes, offset, end)) return;
    const kind = kinds[view.getUint8(offset + 4)];
    const payload = bytes.subarray(offset + 5, end);
    if (kind === 'block' && payload.length >= blockFixed) yield decodeBlock(payload);
    else if (kind !== undefined) yield JSON.parse(new TextDecoder().decode(payload)) as JournalEntry;
    offset = end + 4;
  }
}

/** An open journal file of one generation. */
export class Journal {
  private file?: StorageFile;
  /** Bytes of the batches that are whole. */
  private good = 0;

  constructor(
    private readonly storage: Storage,
    readonly path: string,
  ) {}

  get size(): number {
    return this.good;
  }

  async open(): Promise<void> {
    this.file = await this.storage.open(this.path);
    this.good = this.file.size;
  }

  /** Resolves when the records are on the disk. Rejects when they are not, and then none of them is. */
  async write(records: Uint8Array[]): Promise<void> {
    const file = this.file;
    if (file === undefined) throw new Error('the journal is not open');
    // What a failed batch left must be gone before the next: a reader stops at the first torn record.
    if (file.size !== this.good) await file.truncate(this.good);
    try {
      await file.append(records);
      await file.sync();
    } catch (error) {
      await file.truncate(this.good).catch(() => undefined);
      throw error;
    }
    this.good = file.size;
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }
}
