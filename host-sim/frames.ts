/** Frames between host and parent, host-sim/xs/wire.c: u32 length of the rest, u8 type, bytes; little endian. */

export interface Frame {
  type: string;
  /** Without length and type. */
  bytes: Buffer;
}

const headSize = 5;

export function frame(type: string, ...parts: (Uint8Array | number)[]): Buffer {
  let size = headSize;
  for (const part of parts) size += typeof part === 'number' ? 8 : part.length;
  const whole = Buffer.allocUnsafe(size);
  whole.writeUInt32LE(size - headSize + 1, 0);
  whole[4] = type.charCodeAt(0);
  let at = headSize;
  for (const part of parts) {
    if (typeof part === 'number') whole.writeDoubleLE(part, at);
    else whole.set(part, at);
    at += typeof part === 'number' ? 8 : part.length;
  }
  return whole;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Cuts what comes in pieces into frames. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  /** @param bytes which frames are parts of: they must not change */
  add(bytes: Buffer): void {
    this.#pending = this.#pending.length > 0 ? Buffer.concat([this.#pending, bytes]) : bytes;
  }

  /** @returns the next whole frame, if there is one */
  next(): Frame | undefined {
    const pending = this.#pending;
    if (pending.length < headSize) return undefined;
    const length = pending.readUInt32LE(0);
    if (pending.length < 4 + length) return undefined;
    this.#pending = pending.subarray(4 + length);
    return { type: String.fromCharCode(pending[4]!), bytes: pending.subarray(headSize, 4 + length) };
  }
}
