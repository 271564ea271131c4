/**
 * Where the packets of an MQTT 3.1.1 connection begin and end (section 2.2), and what a PUBLISH says (3.3). A packet that
 * a chunk ends in is held until it is whole, and so is known to be too large before it has come.
 */

/** Of a control packet, in the first half of its first byte. */
const publishType = 3;

export interface Publish {
  /** A view of the packet. */
  topic: Buffer;
  /** Undefined of QoS 0. */
  id: number | undefined;
  /** A view of the packet. */
  payload: Buffer;
}

/** Whole packets, one behind the other. */
export class PacketReader {
  readonly #largest: number;
  #parts: Buffer[] = [];
  #held = 0;
  /** Bytes of the packet that is held in part, as far as they are known. */
  #needed = 0;

  /** @param largest bytes of a packet that is taken */
  constructor(largest: number) {
    this.#largest = largest;
  }

  /** Bytes held of a packet that is not whole. */
  get held(): number {
    return this.#held;
  }

  /**
   * What is whole with these bytes; without bytes: nothing yet.
   * @returns undefined when the next packet is too large, or has no length
   */
  take(chunk: Buffer): Buffer | undefined {
    let bytes = chunk;
    if (this.#held > 0) {
      this.#parts.push(chunk);
      this.#held += chunk.length;
      if (this.#held < this.#needed) return empty;
      bytes = Buffer.concat(this.#parts, this.#held);
    }
    let end = 0;
    for (;;) {
      const packet = endOf(bytes, end);
      if (Number.isNaN(packet) || packet - end > this.#largest) return undefined;
      if (packet > bytes.length) {
        this.#needed = packet - end;
        break;
      }
      end = packet;
      if (end === bytes.length) break;
    }
    const rest = bytes.length - end;
    this.#parts = rest > 0 ? [bytes.subarray(end)] : [];
    this.#held = rest;
    return bytes.subarray(0, end);
  }
}

const empty = Buffer.alloc(0);

/**
 * Where the packet that begins at `at` ends; the least that it may, while its length has not come.
 * NaN: its length has more than four bytes.
 */
export function endOf(bytes: Uint8Array, at: number): number {
  let length = 0;
  for (let index = 1; index <= 4; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return Math.max(at + index + 1, bytes.length + 1);
    length += (byte & 127) * 128 ** (index - 1);
    if (byte < 128) return at + index + 1 + length;
  }
  return Number.NaN;
}

/** A PUBLISH of QoS 0 or 1 that is not retained; undefined: another packet, or one that is not as it should be. */
export function publishAt(bytes: Buffer, at: number, end: number): Publish | undefined {
  const first = bytes[at]!;
  const isRetained = (first & 1) === 1;
  const qos = (first >> 1) & 3;
  if (first >> 4 !== publishType || isRetained || qos > 1) return undefined;
  let body = at + 2;
  while (bytes[body - 1]! > 127) body++;
  if (body + 2 > end) return undefined;
  const topicEnd = body + 2 + bytes.readUInt16BE(body);
  const payload = qos === 0 ? topicEnd : topicEnd + 2;
  if (payload > end) return undefined;
  const id = qos === 0 ? undefined : bytes.readUInt16BE(topicEnd);
  if (id === 0) return undefined;
  return { topic: bytes.subarray(body + 2, topicEnd), id, payload: bytes.subarray(payload, end) };
}

/** PUBACK of each. */
export function acknowledgements(ids: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * ids.length);
  let at = 0;
  for (const id of ids) {
    bytes.writeUInt16BE(0x4002, at);
    at = bytes.writeUInt16BE(id, at + 2);
  }
  return bytes;
}
