/**
 * The bits of the open block. They fill 32-bit words from the lowest: `accumulator` holds `pending` (< 32) bits
 * that are not yet a word. The check is folded in word by word. The lowest bits of word 0, and with them its share
 * of the check, come last.
 */
import { check0, check1, check2, check3 } from './check';
import { escapeQuotient, firstBits, formatVersion, powersOfTwo, steppedVersion } from './types';

/** Stands for the check until word 0 is full, which is checked last. */
const unchecked = 0.5;

export class BlockWriter {
  written = 0;
  accumulator = 0;
  pending = 0;
  crc = unchecked;
  /** Values end before this word; slips stand from here on (`slip-writer.ts`). */
  limit = 0;
  /** What an encoder stages and remembers, and then the block, to the end. */
  readonly words: Int32Array;
  /** The block. */
  readonly bytes: Uint8Array;

  /** @param before words before the block @param target bytes a block */
  constructor(before: number, target: number) {
    const length = target >> 2;
    this.words = new Int32Array(before + length);
    this.bytes = new Uint8Array(this.words.buffer, 4 * before);
  }

  /** The block's first word. */
  begin(): number {
    return this.bytes.byteOffset >> 2;
  }

  /** The word that the check of a full block takes: values and slips end before it. */
  end(): number {
    return this.words.length - 1;
  }

  open(): void {
    this.written = this.begin();
    this.accumulator = 0;
    this.pending = firstBits;
    this.crc = unchecked;
    this.limit = this.end();
  }

  /** The block is of the version that has steps. To be said when word 0 is full, as it is after the head. */
  markStepped(): void {
    this.words[this.begin()]! |= formatVersion ^ steppedVersion;
  }

  /** @param first what the lowest bits of word 0 say @returns the block's length in bytes */
  close(first: number): number {
    const { words, written } = this;
    const begin = this.begin();
    const word = words[begin]! ^ first;
    this.limit = words.length;
    this.putWord(word);
    words[begin] = word;
    words[written] = ~this.crc;
    return 4 * (written + 1 - begin);
  }

  /** Bits that the values may still take. */
  room(): number {
    return 32 * (this.limit - this.written) - this.pending;
  }

  /** Takes back what was written since. */
  restore(written: number, accumulator: number, pending: number, crc: number): void {
    this.written = written;
    this.accumulator = accumulator;
    this.pending = pending;
    this.crc = crc;
  }

  /** Fills the last word of the values. Bits at the limit belong to a reading that did not fit. */
  endValues(): void {
    if (this.written < this.limit && this.pending > 0) this.putWord(this.accumulator);
  }

  putWord(word: number): void {
    const { crc, written } = this;
    this.written = written + 1;
    // What is over the limit will be taken back, and slips stand there.
    if (written >= this.limit) return;
    this.words[written] = word;
    if (crc === unchecked) {
      this.crc = -1;
      return;
    }
    const mixed = crc ^ word;
    this.crc =
      check3[mixed & 255]! ^
      check2[(mixed >> 8) & 255]! ^
      check1[(mixed >> 16) & 255]! ^
      check0[mixed >>> 24]!;
  }

  /** Writes a value of `length` (≤ 31) bits. The caller sees to the room. */
  put(value: number, length: number): void {
    const { pending } = this;
    const accumulator = this.accumulator | (value << pending);
    const total = pending + length;
    if (total > 31) {
      this.putWord(accumulator);
      this.accumulator = value >>> (32 - pending);
      this.pending = total - 32;
    } else {
      this.accumulator = accumulator;
      this.pending = total;
    }
  }

  /** A value of up to 53 bits. */
  putLong(value: number, length: number): void {
    if (length < 32) this.put(value, length);
    else {
      this.put(value % 0x1000000, 24);
      this.put(Math.floor(value / 0x1000000), length - 24);
    }
  }

  /** An integer 0 … 2⁵³ − 1: its length in three bits or six, then what follows its leading one. */
  putNumber(value: number): void {
    const length = bitLength(value);
    if (length < 8) this.put(length << 1, 4);
    else this.put((length << 1) | 1, 7);
    if (length > 1) this.putLong(value - powersOfTwo[length - 1]!, length - 1);
  }

  /** Rice code of a value 0 … 2³² − 1; from a quotient of `escapeQuotient` on, its length and its bits. */
  putRice(value: number, order: number): void {
    const low = value & ((1 << order) - 1);
    const quotient = value >>> order;
    if (quotient < escapeQuotient) this.put(low | ((1 << order) << quotient), order + quotient + 1);
    else {
      const length = 32 - Math.clz32(quotient);
      this.put(low, order + escapeQuotient);
      this.put(length - 1, 5);
      this.putLong(quotient, length);
    }
  }
}

/** Bits of an integer 0 … 2⁵³ − 1, none for 0. */
export function bitLength(value: number): number {
  return value < 0x100000000 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 0x100000000));
}

/** Maps 0, −1, 1, −2, 2 … to 0, 1, 2, 3, 4 … */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
