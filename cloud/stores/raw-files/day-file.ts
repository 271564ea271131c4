/** Sections of a day's file of blocks: SPEC.md has every byte. */
import {
  type CapturedBlock,
  type CaptureFileMetadata,
  captureFileMagic,
  crc32,
  encodeHead,
  encodeRecord,
} from '../../../modules/block/file';

/** Whose the blocks behind a head are. */
export interface DayHead extends CaptureFileMetadata {
  /** The main part that handed them in. */
  main: string;
  /** What the main calls the part, if not by its name. */
  remote?: string;
}

export const markMagic = 'SLUICE-@';
export const markBytes = 24;
const magicBytes = 8;
/** What heads and marks begin with. */
const anyMagic = 'SLUICE-';
const headFixed = 12;
const recordFixed = 21;
const checkBytes = 4;
const longestMetadata = 65_536;
const longestBlock = 65_536;

export { encodeHead, encodeRecord };

/** The CRC that a head ends with names it. */
export function headCheck(head: Uint8Array): number {
  return viewOf(head).getUint32(head.length - checkBytes, true);
}

export function encodeMark(check: number, arrived: number): Uint8Array {
  const mark = new Uint8Array(markBytes);
  const view = viewOf(mark);
  for (let at = 0; at < magicBytes; at++) mark[at] = markMagic.charCodeAt(at);
  view.setUint32(8, check, true);
  view.setFloat64(12, arrived, true);
  view.setUint32(20, crc32(mark, 0, 20), true);
  return mark;
}

export type Section =
  | { kind: 'head'; end: number; check: number; metadata: DayHead }
  | { kind: 'mark'; end: number; check: number; arrived: number }
  | { kind: 'record'; end: number; block: CapturedBlock };

/**
 * The section at `at`. A number: it needs so many bytes from there, if it is one. undefined: nothing whole begins there.
 * Views of `bytes`.
 */
export function sectionAt(bytes: Uint8Array, at: number): Section | number | undefined {
  const left = bytes.length - at;
  if (left < magicBytes) return magicBytes;
  const magic = String.fromCharCode(...bytes.subarray(at, at + magicBytes));
  if (magic === captureFileMagic) return headAt(bytes, at);
  if (magic === markMagic) return markAt(bytes, at);
  if (left < recordFixed) return recordFixed;
  const view = viewOf(bytes);
  const length = view.getUint32(at, true);
  if (length > longestBlock) return undefined;
  const end = at + recordFixed + length + checkBytes;
  if (end > bytes.length) return end - at;
  if (view.getUint32(end - checkBytes, true) !== crc32(bytes, at, end - checkBytes)) return undefined;
  const block = {
    sequence: view.getUint32(at + 4, true),
    readings: view.getUint32(at + 8, true),
    mapping: { known: view.getUint8(at + 12) === 0, offset: view.getFloat64(at + 13, true) },
    bytes: bytes.subarray(at + recordFixed, end - checkBytes),
  };
  return { kind: 'record', end, block };
}

function headAt(bytes: Uint8Array, at: number): Section | number | undefined {
  if (bytes.length - at < headFixed) return headFixed;
  const view = viewOf(bytes);
  const length = view.getUint32(at + 8, true);
  if (length > longestMetadata) return undefined;
  const end = at + headFixed + length + checkBytes;
  if (end > bytes.length) return end - at;
  const check = view.getUint32(end - checkBytes, true);
  if (check !== crc32(bytes, at, end - checkBytes)) return undefined;
  const json = new TextDecoder().decode(bytes.subarray(at + headFixed, end - checkBytes));
  try {
    return { kind: 'head', end, check, metadata: JSON.parse(json) };
  } catch {
    return undefined; // A text within a block may look like one.
  }
}

function markAt(bytes: Uint8Array, at: number): Section | number | undefined {
  if (bytes.length - at < markBytes) return markBytes;
  const view = viewOf(bytes);
  if (view.getUint32(at + 20, true) !== crc32(bytes, at, at + 20)) return undefined;
  const check = view.getUint32(at + 8, true);
  return { kind: 'mark', end: at + markBytes, check, arrived: view.getFloat64(at + 12, true) };
}

/** Where the next head or mark may begin, from `from` on; bytes that could be the beginning of one are not passed. */
export function nextMagic(bytes: Uint8Array, from: number): number {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = all.indexOf(anyMagic, from, 'latin1');
  return at >= 0 ? at : Math.max(from, bytes.length - magicBytes + 1);
}

/** Whether a head or a mark may begin there, whole or torn. */
export function isMagic(bytes: Uint8Array, at: number): boolean {
  return Buffer.from(bytes.subarray(at, at + anyMagic.length)).toString('latin1') === anyMagic;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
