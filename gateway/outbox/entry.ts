/**
 * What the outbox appends to its log: each record is one entry. A block's is binary, any other's is JSON in UTF-8.
 *
 *   block, little endian: u32 stream's id | u32 sequence | u32 readings | u8 wall time known | f64 offset, ms |
 *                         f64 wall time of its last reading, ms | block
 */
import type { WallMilliseconds } from '@sluice/common/clock';
import type { LogRecord, NewRecord } from '@sluice/common/log';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { CollectorName, Fate } from './account';

/** `id` is the outbox's own number of a stream. */
export type Entry =
  | { kind: 'stream'; id: number; metadata: CaptureFileMetadata }
  | BlockEntry
  | GapEntry
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

/** A binary or an adopted file has arrived: its file is durable. */
export interface ItemEntry {
  kind: 'item';
  item: BinaryReference | FileReference;
}

/** A stream's watermark has moved on without blocks; `end` and `offset` of what another capture directory had of it. */
export interface GapEntry {
  kind: 'gap';
  id: number;
  next: number;
  /** Wall milliseconds. */
  end?: WallMilliseconds;
  offset?: number;
}

interface Reference {
  /** Path within the capture directory; of a file that was adopted, its absolute path. */
  key: string;
  bytes: number;
  /** What it counts for: a binary or an adopted file is one block of one reading. */
  blocks: number;
  readings: number;
  /** Wall milliseconds. */
  begun: WallMilliseconds;
}

/** A capture file. */
export interface BlocksReference extends Reference {
  type: 'blocks';
  metadata: CaptureFileMetadata;
  /** Sequence numbers of its blocks: the first, and one above the last. */
  first: number;
  next: number;
}

/** An image, a point cloud: what a capture method gives that is no row. */
export interface BinaryReference extends Reference {
  type: 'binary';
  /** In all the world. */
  name: string;
  metadata: BinaryMetadata;
  /** Bytes of its file before the payload. */
  head: number;
}

/** A file that stays where its owner has it until it is delivered. */
export interface FileReference extends Reference {
  type: 'file';
  /** In all the world; the same path with other contents is another item of another name. */
  name: string;
  metadata: FileMetadata;
  /** Wall milliseconds of its last change; with its size it says whether the file is still the same. */
  modified: WallMilliseconds;
}

/** Names an item, and what it counts for. */
export type ItemReference = BlocksReference | BinaryReference | FileReference;

export interface BinaryMetadata extends CollectorName {
  /** Wall milliseconds at which the payload was asked for, and had. */
  requested: WallMilliseconds;
  received: WallMilliseconds;
  /** `image/jpeg`; left out: unknown. */
  mimeType?: string;
  /** With its dot, `.jpeg`; empty: none. */
  extension: string;
  tags: string[];
  datasets?: string[];
  retention?: CaptureFileMetadata['retention'];
  /** Which of several that came together, as `color` of a camera's images. */
  source?: string;
  /** What was seen in it, as Viam's `Annotations` in JSON. */
  annotations?: object;
}

export interface FileMetadata extends CollectorName {
  /** As its destination is told: the path below the directory that is synced. */
  fileName: string;
  extension: string;
  tags: string[];
  datasets?: string[];
}

/**
 * What becomes of a file that every destination has settled. `failed-removed`: set aside before, it goes for good;
 * `left`: it stays with its owner, as it has changed.
 */
export type End = 'removed' | 'failed' | 'failed-removed' | 'left';

/** What has become of an item. */
export interface SettledEntry {
  kind: 'settled';
  item: ItemReference;
  /** Left out: for every destination that had not settled it. */
  destination?: string;
  fate: Fate | 'released';
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

/** Whether capture files have to do with it. */
export function isOfFiles({ kind }: LogRecord): boolean {
  return kind === kinds.stream || kind === kinds.block || kind === kinds.over;
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
