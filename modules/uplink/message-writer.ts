/**
 * Writes protobuf messages field by field, in short fragments, each let go when it is sent: protobufjs makes an object
 * of every field and lets go of none before the end, which for one status is more than an ESP32-C3 has.
 *
 * A nested message's length takes two bytes always, which protobuf allows, so that it can be filled in afterwards.
 */
import { encodeSendable } from '../config/sendable';

const varintType = 0;
const doubleType = 1;
const lengthType = 2;
/** Bytes of a tag and of the number after it at most: neither is ever parted. */
const longestHead = 16;
/** Bytes of a fragment: the socket's copy of one is there beside it. */
const longestFragment = 256;
/** What two bytes of length can say. */
const longest = 0x3fff;

/** A nested message that no length can name. */
export class MessageTooLong extends Error {
  readonly code = 'too-large';
}

export class MessageWriter {
  /** Bytes written so far. */
  length = 0;
  private readonly buffer: Uint8Array;
  /** Bytes of the buffer that are used. */
  private readonly capacity: number;
  /** Of them, those in use. */
  private used = 0;
  private readonly fragments: Uint8Array[] = [];
  /** Of the messages that are open: the fragment and the place of the length, and what was written before. */
  private readonly opened: { fragment: number; at: number; before: number }[] = [];

  /** @param buffer at least 32 B, nobody else's until `end` */
  constructor(buffer: Uint8Array) {
    this.buffer = buffer;
    this.capacity = Math.min(buffer.length, longestFragment);
  }

  /** @param value whole, 0 … 2^53 − 1 */
  number(field: number, value: number): void {
    this.tag(field, varintType);
    this.varint(value);
  }

  double(field: number, value: number): void {
    this.tag(field, doubleType);
    this.append(new Uint8Array(new Float64Array([value]).buffer));
  }

  /** A text from anywhere. NUL and half surrogates, which XS keeps as bytes that are no UTF-8, become U+FFFD: the gateway would refuse the message. */
  text(field: number, text: string): void {
    this.bytes(field, encodeSendable(text));
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.tag(field, lengthType);
    this.varint(bytes.length);
    this.append(bytes);
  }

  /** Begins a nested message, or a text that comes in pieces; what is written until `close` is in it. */
  open(field: number): void {
    this.tag(field, lengthType);
    this.opened.push({ fragment: this.fragments.length, at: this.used, before: this.length + 2 });
    this.used += 2;
    this.length += 2;
  }

  /** A piece of the text that is open. Pieces part no pair of surrogates. */
  piece(text: string): void {
    this.append(encodeSendable(text));
  }

  /** @throws MessageTooLong */
  close(): void {
    const { fragment, at, before } = this.opened.pop()!;
    const length = this.length - before;
    if (length > longest) throw new MessageTooLong(`${length} bytes`);
    const bytes = this.fragments[fragment] ?? this.buffer;
    bytes[at] = (length & 0x7f) | 0x80;
    bytes[at + 1] = length >> 7;
  }

  /** The message; its fragments are copies, so the buffer is free again. */
  end(): Uint8Array[] {
    this.flush();
    return this.fragments;
  }

  private tag(field: number, type: number): void {
    if (this.used + longestHead > this.capacity) this.flush();
    this.varint(field * 8 + type);
  }

  private varint(value: number): void {
    const { buffer } = this;
    let at = this.used;
    let rest = value;
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    buffer[at++] = rest;
    this.length += at - this.used;
    this.used = at;
  }

  private append(bytes: Uint8Array): void {
    const { buffer, capacity } = this;
    for (let from = 0; from < bytes.length; ) {
      if (this.used === capacity) this.flush();
      const to = Math.min(bytes.length, from + capacity - this.used);
      buffer.set(to - from === bytes.length ? bytes : bytes.subarray(from, to), this.used);
      this.used += to - from;
      from = to;
    }
    this.length += bytes.length;
  }

  private flush(): void {
    if (this.used > 0) this.fragments.push(this.buffer.slice(0, this.used));
    this.used = 0;
  }
}
