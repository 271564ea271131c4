/**
 * The bytes of a segment: a header, then frames. Little endian.
 *
 *   header  magic "SLUICELG" | u16 version | u16 bytes of the header | u32 number of the segment | f64 first position |
 *           f64 end of the segments before | f64 created, wall ms | u32 CRC-32 of all before
 *   frame   u32 check | u32 length of the payload | u48 position | u8 kind | u8 flags | payload
 *
 * A later version keeps magic, version, length and a CRC at the header's end, so that it is recognised. A frame's check
 * is the CRC-32 of what follows it, and of the segment's number: bytes of another file that a power cut left in this
 * one are no frames of it. Each frame has its position, so that no frame needs those before it to be read.
 */
import { crc32 } from '../checksum/crc32';
import { SluiceError } from '../errors';

/** Number of a record, counted over the log's life; as a boundary, that of the first record behind it. */
export type Position = number;

export interface NewRecord {
  /** The owner's kind of the payload, 0 … 255. A new layout gets a new kind. */
  kind: number;
  bytes: Uint8Array;
}

export interface LogRecord extends NewRecord {
  position: Position;
}

export interface SegmentHeader {
  number: number;
  /** Position of its first record. */
  first: Position;
  /** Where the segments before end: what they hold from there on is void. Below `first` where positions were left out. */
  previousEnd: Position;
  /** Wall milliseconds. */
  created: number;
}

export const formatVersion = 1;
export const headerBytes = 48;
export const frameBytes = 16;
/** Bytes of a record's payload at most. */
export const longestRecord = 16 << 20;
/** Of a batch's first frame: when it was written, everything before it was durable. */
export const beginsBatch = 1;

const magic = new TextEncoder().encode('SLUICELG');

export function encodeHeader({ number, first, previousEnd, created }: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  view.setUint16(8, formatVersion, true);
  view.setUint16(10, headerBytes, true);
  view.setUint32(12, number, true);
  view.setFloat64(16, first, true);
  view.setFloat64(24, previousEnd, true);
  view.setFloat64(32, created, true);
  view.setUint32(headerBytes - 4, crc32(bytes.subarray(0, headerBytes - 4)), true);
  return bytes;
}

/** The header in a segment's first bytes; undefined when they are none. @throws SluiceError log-newer-version */
export function decodeHeader(bytes: Uint8Array, path: string): SegmentHeader | undefined {
  if (bytes.length < headerBytes || magic.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint16(10, true);
  if (length < 16 || length > bytes.length) return undefined;
  if (view.getUint32(length - 4, true) !== crc32(bytes.subarray(0, length - 4))) return undefined;
  const version = view.getUint16(8, true);
  if (version > formatVersion) {
    const sentence = `${path} was written by a newer release (log format ${version}, this one reads up to ${formatVersion})`;
    throw new SluiceError('log-newer-version', sentence, { path, data: { version } });
  }
  return {
    number: view.getUint32(12, true),
    first: view.getFloat64(16, true),
    previousEnd: view.getFloat64(24, true),
    created: view.getFloat64(32, true),
  };
}

/** Bytes of a header that any version can be recognised by. */
export const recognisedBytes = 512;

function check(bytes: Uint8Array, at: number, end: number, segment: number): number {
  return (crc32(bytes.subarray(at + 4, end)) ^ Math.imul(segment, 0x9e3779b1)) >>> 0;
}

/** Writes a frame at `at`; returns where it ends. */
export function encodeFrame(
  into: { bytes: Uint8Array; view: DataView },
  at: number,
  segment: number,
  position: Position,
  { kind, bytes }: NewRecord,
  flags: number,
): number {
  const { view } = into;
  const end = at + frameBytes + bytes.length;
  view.setUint32(at + 4, bytes.length, true);
  view.setUint32(at + 8, position >>> 0, true);
  view.setUint16(at + 12, Math.floor(position / 2 ** 32), true);
  view.setUint8(at + 14, kind);
  view.setUint8(at + 15, flags);
  into.bytes.set(bytes, at + frameBytes);
  view.setUint32(at, check(into.bytes, at, end, segment), true);
  return end;
}

/** Bytes of a segment with which frames are looked for. */
export interface Window {
  bytes: Uint8Array;
  view: DataView;
  segment: number;
}

export function windowOf(bytes: Uint8Array, segment: number): Window {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), segment };
}

/** Bytes of the frame that would begin at `at`, its head; 0 when there is no whole head, or its length is none. */
export function frameLength({ bytes, view }: Window, at: number): number {
  if (at + frameBytes > bytes.length) return 0;
  const length = view.getUint32(at + 4, true);
  return length <= longestRecord ? frameBytes + length : 0;
}

/** Whether the frame of `length` bytes at `at`, wholly in the window, is good. */
export function isGood({ bytes, view, segment }: Window, at: number, length: number): boolean {
  return view.getUint32(at, true) === check(bytes, at, at + length, segment);
}

export function positionOf({ view }: Window, at: number): Position {
  return view.getUint16(at + 12, true) * 2 ** 32 + view.getUint32(at + 8, true);
}

export function startsBatch({ view }: Window, at: number): boolean {
  return (view.getUint8(at + 15) & beginsBatch) !== 0;
}

/** A view of the window's bytes. */
export function recordAt(window: Window, at: number, length: number): LogRecord {
  return {
    position: positionOf(window, at),
    kind: window.view.getUint8(at + 14),
    bytes: window.bytes.subarray(at + frameBytes, at + length),
  };
}

export function segmentName(number: number): string {
  return `${String(number).padStart(10, '0')}.log`;
}

export function segmentNumber(name: string): number | undefined {
  const digits = /^(\d{10})\.log$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
