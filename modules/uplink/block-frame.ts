/**
 * An Envelope of blocks and gaps, written by hand into one buffer: the same bytes protobufjs would accept, without
 * its 675,000 instructions a message.
 *
 * A block's length takes two bytes always, which protobuf allows, so that the block can be read from the ring straight to its place before its length is known.
 */

import { Boot, Envelope, Gap } from '../../proto/fields';
import type { BootId } from '../block/types';

// Tags: field numbers below 16, with the types of a number and of what has a length.
const blockTag = Envelope.blocks * 8 + 2;
const gapTag = Envelope.gaps * 8 + 2;
const takenTag = Envelope.taken * 8;
const streamTag = Gap.stream * 8;
const nextTag = Gap.next * 8;
const bootTag = Gap.boot * 8 + 2;
const counterTag = Boot.counter * 8;
const randomTag = Boot.random * 8;
/** Tag and two bytes of length. */
const blockHead = 3;
/** Tag, length, two fields of at most 1 + 5 bytes, and a boot of two more with tag and length. */
const longestGap = 28;
const longestBlock = 512;
/** A tag of two bytes and a number. */
const longestTaken = 2 + 5;
/** Bytes of a frame for one block and the gap before it. */
export const wholeFrame = longestGap + blockHead + longestBlock + longestTaken;

export class BlockFrame {
  /** Bytes in use. */
  length = 0;
  /** Blocks in it. */
  blocks = 0;
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  clear(): void {
    this.length = 0;
    this.blocks = 0;
  }

  /** Where the next block's bytes go; undefined when less than a block of the longest kind fits within `limit`. */
  place(limit: number): Uint8Array | undefined {
    const start = this.length + blockHead;
    if (start + longestBlock > Math.min(limit, this.bytes.length)) return undefined;
    return new Uint8Array(this.bytes.buffer, start, longestBlock);
  }

  /** A block of `length` bytes has been put in its place. */
  took(length: number): void {
    const { bytes, length: at } = this;
    bytes[at] = blockTag;
    bytes[at + 1] = (length & 0x7f) | 0x80;
    bytes[at + 2] = length >> 7;
    this.length = at + blockHead + length;
    this.blocks++;
  }

  /**
   * Says that a stream goes on at `next`. Gaps come before all blocks.
   * @param boot unless it is the session's @returns whether it fits
   */
  gap(stream: number, next: number, limit: number, boot?: BootId): boolean {
    if (this.blocks > 0) throw new Error('a gap after a block');
    if (this.length + longestGap > Math.min(limit, this.bytes.length)) return false;
    const { bytes } = this;
    const start = this.length;
    bytes[start] = gapTag;
    bytes[start + 2] = streamTag;
    let at = this.varint(start + 3, stream);
    bytes[at++] = nextTag;
    at = this.varint(at, next);
    if (boot !== undefined) {
      const inner = at + 2;
      bytes[at] = bootTag;
      bytes[inner] = counterTag;
      const end = this.varint(inner + 1, boot.counter);
      bytes[end] = randomTag;
      at = this.varint(end + 1, boot.random);
      bytes[inner - 1] = at - inner;
    }
    bytes[start + 1] = at - start - 2;
    this.length = at;
    return true;
  }

  /** Says how many messages have been taken. Ends the frame. @returns whether it fits */
  taken(count: number, limit: number): boolean {
    if (this.length + longestTaken > Math.min(limit, this.bytes.length)) return false;
    this.length = this.varint(this.varint(this.length, takenTag), count);
    return true;
  }

  private varint(at: number, value: number): number {
    let rest = value;
    while (rest > 0x7f) {
      this.bytes[at++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.bytes[at++] = rest;
    return at;
  }
}
