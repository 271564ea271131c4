/** Writes doubles, bit for bit (see `number-code.ts`). Nothing is allocated a value. */
import { BitsWriter } from './bits-writer';
import { type BlockWriter, zigzag } from './block-writer';
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
} from './number-code';
import { powersOfTwo } from './types';

/** The mean before the first block. */
const initialMean = firstMean(3);

/** Decimals are corrected in the last place only while there is room for doubt which decimal is meant. */
const mostCorrected = 2 ** 46;
const tooMany = 99;

/** Stand for a power of ten: the block's first value is still to come and brings its own; bits are coded. */
const unknown = -1;
const none = -2;

export class NumberWriter {
  private exponent = unknown;
  private previous = 0;
  private mean = initialMean;
  /** The Rice parameter of the block before. */
  private hint = 0;
  /** Made, and a property, with the first value that is no decimal: most numbers are. */
  declare private bits?: BitsWriter;

  constructor() {
    needHalves();
  }

  open(): void {
    this.exponent = unknown;
    this.previous = 0;
    this.hint = orderOfMean(this.mean);
    this.mean = firstMean(0);
    this.forgive();
  }

  putValue(writer: BlockWriter, value: number): void {
    if (this.putDecimal(writer, value)) return;
    double[0] = value;
    this.putHalves(writer, value, halves[1]!, halves[0]!);
  }

  /** Writes a value that is a decimal of the power of ten at hand, as most are. @returns whether it is */
  putDecimal(writer: BlockWriter, value: number): boolean {
    const { exponent } = this;
    if (exponent < 0) return false;
    const power = powers[exponent]!;
    const integer = Math.round(value * power);
    if (!isDecimal(value, integer, power)) return false;
    this.putInteger(writer, integer);
    return true;
  }

  /** Writes any other value. @param high and @param low: its halves, so that the payload of a NaN survives */
  putHalves(writer: BlockWriter, value: number, high: number, low: number): void {
    const { exponent } = this;
    if (exponent === none) {
      const bits = this.bits!;
      const decimal = bits.mayEnd(high, low) ? exponentOf(value) : -1;
      if (decimal < 0) bits.write(writer, high, low);
      else {
        writer.put(BitsCode.decimal, 2);
        this.restart(writer, value, decimal);
      }
      return;
    }
    if (exponent === unknown) this.exponent = 0;
    else {
      const integer = Math.round(value * powers[exponent]!);
      const correction = correctionOf(integer, exponent, high, low);
      if (correction !== tooMany) {
        putZeros(writer, specialQuotient);
        writer.put(Special.corrected, 2);
        writer.put(correction > 0 ? correction + 7 : correction + 8, 4);
        this.putInteger(writer, integer);
        return;
      }
    }
    const found = exponentOf(value);
    putZeros(writer, specialQuotient);
    if (found >= 0) {
      writer.put(Special.exponent, 2);
      this.restart(writer, value, found);
      return;
    }
    this.bits ??= new BitsWriter();
    this.bits.failures += 1;
    const coded = this.bits.failures > 1;
    writer.put(coded ? Special.bits : Special.raw, 2);
    writer.putLong(low, 32);
    writer.putLong(high, 32);
    if (!coded) return;
    this.exponent = none;
    this.bits.start(high, low);
  }

  private restart(writer: BlockWriter, value: number, exponent: number): void {
    const integer = Math.round(value * powers[exponent]!);
    // What the differences were like before, in another block or power of ten, is the best guess.
    const order = this.mean === firstMean(0) ? this.hint : orderOfMean(this.mean);
    writer.put(exponent, 4);
    writer.put(order, 6);
    writer.putNumber(zigzag(integer));
    this.exponent = exponent;
    this.previous = integer;
    this.mean = firstMean(order);
    this.forgive();
  }

  /** A decimal came: what was none before it counts no more. */
  private forgive(): void {
    if (this.bits !== undefined) this.bits.failures = 0;
  }

  private putInteger(writer: BlockWriter, integer: number): void {
    const mapped = zigzag(integer - this.previous);
    const order = orderOfMean(this.mean);
    this.mean = nextMean(this.mean, mapped);
    this.previous = integer;
    this.forgive();
    // Of most differences the code is less than a word.
    if (order < 16 && mapped < specialQuotient << order) {
      const quotient = mapped >> order;
      const rest = mapped & ((1 << order) - 1);
      writer.put((1 << quotient) | (rest << (quotient + 1)), quotient + 1 + order);
      return;
    }
    const power = powersOfTwo[order]!;
    const quotient = Math.floor(mapped / power);
    const zeros = quotient < specialQuotient ? quotient : quotient + 1;
    if (zeros < escapeZeros) putZeros(writer, zeros);
    else {
      writer.put(0, escapeZeros);
      writer.putNumber(quotient);
    }
    writer.putLong(mapped - quotient * power, order);
  }
}

/** Whether a value is this integer over this power of ten, to the bit: −0 is none. */
function isDecimal(value: number, integer: number, power: number): boolean {
  // From one bound to the other, the mapped difference would take 54 bits.
  if (integer / power !== value || integer >= maximumInteger || integer <= -maximumInteger) return false;
  return value !== 0 || 1 / value > 0;
}

/** The least power of ten that makes the value an integer exactly, −1 if none does. */
function exponentOf(value: number): number {
  for (let exponent = 0; exponent < powers.length; exponent += 1) {
    const power = powers[exponent]!;
    const integer = Math.round(value * power);
    if (!(integer < maximumInteger && integer > -maximumInteger)) return -1;
    if (isDecimal(value, integer, power)) return exponent;
  }
  return -1;
}

/** Units in the last place from a decimal to the double, 8 at most; `tooMany` also where the decimal is in doubt. */
function correctionOf(integer: number, exponent: number, high: number, low: number): number {
  if (!(integer <= mostCorrected && integer >= -mostCorrected)) return tooMany;
  double[0] = integer === 0 ? 0 : integer / powers[exponent]!;
  const difference = low - halves[0]!;
  return high === halves[1]! && difference <= 8 && difference >= -8 ? difference : tooMany;
}

/** `zeros` (< 31) zeros and a one. */
function putZeros(writer: BlockWriter, zeros: number): void {
  writer.put(1 << zeros, zeros + 1);
}
