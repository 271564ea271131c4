/** CRC-32 (ISO-HDLC, of zlib and Ethernet) by zlib where this Node has it (20.15, 22.2), which is ten times as fast. */
import * as zlib from 'node:zlib';
import { crc32 as portable } from '../../modules/block/file';

export const crc32: (bytes: Uint8Array) => number =
  typeof zlib.crc32 === 'function'
    ? (bytes) => zlib.crc32(bytes)
    : (bytes) => portable(bytes, 0, bytes.length);
