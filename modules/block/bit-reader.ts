/**
 * Reads the bits of a block's words, from the lowest of each. Past the end it yields zeros and sets
 * `exhausted`, so that a caller may read on and look once.
 */
import { escapeQuotient, formatVersion, powersOfTwo } from './types';

export class BitReader {
  exhausted = false;

  constructor(
    /** One word more than `end`, at least. */
    readonly words: Int32Array,
    /** In bits. */
    public position: number,
    /** In bits. */
    public end: number,
    /** Of the block. */
    readonly version: number = formatVersion,
  ) {}

  /** An integer of `length` (≤ 32) bits. */
  take(length: number): number {
    const { position } = this;
    if (position + length > this.end) {
      this.exhausted = true;
      return 0;
    }
    this.position = position + length;
    if (length === 0) return 0;
    const shift = position & 31;
    let bits = this.words[position >> 5]! >>> shift;
    if (shift > 0) bits |= this.words[(position >> 5) + 1]! << (32 - shift);
    return length === 32 ? bits >>> 0 : bits & ((1 << length) - 1);
  }

  /** An integer of `length` (≤ 53) bits. */
  takeLong(length: number): number {
    if (length <= 32) return this.take(length);
    const low = this.take(32);
    return low + this.take(length - 32) * 0x100000000;
  }

  /** Zeros before the next one, which is taken too; `limit` of them end the count without a one. */
  unary(limit: number): number {
    let zeros = 0;
    while (zeros < limit && !this.exhausted && this.take(1) === 0) zeros += 1;
    return zeros;
  }

  /** An exponential-Golomb code, 0 … 2⁵³ − 2. */
  gamma(): number {
    const length = this.unary(53);
    if (length > 52) {
      this.exhausted = true;
      return 0;
    }
    return powersOfTwo[length]! + this.takeLong(length) - 1;
  }

  /** A Rice code, 0 … 2³² − 1. */
  rice(order: number): number {
    const low = this.take(order);
    let quotient = this.unary(escapeQuotient);
    if (quotient === escapeQuotient) quotient = this.take(this.take(5) + 1);
    const value = quotient * powersOfTwo[order]! + low;
    if (value > 0xffffffff) this.exhausted = true;
    return value;
  }

  /** An integer 0 … 2⁵³ − 1: its length in three bits or six, then what follows its leading one. */
  number(): number {
    const length = this.take(this.take(1) === 0 ? 3 : 6);
    if (length > 53) this.exhausted = true;
    if (length === 0 || this.exhausted) return 0;
    return powersOfTwo[length - 1]! + this.takeLong(length - 1);
  }
}
