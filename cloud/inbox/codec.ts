/**
 * An arrival as a record of the inbox's log. Little endian; a length stands before each text.
 *
 *   kind 1, message   f64 arrived | u8 app_id | u8 dev_id | u16 block's name, 0: none | u32 index | JSON line
 *   kind 2, blocks    f64 arrived | u8 app_id | u8 dev_id | u16 main | u16 remote, 0: none | capture file
 */
import type { LogRecord, NewRecord } from '@sluice/common/log';
import { encodeHead, encodeRecord, readCaptureFile } from '../../modules/block/file';
import type { Arrival, BlocksArrival, MessageArrival, NewArrival } from './arrival';

const messageKind = 1;
const blocksKind = 2;
const timeBytes = 8;

export function encodeArrival(arrival: NewArrival): NewRecord {
  return arrival.kind === 'message'
    ? { kind: messageKind, bytes: encodeMessage(arrival) }
    : { kind: blocksKind, bytes: encodeBlocks(arrival) };
}

function encodeMessage({ arrived, appId, devId, name, line }: MessageArrival): Uint8Array {
  const block = name?.block ?? '';
  const most = timeBytes + 1 + 3 * appId.length + 1 + 3 * devId.length + 2 + 3 * block.length + 4;
  const bytes = Buffer.allocUnsafe(most + line.length);
  let at = bytes.writeDoubleLE(arrived, 0);
  at = writeShort(bytes, at, appId);
  at = writeShort(bytes, at, devId);
  at = writeLong(bytes, at, block);
  at = bytes.writeUInt32LE(name?.index ?? 0, at);
  bytes.set(line, at);
  return bytes.subarray(0, at + line.length);
}

function encodeBlocks({ arrived, appId, devId, main, remote = '', metadata, blocks }: BlocksArrival) {
  const head = Buffer.allocUnsafe(
    timeBytes + 6 + 3 * (appId.length + devId.length + main.length + remote.length),
  );
  let at = head.writeDoubleLE(arrived, 0);
  at = writeShort(head, at, appId);
  at = writeShort(head, at, devId);
  at = writeLong(head, at, main);
  at = writeLong(head, at, remote);
  return Buffer.concat([head.subarray(0, at), encodeHead(metadata), ...blocks.map(encodeRecord)]);
}

/** undefined: of a kind that a later release writes. Its bytes are views of the record's. @throws RangeError */
export function decodeArrival({ position, kind, bytes: of }: LogRecord): Arrival | undefined {
  const bytes = Buffer.from(of.buffer, of.byteOffset, of.length);
  const arrived = bytes.readDoubleLE(0);
  const [appId, afterApp] = readShort(bytes, timeBytes);
  const [devId, afterDevice] = readShort(bytes, afterApp);
  const common = { position, arrived, appId, devId };
  if (kind === messageKind) {
    const [block, at] = readLong(bytes, afterDevice);
    const line = bytes.subarray(at + 4);
    if (block === '') return { kind: 'message', ...common, line };
    return { kind: 'message', ...common, line, name: { block, index: bytes.readUInt32LE(at) } };
  }
  if (kind !== blocksKind) return undefined;
  const [main, afterMain] = readLong(bytes, afterDevice);
  const [remote, at] = readLong(bytes, afterMain);
  const { metadata, blocks } = readCaptureFile(bytes.subarray(at));
  return { kind: 'blocks', ...common, main, ...(remote !== '' && { remote }), metadata, blocks };
}

function writeShort(bytes: Buffer, at: number, text: string): number {
  const end = at + 1 + bytes.write(text, at + 1);
  bytes.writeUInt8(end - at - 1, at);
  return end;
}

function writeLong(bytes: Buffer, at: number, text: string): number {
  const end = at + 2 + bytes.write(text, at + 2);
  bytes.writeUInt16LE(end - at - 2, at);
  return end;
}

function readShort(bytes: Buffer, at: number): [text: string, end: number] {
  const end = at + 1 + bytes.readUInt8(at);
  return [bytes.toString('utf8', at + 1, end), end];
}

function readLong(bytes: Buffer, at: number): [text: string, end: number] {
  const end = at + 2 + bytes.readUInt16LE(at);
  return [bytes.toString('utf8', at + 2, end), end];
}
