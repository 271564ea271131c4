/**
 * The messages of one block in UTF-8, byte for byte those of `lineOf`: what they have in common is made once, and of a
 * message only the digits that are others are written. Nothing is allocated for one, unless its value is a double of
 * more than four decimal places.
 *
 * It has its memory in the array that the messages go to: XS copies within one array at once, between two byte by byte.
 */
import type { MessageFrame } from './platform-message';

/** Decimal places that a double is tried with, as powers of ten. */
const scales: readonly number[] = Object.freeze([10, 100, 1_000, 10_000]);
const largest = 0x7fffffff;
const million = 1_000_000;
/** Digits of a time from 2001 to 2286, by how often they change: within weeks, within 1,000 s, within a second. */
const highDigits = 7;
const middleDigits = 3;
const lowDigits = 3;
const earliest = 10 ** (highDigits + middleDigits + lowDigits - 1);
/** Bytes of a value, and of an index with the two braces behind it, at most. */
const longestValue = 25;
const longestEnd = 12;

const nine = 57;
const brace = 125;

export class MessageTemplate {
  private readonly bytes: Uint8Array;
  private readonly from: number;
  private readonly messageAt: number;
  /** Where in `bytes` the time is, where what precedes the value ends, and where what follows it ends. */
  private timeAt = 0;
  private valueAt = 0;
  private endAt = 0;
  /** What stands in `bytes`: the time in whole millions of ms and in whole seconds, and the index. */
  private high = 0;
  private second = 0;
  private index = 0;

  /**
   * @param bytes with the template from `from` on, to its end @param lead bytes before each message, which are copied
   * as they are
   */
  constructor(bytes: Uint8Array, from: number, lead: number) {
    this.bytes = bytes;
    this.from = from;
    this.messageAt = from + lead;
  }

  /** Bytes that `write` may need. */
  get longest(): number {
    return this.endAt - this.from + longestValue;
  }

  /** The messages of another block. @param encode text to UTF-8 @returns false: the template has no room for them */
  begin({ head, key, tail }: MessageFrame, encode: (text: string) => Uint8Array): boolean {
    const { bytes, messageAt } = this;
    const before = encode(`${head}"time":${earliest},"payload_fields":{${key}:`);
    const behind = encode(`}${tail}`);
    this.timeAt = messageAt + encode(`${head}"time":`).length;
    this.valueAt = messageAt + before.length;
    const indexAt = this.valueAt + behind.length;
    if (indexAt + longestEnd > bytes.length) return false;
    bytes.set(before, messageAt);
    bytes.set(behind, this.valueAt);
    this.high = this.second = Number.NEGATIVE_INFINITY;
    this.endAt = indexAt;
    this.writeIndex(0, indexAt);
    return true;
  }

  /**
   * Writes lead and message of a reading that is one number or level.
   * @param at where in `bytes`, before the template @param time ms since 1970
   * @returns where it ends; −1: its time has other than 13 digits, for which a template has no place
   */
  write(at: number, value: number | boolean, index: number, time: number): number {
    const { bytes, from, valueAt } = this;
    let low = time - this.second;
    if (!(low >= 0 && low < 1_000)) {
      if (!this.writeSecond(time)) return -1;
      low = time - this.second;
    }
    writeThree(bytes, this.timeAt + highDigits + middleDigits, low | 0);
    if (index !== this.index) this.nextIndex(index);
    bytes.copyWithin(at, from, valueAt);
    const behindAt = writeValue(bytes, at + valueAt - from, value);
    const { endAt } = this;
    bytes.copyWithin(behindAt, valueAt, endAt);
    return behindAt + endAt - valueAt;
  }

  private writeSecond(time: number): boolean {
    if (!(time >= earliest && time < 10 * earliest)) return false;
    const { bytes, timeAt } = this;
    let rest = time - this.high;
    if (!(rest >= 0 && rest < million)) {
      const high = (time / million) | 0;
      writeInteger(bytes, timeAt, high);
      this.high = high * million;
      rest = time - this.high;
    }
    const middle = (rest / 1_000) | 0;
    writeThree(bytes, timeAt + highDigits, middle);
    this.second = this.high + 1_000 * middle;
    return true;
  }

  private nextIndex(index: number): void {
    const { bytes, endAt } = this;
    const digit = bytes[endAt - 3]!;
    if (index !== this.index + 1 || digit === nine) {
      this.writeIndex(index, endAt - 2 - digitsOf(this.index));
      return;
    }
    bytes[endAt - 3] = digit + 1;
    this.index = index;
  }

  private writeIndex(index: number, at: number): void {
    const { bytes } = this;
    const end = writeInteger(bytes, at, index);
    bytes[end] = bytes[end + 1] = brace;
    this.endAt = end + 2;
    this.index = index;
  }
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let least = 10; value >= least; least *= 10) digits++;
  return digits;
}

// Division by multiplication, and constants of the functions themselves: XS divides doubles only, which a chip without
// them does slowly, and looks up a module's names each time.

/** As `JSON.stringify` has it. These write at `at`, and return where what they wrote ends. */
function writeValue(into: Uint8Array, at: number, value: number | boolean): number {
  if (typeof value !== 'number') return writeText(into, at, value ? 'true' : 'false');
  if (value === (value | 0)) return writeInteger(into, at, value | 0);
  const size = value < 0 ? -value : value;
  for (let places = 0; places < scales.length; places++) {
    const scale = scales[places]!;
    const scaled = Math.round(size * scale);
    if (scaled > largest) break;
    // Few digits that give the value again are the shortest that do.
    if (scaled / scale === size) return writeDecimal(into, at, value < 0, scaled, scale);
  }
  return writeText(into, at, JSON.stringify(value));
}

/** ±`scaled` / `scale`, which is no integer. */
function writeDecimal(
  into: Uint8Array,
  at: number,
  negative: boolean,
  scaled: number,
  scale: number,
): number {
  if (negative) into[at++] = 45;
  const whole = (scaled / scale) | 0;
  at = writeInteger(into, at, whole);
  into[at++] = 46;
  let rest = (scaled - whole * scale) | 0;
  for (let place = (scale / 10) | 0; place > 0; place = (place / 10) | 0) {
    const digit = (rest / place) | 0;
    into[at++] = 48 + digit;
    rest -= digit * place;
  }
  return at;
}

/** Of 32 bits. */
function writeInteger(into: Uint8Array, at: number, value: number): number {
  const zero = 48;
  if (value < 0) {
    into[at++] = 45;
    value = -value;
  }
  if (value >= 1_000) {
    const thousands = value < 20_000 ? (value * 8_389) >> 23 : (value / 1_000) | 0;
    return writeThree(into, writeInteger(into, at, thousands), (value - 1_000 * thousands) | 0);
  }
  if (value >= 100) return writeThree(into, at, value);
  if (value >= 10) {
    const tens = (value * 103) >> 10;
    into[at++] = zero + tens;
    value -= 10 * tens;
  }
  into[at] = zero + value;
  return at + 1;
}

/** 0 to 999 in three digits. */
function writeThree(into: Uint8Array, at: number, value: number): number {
  const zero = 48;
  const hundreds = (value * 41) >> 12;
  const rest = value - 100 * hundreds;
  const tens = (rest * 103) >> 10;
  into[at] = zero + hundreds;
  into[at + 1] = zero + tens;
  into[at + 2] = zero + rest - 10 * tens;
  return at + 3;
}

function writeText(into: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) into[at + index] = text.charCodeAt(index);
  return at + text.length;
}
