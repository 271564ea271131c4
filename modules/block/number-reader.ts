/** Reads doubles, bit for bit: the mirror of `number-writer.ts`. */
import type { BitReader } from './bit-reader';
import { double, halves, needHalves } from './double-halves';
import {
  BitsCode,
  escapeZeros,
  firstMean,
  maximumInteger,
  nextMean,
  orderOfMean,
  powers,
  Special,
  specialQuotient,
  stepMark,
} from './number-code';
import { steppedVersion } from './types';

/** Numbers of which what a number's code depends on consists. */
export const stateLength = 9;

export class NumberReader {
  private exponent = 0;
  private step = 1;
  private previous = 0;
  private mean = firstMean(0);
  private bits = false;
  private high = 0;
  private low = 0;
  private leading = 0;
  private length = 64;

  constructor() {
    needHalves();
  }

  /** Goes on with the column that was put aside at `at`. */
  resume(states: Float64Array, at: number): void {
    this.exponent = states[at]!;
    this.step = states[at + 1]!;
    this.previous = states[at + 2]!;
    this.mean = states[at + 3]!;
    this.bits = states[at + 4] === 1;
    this.high = states[at + 5]!;
    this.low = states[at + 6]!;
    this.leading = states[at + 7]!;
    this.length = states[at + 8]!;
  }

  /** Puts the column at hand aside: one reader serves many, for which a device would have no memory. */
  putAside(states: Float64Array, at: number): void {
    states[at] = this.exponent;
    states[at + 1] = this.step;
    states[at + 2] = this.previous;
    states[at + 3] = this.mean;
    states[at + 4] = this.bits ? 1 : 0;
    states[at + 5] = this.high;
    states[at + 6] = this.low;
    states[at + 7] = this.leading;
    states[at + 8] = this.length;
  }

  /** Sets `exhausted` when the bits are no double. */
  read(reader: BitReader): number {
    this.next(reader);
    return double[0]!;
  }

  /** Reads one and puts its halves into `into[at]` (low) and `into[at + 1]`, so that a NaN keeps its payload. */
  readInto(reader: BitReader, into: Uint32Array, at: number): void {
    this.next(reader);
    into[at] = halves[0]!;
    into[at + 1] = halves[1]!;
  }

  private next(reader: BitReader): void {
    if (this.bits) {
      this.nextBits(reader);
      return;
    }
    const zeros = reader.unary(escapeZeros);
    if (zeros !== specialQuotient) {
      this.setDecimal(reader, zeros, 0);
      return;
    }
    const special = reader.take(2);
    if (special === Special.corrected) {
      const code = reader.take(4);
      this.setDecimal(reader, reader.unary(escapeZeros), code < 8 ? code - 8 : code - 7);
    } else if (special === Special.exponent) this.restart(reader);
    else {
      halves[0] = reader.take(32);
      halves[1] = reader.take(32);
      this.bits = special === Special.bits;
      this.low = halves[0]!;
      this.high = halves[1]!;
      this.leading = 0;
      this.length = 64;
    }
  }

  private nextBits(reader: BitReader): void {
    const code = reader.take(2);
    if (code === BitsCode.decimal) {
      this.bits = false;
      this.restart(reader);
      return;
    }
    if (code === BitsCode.window) {
      this.leading = reader.take(5);
      this.length = reader.take(6) + 1;
      if (this.leading + this.length > 64) reader.exhausted = true;
    }
    if (code !== BitsCode.same && !reader.exhausted) {
      const { leading, length } = this;
      const trailing = 64 - leading - length;
      if (trailing >= 32) this.high ^= reader.take(length) << (trailing - 32);
      else {
        const lowLength = Math.min(32 - trailing, length);
        this.low ^= reader.take(lowLength) << trailing;
        if (length > lowLength) this.high ^= reader.take(length - lowLength);
      }
    }
    halves[0] = this.low;
    halves[1] = this.high;
  }

  private restart(reader: BitReader): void {
    this.exponent = reader.take(4);
    let order = reader.take(6);
    this.step = 1;
    if (order === stepMark && reader.version === steppedVersion) {
      this.step = reader.number();
      order = reader.take(6);
    }
    this.mean = firstMean(order);
    const mapped = reader.number();
    this.previous = mapped % 2 === 1 ? -(mapped + 1) / 2 : mapped / 2;
    this.setDouble(reader);
  }

  private setDouble(reader: BitReader): void {
    const integer = this.previous * this.step;
    if (!(Math.abs(integer) <= maximumInteger)) reader.exhausted = true;
    double[0] = integer === 0 ? 0 : integer / powers[this.exponent]!;
  }

  private setDecimal(reader: BitReader, zeros: number, correction: number): void {
    const order = orderOfMean(this.mean);
    let quotient = zeros < specialQuotient ? zeros : zeros - 1;
    if (zeros === escapeZeros) quotient = reader.number();
    const mapped = quotient * 2 ** order + reader.takeLong(order);
    const integer = this.previous + (mapped % 2 === 1 ? -(mapped + 1) / 2 : mapped / 2);
    if (zeros === specialQuotient) reader.exhausted = true;
    this.previous = integer;
    this.setDouble(reader);
    if (reader.exhausted) return;
    this.mean = nextMean(this.mean, mapped);
    if (correction !== 0) {
      const low = halves[0]! + correction;
      if (low < 0 || low > 0xffffffff) reader.exhausted = true;
      halves[0] = low;
    }
  }
}
