/** Writes doubles, bit for bit (see `number-code.ts`). Nothing is allocated a value. */
import { type BlockWriter, zigzag } from './block-writer';
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
} from './number-code';
import { powersOfTwo } from './types';

/** Decimals are corrected in the last place only while there is room for doubt which decimal is meant. */
const mostCorrected = 2 ** 46;

export class NumberWriter {
  private double = new Float64Array(1);
  private parts = new Uint32Array(this.double.buffer);
  private exponent = 0;
  private previous = 0;
  private mean = firstMean(3);
  /** The Rice parameter of the block before. */
  private hint = 0;
  /** The block's first value is still to come: it brings its own power of ten. */
  private fresh = true;
  private bits = false;
  /** Values in a row that were no decimals. */
  private failures = 0;
  private high = 0;
  private low = 0;
  private leading = 0;
  private length = 0;

  open(): void {
    this.exponent = 0;
    this.previous = 0;
    this.hint = orderOfMean(this.mean);
    this.mean = firstMean(0);
    this.fresh = true;
    this.bits = false;
    this.failures = 0;
    this.leading = 0;
    this.length = 64;
  }

  /** @param high and @param low: the value's halves, so that the payload of a NaN survives */
  write(writer: BlockWriter, value: number, high: number, low: number): void {
    if (this.bits) {
      this.writeBits(writer, value, high, low);
      return;
    }
    if (this.fresh) {
      this.fresh = false;
      this.writeOther(writer, value, high, low);
      return;
    }
    const integer = Math.round(value * powers[this.exponent]!);
    const correction = this.correctionOf(integer, this.exponent, high, low);
    if (correction === 0) this.putDecimal(writer, integer);
    else if (correction >= -8 && correction <= 8 && integer <= mostCorrected && integer >= -mostCorrected) {
      putZeros(writer, specialQuotient);
      writer.put(Special.corrected, 2);
      writer.put(correction > 0 ? correction + 7 : correction + 8, 4);
      this.putDecimal(writer, integer);
    } else {
      this.writeOther(writer, value, high, low);
      return;
    }
    this.failures = 0;
  }

  private writeOther(writer: BlockWriter, value: number, high: number, low: number): void {
    const exponent = this.exponentOf(value, high, low);
    putZeros(writer, specialQuotient);
    if (exponent >= 0) {
      writer.put(Special.exponent, 2);
      writer.put(exponent, 4);
      this.restart(writer, value, exponent);
      return;
    }
    this.failures += 1;
    const bits = this.failures > 1;
    writer.put(bits ? Special.bits : Special.raw, 2);
    writer.putLong(low, 32);
    writer.putLong(high, 32);
    this.bits = bits;
    this.high = high;
    this.low = low;
    this.leading = 0;
    this.length = 64;
  }

  private writeBits(writer: BlockWriter, value: number, high: number, low: number): void {
    const changedHigh = (high ^ this.high) >>> 0;
    const changedLow = (low ^ this.low) >>> 0;
    if (changedHigh === 0 && changedLow === 0) {
      writer.put(BitsCode.same, 2);
      return;
    }
    const exponent = this.failures > 0 ? -1 : this.exponentOf(value, high, low);
    if (exponent >= 0) {
      writer.put(BitsCode.decimal, 2);
      writer.put(exponent, 4);
      this.restart(writer, value, exponent);
      this.bits = false;
      return;
    }
    // Looks for decimals again in a while: looking is dear.
    this.failures = this.failures === 0 ? 16 : this.failures - 1;
    const leading = Math.min(31, changedHigh === 0 ? 32 + Math.clz32(changedLow) : Math.clz32(changedHigh));
    const trailing =
      changedLow === 0
        ? 63 - Math.clz32(changedHigh & -changedHigh)
        : 31 - Math.clz32(changedLow & -changedLow);
    const { leading: lead, length } = this;
    if (leading >= lead && trailing >= 64 - lead - length && length <= 64 - leading - trailing + 12)
      writer.put(BitsCode.within, 2);
    else {
      this.leading = leading;
      this.length = 64 - leading - trailing;
      writer.put(BitsCode.window, 2);
      writer.put(leading, 5);
      writer.put(this.length - 1, 6);
    }
    this.putWindow(writer, changedHigh, changedLow);
    this.high = high;
    this.low = low;
  }

  /** The window of changes, from its lowest bit. */
  private putWindow(writer: BlockWriter, high: number, low: number): void {
    const { leading, length } = this;
    const trailing = 64 - leading - length;
    if (trailing >= 32) writer.putLong(high >>> (trailing - 32), length);
    else {
      const lowLength = Math.min(32 - trailing, length);
      const lowPart = low >>> trailing;
      writer.putLong(lowLength < 32 ? lowPart & ((1 << lowLength) - 1) : lowPart, lowLength);
      if (length > lowLength) writer.putLong(high, length - lowLength);
    }
  }

  private restart(writer: BlockWriter, value: number, exponent: number): void {
    const integer = Math.round(value * powers[exponent]!);
    // What the differences were like before, in another block or power of ten, is the best guess.
    const order = this.mean === firstMean(0) ? this.hint : orderOfMean(this.mean);
    writer.put(order, 6);
    writer.putNumber(zigzag(integer));
    this.exponent = exponent;
    this.previous = integer;
    this.mean = firstMean(order);
    this.failures = 0;
  }

  private putDecimal(writer: BlockWriter, integer: number): void {
    const mapped = zigzag(integer - this.previous);
    const order = orderOfMean(this.mean);
    const power = powersOfTwo[order]!;
    const quotient = Math.floor(mapped / power);
    const zeros = quotient < specialQuotient ? quotient : quotient + 1;
    if (zeros < escapeZeros) putZeros(writer, zeros);
    else {
      writer.put(0, escapeZeros);
      writer.putNumber(quotient);
    }
    writer.putLong(mapped - quotient * power, order);
    this.mean = nextMean(this.mean, mapped);
    this.previous = integer;
  }

  /** The least power of ten that makes the value an integer exactly, −1 if none does. */
  private exponentOf(value: number, high: number, low: number): number {
    for (let exponent = 0; exponent < powers.length; exponent += 1) {
      const integer = Math.round(value * powers[exponent]!);
      if (!(integer < maximumInteger && integer > -maximumInteger)) return -1;
      if (this.correctionOf(integer, exponent, high, low) === 0) return exponent;
    }
    return -1;
  }

  /** Units in the last place from a decimal to the double; 99 when they are too many or it has no decimal. */
  private correctionOf(integer: number, exponent: number, high: number, low: number): number {
    // From one bound to the other, the mapped difference would take 54 bits.
    if (!(integer < maximumInteger && integer > -maximumInteger)) return 99;
    const { double, parts } = this;
    double[0] = integer === 0 ? 0 : integer / powers[exponent]!;
    const difference = low - parts[0]!;
    if (high !== parts[1]! || difference > 8 || difference < -8) return 99;
    return difference;
  }
}

/** `zeros` (< 31) zeros and a one. */
function putZeros(writer: BlockWriter, zeros: number): void {
  writer.put(1 << zeros, zeros + 1);
}
