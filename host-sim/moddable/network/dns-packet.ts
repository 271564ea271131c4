/**
 * `dns/serializer` and `dns/parser` of SDK 8.2.3, as far as its resolver goes. As there, a name that runs out of its
 * packet throws, and a question or an answer that does is null.
 */

export const typeA = 1;
export const classInternet = 1;

const headBytes = 12;
const pointer = 0xc0;
const longestLabel = 63;

export interface Entry {
  name: string;
  type: number;
  class: number;
  /** Of an address, when it has four bytes or more. */
  address?: string;
}

/** A query for the address of a name. */
export function queryOf(id: number, host: string): ArrayBuffer {
  const labels = host.split('.');
  if (host.endsWith('.')) labels.pop();
  const bytes = [id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  for (const label of labels) {
    bytes.push(label.length);
    for (let index = 0; index < label.length; index += 1) bytes.push(label.charCodeAt(index));
  }
  bytes.push(0, 0, typeA, 0, classInternet);
  return Uint8Array.from(bytes).buffer;
}

export class Packet {
  readonly bytes: Uint8Array;

  constructor(packet: ArrayBuffer | undefined) {
    // Too short to be valid: all zero, as the SDK takes it.
    this.bytes = new Uint8Array(packet!.byteLength >= headBytes ? packet! : new ArrayBuffer(headBytes));
  }

  get id(): number {
    return this.word(0);
  }

  get answers(): number {
    return this.word(6);
  }

  question(): Entry | null {
    return this.word(4) > 0 ? this.entry(headBytes, false) : null;
  }

  answer(index: number): Entry | null {
    let at = this.afterQuestions();
    if (at === undefined || index >= this.word(6) + this.word(8) + this.word(10)) return null;
    for (let passed = 0; passed < index; passed += 1) {
      at = this.afterName(at);
      if (at === undefined || this.bytes.length - at < 10) return null;
      at += 10 + this.word(at + 8);
      if (at > this.bytes.length) return null;
    }
    return this.entry(at, true);
  }

  private entry(from: number, answer: boolean): Entry | null {
    const { name, end } = this.name(from);
    if (end + 4 > this.bytes.length) return null;
    const entry: Entry = { name, type: this.word(end), class: this.word(end + 2) };
    if (!answer) return entry;
    if (end + 10 > this.bytes.length) return null;
    if (this.word(end + 8) > 0 && entry.type === typeA) {
      if (end + 14 > this.bytes.length) return null;
      entry.address = this.bytes.subarray(end + 10, end + 14).join('.');
    }
    return entry;
  }

  private name(from: number): { name: string; end: number } {
    const { bytes } = this;
    const labels: string[] = [];
    let end = 0;
    for (let at = from; at < bytes.length; ) {
      const tag = bytes[at]!;
      at += 1;
      if (tag === 0) return { name: labels.join('.'), end: end || at };
      if ((tag & pointer) === pointer) {
        if (at >= bytes.length) break;
        end ||= at + 1;
        // As on a board a pointer to itself is followed for ever, until the watchdog bites.
        at = ((tag << 8) | bytes[at]!) & 0x3fff;
      } else {
        if (tag > longestLabel || bytes.length - at < tag) break;
        labels.push(String.fromCharCode(...bytes.subarray(at, at + tag)));
        at += tag;
      }
    }
    throw new Error('bad name');
  }

  private afterQuestions(): number | undefined {
    let at: number | undefined = headBytes;
    for (let passed = 0; passed < this.word(4); passed += 1) {
      at = this.afterName(at);
      if (at === undefined || at + 4 >= this.bytes.length) return undefined;
      at += 4;
    }
    return at;
  }

  private afterName(from: number): number | undefined {
    let at = from;
    while (at < this.bytes.length) {
      const tag = this.bytes[at]!;
      at += 1;
      if (tag === 0) return at;
      if ((tag & pointer) === pointer) return at + 1;
      if (this.bytes.length - at < tag) return undefined;
      at += tag;
    }
    return at;
  }

  private word(at: number): number {
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }
}
