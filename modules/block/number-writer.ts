/** Writes doubles, bit for bit (see `number-code.ts`). Nothing is allocated a value. */
import { BitsWriter } from './bits-writer';
import { type BlockWriter, bitLength, zigzag } from './block-writer';
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
import { forgive, isSettled, learn, nothingKnown, placesOf, stepOf } from './step-search';
import { powersOfTwo } from './types';

/** The mean before the first block. */
const initialMean = firstMean(3);
/** More stands for the same Rice parameter. */
const mostMean = firstMean(48);

/** Decimals are corrected in the last place only while there is room for doubt which decimal is meant. */
const mostCorrected = 2 ** 46;
const tooMany = 99;

/** Stand for a power of ten: the block's first value is still to come and brings its own; bits are coded. */
const unknown = -1;
const none = -2;
/** A power of ten with a step is the step times this, plus the power. */
const stepUnit = 16;
/** What is known of a step, and a Rice parameter: as one number, less than 0. */
const orders = 64;

export class NumberWriter {
  private exponent = unknown;
  /** The integer before; with a step, as a multiple of it. */
  private previous = 0;
  private mean = initialMean;
  /** What is known of a step. Before the block's first decimal, also the Rice parameter of the block before. */
  private known = nothingKnown;
  /** Made, and a property, with the first value that is no decimal: most numbers are. */
  declare private bits?: BitsWriter;

  constructor() {
    needHalves();
  }

  open(): void {
    const order = this.order();
    const known = this.known < 0 ? Math.floor((-1 - this.known) / orders) : this.known;
    this.known = -1 - (forgive(known) * orders + order);
    this.exponent = unknown;
    this.previous = 0;
    this.mean = firstMean(0);
    this.takeBack();
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
    if (exponent >= stepUnit) return this.putMultiple(writer, value);
    const power = powers[exponent]!;
    const integer = Math.round(value * power);
    if (!isDecimal(value, integer, power)) return false;
    this.putInteger(writer, integer);
    return true;
  }

  private putMultiple(writer: BlockWriter, value: number): boolean {
    const { places, step } = this;
    const power = powers[places]!;
    const multiple = Math.round((value * power) / step);
    if (!isDecimal(value, multiple * step, power)) return false;
    this.putInteger(writer, multiple);
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
      const correction = this.correctionOf(value, high, low);
      if (correction !== tooMany) {
        putZeros(writer, specialQuotient);
        writer.put(Special.corrected, 2);
        writer.put(correction > 0 ? correction + 7 : correction + 8, 4);
        this.putInteger(writer, this.nearest(value));
        return;
      }
      // It is no multiple.
      if (exponent >= stepUnit) this.known = nothingKnown;
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
    writer.put(this.bits.failures > 1 ? Special.bits : Special.raw, 2);
    writer.putLong(low, 32);
    writer.putLong(high, 32);
    if (this.bits.failures === 1) return;
    this.exponent = none;
    this.bits.start(high, low);
  }

  private restart(writer: BlockWriter, value: number, exponent: number): void {
    const order = this.begin(value, exponent);
    writer.put(this.places, 4);
    if (this.exponent >= stepUnit) {
      writer.markStepped();
      writer.put(stepMark, 6);
      writer.putNumber(this.step);
    }
    writer.put(order, 6);
    writer.putNumber(zigzag(this.previous));
    this.mean = firstMean(order);
    this.takeBack();
  }

  /** Takes a step that is believed in, else the power of ten. @returns the Rice parameter to begin with */
  private begin(value: number, exponent: number): number {
    // What the differences were like before, in another block or power of ten, is the best guess.
    let order = this.order();
    if (this.known < 0) {
      const kept = -1 - this.known;
      order = kept % orders;
      this.known = (kept - order) / orders;
    }
    const step = stepOf(this.known);
    const places = placesOf(this.known);
    const multiple = Math.round((value * powers[places]!) / step);
    if (step > 1 && isDecimal(value, multiple * step, powers[places]!)) {
      this.exponent = step * stepUnit + places;
      this.previous = multiple;
      return Math.max(0, order + 1 - bitLength(step));
    }
    this.exponent = exponent;
    this.previous = Math.round(value * powers[exponent]!);
    return order;
  }

  // Apart from what writes, which goes deep: a device's stack is short, and each name takes room in it.

  /** The integer, or multiple, that a value is nearest to. */
  private nearest(value: number): number {
    return Math.round((value * powers[this.places]!) / this.step);
  }

  private correctionOf(value: number, high: number, low: number): number {
    return correctionOf(this.nearest(value) * this.step, this.places, high, low);
  }

  private get step(): number {
    return this.exponent < stepUnit ? 1 : Math.floor(this.exponent / stepUnit);
  }

  private get places(): number {
    return this.exponent & (stepUnit - 1);
  }

  /** The Rice parameter that differences would have without a step. */
  private order(): number {
    return orderOfMean(Math.min(this.mean * this.step, mostMean));
  }

  /** A decimal came: what was none before it counts no more. */
  private takeBack(): void {
    if (this.bits !== undefined) this.bits.failures = 0;
  }

  private putInteger(writer: BlockWriter, integer: number): void {
    if (integer !== this.previous && this.exponent < stepUnit && !isSettled(this.known))
      this.known = learn(this.known, integer - this.previous, this.exponent);
    const mapped = zigzag(integer - this.previous);
    const order = orderOfMean(this.mean);
    this.mean = nextMean(this.mean, mapped);
    this.previous = integer;
    this.takeBack();
    // Of most differences the code is less than a word.
    if (order < 16 && mapped < specialQuotient << order) {
      const quotient = mapped >> order;
      writer.put((1 << quotient) | ((mapped & ((1 << order) - 1)) << (quotient + 1)), quotient + 1 + order);
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
