/**
 * Reads a protobuf message field by field, where it lies.
 *
 * Holds: total. Whatever the bytes are, it ends with the message or with a MessageError; nothing is read beyond it.
 */
import { decodeUtf8 } from '../config/utf8';

const varintType = 0;
const doubleType = 1;
const lengthType = 2;
const floatType = 5;

/** What came is no message. */
export class MessageError extends Error {}

export class MessageReader {
  /** The field at hand. */
  field = 0;
  private readonly source: Uint8Array;
  private at: number;
  private readonly end: number;
  private type = 0;
  /** Of the field at hand: where its bytes begin and end, or its value when it is a number. */
  private from = 0;
  private to = 0;
  private value = 0;

  constructor(source: Uint8Array, from = 0, to = source.length) {
    this.source = source;
    this.at = from;
    this.end = to;
  }

  /** Goes to the next field. @returns whether there is one @throws MessageError */
  next(): boolean {
    if (this.at === this.end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.type = tag & 7;
    switch (this.type) {
      case varintType:
        this.value = this.varint();
        return true;
      case doubleType:
        this.skip(8);
        return true;
      case lengthType:
        this.skip(this.varint());
        return true;
      case floatType:
        this.skip(4);
        return true;
      default:
        throw new MessageError(`type ${this.type} of field ${this.field}`);
    }
  }

  /** Whole, at least 0; exact below 2^53. @throws MessageError */
  number(): number {
    this.expect(varintType);
    return this.value;
  }

  /** @throws MessageError */
  double(): number {
    this.expect(doubleType);
    return new Float64Array(this.source.slice(this.from, this.to).buffer)[0]!;
  }

  /** Where they lie in the message. @throws MessageError */
  bytes(): Uint8Array {
    this.expect(lengthType);
    return this.source.subarray(this.from, this.to);
  }

  /** @throws MessageError */
  text(): string {
    this.expect(lengthType);
    try {
      return decodeUtf8(this.source, this.from, this.to);
    } catch {
      throw new MessageError(`the text of field ${this.field}`);
    }
  }

  /** The nested message at hand. @throws MessageError */
  message(): MessageReader {
    this.expect(lengthType);
    return new MessageReader(this.source, this.from, this.to);
  }

  private expect(type: number): void {
    if (this.type !== type) throw new MessageError(`type ${this.type} of field ${this.field}`);
  }

  private skip(count: number): void {
    if (count > this.end - this.at) throw new MessageError(`${count} bytes of field ${this.field}`);
    this.from = this.at;
    this.at = this.to = this.at + count;
  }

  private varint(): number {
    let value = 0;
    for (let scale = 1; this.at < this.end && scale < 2 ** 70; scale *= 128) {
      const byte = this.source[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new MessageError('a number without an end');
  }
}

/**
 * Bytes of a message that begins like this, as far as its first field says: what is to be made ready for the rest.
 * @returns at least `head.length`
 */
export function announcedLength(head: Uint8Array): number {
  let at = head[0]! < 0x80 ? 1 : 2;
  let length = 0;
  if ((head[0]! & 7) !== lengthType) return head.length;
  for (let scale = 1; at < head.length && scale < 2 ** 28; scale *= 128) {
    const byte = head[at++]!;
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) return Math.max(head.length, at + length);
  }
  return head.length;
}

/**
 * What there is of the message in the first field, where the rest was not kept.
 * @param field its number, below 16 @returns undefined when another field is the first
 */
export function beginningOf(head: Uint8Array, field: number): MessageReader | undefined {
  if (head[0] !== 8 * field + lengthType) return undefined;
  let at = 1;
  while (head[at]! >= 0x80) at++;
  return new MessageReader(head, at + 1);
}
