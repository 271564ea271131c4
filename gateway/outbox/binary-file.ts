/**
 * A binary's file: a head that says what it is, then the payload as it came.
 *
 * Layout, little endian:
 *   magic "SLUICE-B" | u32 length of the description | description, JSON in UTF-8 | u32 CRC-32 of all before | payload
 */
import { crc32 } from '../../modules/block/file';
import type { BinaryMetadata } from './entry';

export const binaryMagic = 'SLUICE-B';
const fixed = 12;
const checkBytes = 4;
const longestDescription = 65_536;

/** Bytes of a head at most. */
export const longestBinaryHead = fixed + longestDescription + checkBytes;

export interface BinaryDescription {
  /** In all the world. */
  name: string;
  metadata: BinaryMetadata;
}

/** @throws RangeError when the description is longer than 65,536 bytes of JSON */
export function encodeBinaryHead(description: BinaryDescription): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(description));
  if (json.length > longestDescription) throw new RangeError(`a description of ${json.length} bytes`);
  const head = new Uint8Array(fixed + json.length + checkBytes);
  for (let i = 0; i < binaryMagic.length; i++) head[i] = binaryMagic.charCodeAt(i);
  const view = new DataView(head.buffer);
  view.setUint32(8, json.length, true);
  head.set(json, fixed);
  view.setUint32(fixed + json.length, crc32(head, 0, fixed + json.length), true);
  return head;
}

/** The description, and the bytes before the payload; undefined when these first bytes of a file are no whole head. */
export function readBinaryHead(bytes: Uint8Array): (BinaryDescription & { head: number }) | undefined {
  if (!isBinaryFile(bytes) || bytes.length < fixed) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = fixed + view.getUint32(8, true);
  if (end + checkBytes > bytes.length || view.getUint32(end, true) !== crc32(bytes, 0, end)) return undefined;
  const text = new TextDecoder().decode(bytes.subarray(fixed, end));
  return { ...(JSON.parse(text) as BinaryDescription), head: end + checkBytes };
}

/** Whether these first bytes of a file are ours; 8 bytes suffice. */
export function isBinaryFile(bytes: Uint8Array): boolean {
  if (bytes.length < binaryMagic.length) return false;
  for (let i = 0; i < binaryMagic.length; i++) if (bytes[i] !== binaryMagic.charCodeAt(i)) return false;
  return true;
}
