/**
 * The capture file: blocks of one stream of one boot on a disk, behind a head that says whose they are.
 *
 * What comes in: metadata, then blocks as they came over the link, each with its mapping to wall time.
 * What goes out: the same, up to the last whole record. What holds: reading is total; a torn or rubbed-out
 * tail is reported and never returned as data. Pure code over bytes, shared by gateway and cloud.
 *
 * Layout, little endian:
 *   head    magic "SLUICE-1" | u32 length of the metadata | metadata, JSON in UTF-8 | u32 CRC-32 of the head
 *   record  u32 length of the block | u32 sequence | u32 readings | u8 flags (1: wall time unknown) |
 *           f64 clock offset, ms (wall = monotonic + offset) | block | u32 CRC-32 of the record
 */

import { bootText } from './boot-text';

/** How the stamps of a block become wall time: `wall = monotonic + offset`, milliseconds. */
export interface WallMapping {
  /** False: the boot never knew the time; `offset` is 0. */
  known: boolean;
  offset: number;
}

export interface CaptureFileMetadata {
  part: string;
  boot: { counter: number; random: number };
  stream: number;
  /** The part itself, or the main part that configured the capture. */
  owner: 'part' | 'main';
  resource: string;
  method: string;
  parameters: Record<string, string>;
  kind: 'integer' | 'boolean' | 'double' | 'record';
  /** Milliseconds, exact. */
  period: { numerator: number; denominator: number };
  /** What a raw count stands for: value = min + count × step. */
  range?: { min: number; max: number; step: number; unit: string };
  tags: string[];
  retention?: { days?: number; binaryLimitGb?: number; tabularLimitGb?: number };
  /** Whether deleting the part in the cloud deletes what it captured; told with what is delivered. */
  deleteDataOnPartDeletion?: boolean;
}

/** A block in a capture file. `bytes` is a view of the file's bytes. */
export interface CapturedBlock {
  sequence: number;
  readings: number;
  mapping: WallMapping;
  bytes: Uint8Array;
}

export interface CaptureFileContents {
  metadata: CaptureFileMetadata;
  blocks: CapturedBlock[];
  /** Bytes up to the end of the last whole record. */
  end: number;
  /** Set when the file does not end there. */
  torn?: { offset: number; reason: 'truncated' | 'check' };
}

export type CaptureFileErrorCode = 'not-a-capture-file' | 'newer-version' | 'truncated-head' | 'damaged-head';

/** A file whose head cannot be read; `offset` is where. */
export class CaptureFileError extends Error {
  constructor(
    readonly code: CaptureFileErrorCode,
    readonly offset: number,
  ) {
    super(
      code === 'newer-version'
        ? 'the capture file was written by a newer release, and is read by that one or a later one'
        : `${code} at byte ${offset}`,
    );
  }
}

/** Bytes of a capture file at most: what the cloud's block door takes. */
export const largestCaptureFile = 1_048_576;

export const captureFileMagic = 'SLUICE-1';
export const completeExtension = '.sluice';
export const openExtension = '.prog';

const headFixed = 12;
const recordHead = 21;
const checkBytes = 4;
const longestMetadata = 65_536;
const longestBlock = 65_536;

/** Bytes which a record adds to its block. */
export const recordOverhead = recordHead + checkBytes;

/** A block's name in all the world: `<part>/<boot>/<stream>/<sequence>`. */
export type BlockName = string & { readonly names?: 'block' };
/** A stream's, with which its blocks' names begin: `<part>/<boot>/<stream>`. */
export type StreamName = string & { readonly names?: 'stream' };

export function blockName(metadata: CaptureFileMetadata, sequence: number): BlockName {
  return `${streamName(metadata)}/${sequence}`;
}

export function streamName({ part, boot, stream }: CaptureFileMetadata): StreamName {
  return `${part}/${bootText(boot)}/${stream}`;
}

/** @throws RangeError when the metadata is longer than 65,536 bytes of JSON. */
export function encodeHead(metadata: CaptureFileMetadata): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(metadata));
  if (json.length > longestMetadata) throw new RangeError(`metadata of ${json.length} bytes`);
  const head = new Uint8Array(headFixed + json.length + checkBytes);
  for (let i = 0; i < 8; i++) head[i] = captureFileMagic.charCodeAt(i);
  const view = new DataView(head.buffer);
  view.setUint32(8, json.length, true);
  head.set(json, headFixed);
  view.setUint32(headFixed + json.length, crc32(head, 0, headFixed + json.length), true);
  return head;
}

export function encodeRecord(block: CapturedBlock): Uint8Array {
  const { bytes } = block;
  const record = new Uint8Array(recordOverhead + bytes.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, block.sequence, true);
  view.setUint32(8, block.readings, true);
  view.setUint8(12, block.mapping.known ? 0 : 1);
  view.setFloat64(13, block.mapping.offset, true);
  record.set(bytes, recordHead);
  const end = recordHead + bytes.length;
  view.setUint32(end, crc32(record, 0, end), true);
  return record;
}

/** Whether these first bytes of a file are ours; 8 bytes suffice. */
export function isCaptureFile(bytes: Uint8Array): boolean {
  if (bytes.length < captureFileMagic.length) return false;
  for (let i = 0; i < captureFileMagic.length; i++)
    if (bytes[i] !== captureFileMagic.charCodeAt(i)) return false;
  return true;
}

/** Whether they are of a capture file whose version is higher: the magic's last character. */
function isNewer(bytes: Uint8Array): boolean {
  const last = captureFileMagic.length - 1;
  for (let i = 0; i < last; i++) if (bytes[i] !== captureFileMagic.charCodeAt(i)) return false;
  return bytes.length > last && bytes[last]! > captureFileMagic.charCodeAt(last) && bytes[last]! <= 0x39;
}

/** Reads the head alone. @throws CaptureFileError */
export function readHead(bytes: Uint8Array): { metadata: CaptureFileMetadata; end: number } {
  if (!isCaptureFile(bytes))
    throw new CaptureFileError(isNewer(bytes) ? 'newer-version' : 'not-a-capture-file', 0);
  if (bytes.length < headFixed) throw new CaptureFileError('truncated-head', bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(8, true);
  if (length > longestMetadata) throw new CaptureFileError('damaged-head', 8);
  const end = headFixed + length;
  if (bytes.length < end + checkBytes) throw new CaptureFileError('truncated-head', bytes.length);
  if (view.getUint32(end, true) !== crc32(bytes, 0, end)) throw new CaptureFileError('damaged-head', end);
  const metadata = JSON.parse(
    new TextDecoder().decode(bytes.subarray(headFixed, end)),
  ) as CaptureFileMetadata;
  return { metadata, end: end + checkBytes };
}

/** Reads a whole file. Never throws for a torn or damaged tail: see `torn`. @throws CaptureFileError */
export function readCaptureFile(bytes: Uint8Array): CaptureFileContents {
  const { metadata, end: start } = readHead(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: CapturedBlock[] = [];
  let offset = start;
  while (offset < bytes.length) {
    const torn = (reason: 'truncated' | 'check') => ({
      metadata,
      blocks,
      end: offset,
      torn: { offset, reason },
    });
    if (bytes.length - offset < recordOverhead) return torn('truncated');
    const length = view.getUint32(offset, true);
    if (length > longestBlock) return torn('check');
    const end = offset + recordHead + length;
    if (bytes.length < end + checkBytes) return torn('truncated');
    if (view.getUint32(end, true) !== crc32(bytes, offset, end)) return torn('check');
    blocks.push({
      sequence: view.getUint32(offset + 4, true),
      readings: view.getUint32(offset + 8, true),
      mapping: { known: view.getUint8(offset + 12) === 0, offset: view.getFloat64(offset + 13, true) },
      bytes: bytes.subarray(offset + recordHead, end),
    });
    offset = end + checkBytes;
  }
  return { metadata, blocks, end: offset };
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 (IEEE 802.3, as zlib's) of `bytes[start…end)`. */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff;
  for (let i = start; i < end; i++) crc = (crc >>> 8) ^ crcTable[(crc ^ bytes[i]!) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}
