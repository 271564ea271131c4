/**
 * What the outbox appends to its log: each record is one entry. A block's is binary, any other's is JSON in UTF-8.
 *
 *   block, little endian: u32 stream's id | u32 sequence | u32 readings | u8 wall time known | f64 offset, ms |
 *                         f64 wall time of its last reading, ms | block
 */
import type { LogRecord, NewRecord } from '@sluice/common/log';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { Fate } from './account';

/** `id` is the outbox's own number of a stream. */
export type Entry =
  | { kind: 'stream'; id: number; metadata: CaptureFileMetadata }
  | BlockEntry
  | { kind: 'gap'; id: number; next: number }
  | { kind: 'over'; id: number }
  | ItemEntry
  | SettledEntry;

/** A block with its mapping to wall time; `end` is the wall time of its last reading. */
export interface BlockEntry {
  kind: 'block';
  id: number;
  sequence: number;
  readings: number;
  known: boolean;
  offset: number;
  end: number;
  bytes: Uint8Array;
}

/** An item that is no capture file of blocks has arrived: it is durable under the name `arrival`, or where it always was. */
export interface ItemEntry {
  kind: 'item';
  item: ItemReference;
  arrival?: string;
}

/** Names an item, and what it counts for. */
export interface ItemReference {
  type: 'blocks' | 'binary' | 'file';
  /** Path within the capture directory; of a file that was adopted, its absolute path. */
  key: string;
  metadata: CaptureFileMetadata;
  /** Sequence numbers of its blocks: the first, and one above the last. */
  first: number;
  next: number;
  blocks: number;
  readings: number;
  bytes: number;
  /** Wall milliseconds. */
  begun: number;
}

/** What becomes of a file that every destination has settled; `failed-removed`: set aside before, it goes for good. */
export type End = 'removed' | 'failed' | 'failed-removed';

/** What has become of an item. */
export interface SettledEntry {
  kind: 'settled';
  item: ItemReference;
  /** Left out: for every destination that had not settled it. */
  destination?: string;
  fate: Fate;
  /** What becomes of the file now that all have settled it; left out: some have not. */
  end?: End;
}

const kinds = { stream: 1, block: 2, gap: 3, over: 4, item: 5, settled: 6 } as const;
const names = new Map<number, Entry['kind']>(
  Object.entries(kinds).map(([name, kind]) => [kind, name as Entry['kind']]),
);
const blockHead = 29;

export function encodeEntry(entry: Entry): NewRecord {
  const bytes = entry.kind === 'block' ? encodeBlock(entry) : new TextEncoder().encode(JSON.stringify(entry));
  return { kind: kinds[entry.kind], bytes };
}

/** A block's bytes are a view of the record's. @throws RangeError of a record that is no entry */
export function decodeEntry({ kind, bytes, position }: LogRecord): Entry {
  const name = names.get(kind);
  if (name === 'block' && bytes.length >= blockHead) return decodeBlock(bytes);
  if (name === undefined || name === 'block') throw new RangeError(`record ${position} is of kind ${kind}`);
  return JSON.parse(new TextDecoder().decode(bytes)) as Entry;
}

function encodeBlock(entry: BlockEntry): Uint8Array {
  const bytes = new Uint8Array(blockHead + entry.bytes.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, entry.id, true);
  view.setUint32(4, entry.sequence, true);
  view.setUint32(8, entry.readings, true);
  view.setUint8(12, entry.known ? 1 : 0);
  view.setFloat64(13, entry.offset, true);
  view.setFloat64(21, entry.end, true);
  bytes.set(entry.bytes, blockHead);
  return bytes;
}

function decodeBlock(bytes: Uint8Array): BlockEntry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    kind: 'block',
    id: view.getUint32(0, true),
    sequence: view.getUint32(4, true),
    readings: view.getUint32(8, true),
    known: view.getUint8(12) === 1,
    offset: view.getFloat64(13, true),
    end: view.getFloat64(21, true),
    bytes: bytes.subarray(blockHead),
  };
}
