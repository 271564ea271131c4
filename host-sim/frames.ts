/** Frames between host and parent, host-sim/xs/wire.c: u32 length of the rest, u8 type, bytes; little endian. */
import type { Readable } from 'node:stream';

export interface Frame {
  type: string;
  /** Without length and type. Valid until the next frame. */
  bytes: Buffer;
}

export function frame(type: string, ...parts: (Uint8Array | number)[]): Buffer {
  const chunks = parts.map((part) => {
    if (typeof part !== 'number') return part;
    const number = Buffer.alloc(8);
    number.writeDoubleLE(part);
    return number;
  });
  const size = chunks.reduce((sum, { length }) => sum + length, 0);
  const head = Buffer.alloc(5);
  head.writeUInt32LE(size + 1, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...chunks], size + 5);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Calls `take` with each whole frame, in order. */
export function readFrames(stream: Readable, take: (frame: Frame) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    pending = pending.length > 0 ? Buffer.concat([pending, chunk]) : chunk;
    let offset = 0;
    while (pending.length - offset >= 5) {
      const length = pending.readUInt32LE(offset);
      if (pending.length - offset < 4 + length) break;
      const start = offset + 5;
      offset += 4 + length;
      take({ type: String.fromCharCode(pending[start - 1]!), bytes: pending.subarray(start, offset) });
    }
    pending = pending.subarray(offset);
  });
}
