/**
 * The slips of the open block: spans of readings that are not on time, as bits. The newest span is kept open,
 * because the next reading may prolong it or, if it does not fit the block, take it back.
 */
import { bitLength, zigzag } from './block-writer';

/** Words of slips that a block holds at most. How many there are, less one, stands in the last bits of the last. */
const capacity = 32;
const countBits = 5;
const initialGapOrder = 4;

export class SlipWriter {
  private words = new Int32Array(capacity);
  private written = 0;
  private accumulator = 0;
  private pending = 0;
  /** The open span: `run` readings from `index` on; none when `run` is 0. */
  private run = 0;
  private index = 0;
  private missed = 0;
  private late = 0;
  private duration = 0;
  /** What the code of the next span depends on. */
  private end = 0;
  private gapOrder = initialGapOrder;
  private previousLate = 0;
  private previousDuration = 0;

  open(): void {
    this.written = 0;
    this.accumulator = 0;
    this.pending = 0;
    this.run = 0;
    this.end = 0;
    this.gapOrder = initialGapOrder;
    this.previousLate = 0;
    this.previousDuration = 0;
  }

  /** Words that would be taken, had reading `index` these, or −1 when they are too many. */
  wordsWith(index: number, missed: number, late: number, duration: number): number {
    let bits = 32 * this.written + this.pending + countBits;
    if (this.continues(index, missed, late, duration)) bits += this.openBits(this.run + 1);
    else {
      if (this.run > 0) bits += this.openBits(this.run);
      // One more for the change of the gap's order, which the open span's code decides.
      const change =
        gammaBits(index - this.end) +
        16 +
        gammaBits(missed) +
        gammaBits(zigzag(late - this.late)) +
        gammaBits(zigzag(duration - this.duration)) +
        gammaBits(late) +
        gammaBits(duration);
      bits += change + 8;
    }
    const words = (bits + 31) >> 5;
    return words <= capacity ? words : -1;
  }

  add(index: number, missed: number, late: number, duration: number): void {
    if (this.continues(index, missed, late, duration)) this.run += 1;
    else {
      if (this.run > 0) this.putSpan();
      this.index = index;
      this.missed = missed;
      this.late = late;
      this.duration = duration;
      this.run = 1;
    }
  }

  /** Ends the block's slips. @returns how many of `words` they take */
  close(): number {
    if (this.run > 0) this.putSpan();
    if (this.written === 0 && this.pending === 0) return 0;
    // A zero, if there is room for one, ends the spans.
    if (this.pending > 32 - countBits) this.put(0, 32 - this.pending);
    this.words[this.written] = this.accumulator | (this.written << (32 - countBits));
    this.written += 1;
    return this.written;
  }

  word(index: number): number {
    return this.words[index]!;
  }

  private continues(index: number, missed: number, late: number, duration: number): boolean {
    return (
      this.run > 0 &&
      missed === 0 &&
      this.index + this.run === index &&
      this.late === late &&
      this.duration === duration
    );
  }

  private openBits(run: number): number {
    return (
      1 +
      gammaBits((this.index - this.end) >> this.gapOrder) +
      this.gapOrder +
      gammaBits(this.missed) +
      gammaBits(zigzag(this.late - this.previousLate)) +
      gammaBits(zigzag(this.duration - this.previousDuration)) +
      gammaBits(run - 1)
    );
  }

  private putSpan(): void {
    const gap = this.index - this.end;
    const order = this.gapOrder;
    this.put(1, 1);
    this.putGamma(gap >> order);
    this.put(gap & ((1 << order) - 1), order);
    this.putGamma(this.missed);
    this.putGamma(zigzag(this.late - this.previousLate));
    this.putGamma(zigzag(this.duration - this.previousDuration));
    this.putGamma(this.run - 1);
    this.previousLate = this.late;
    this.previousDuration = this.duration;
    this.gapOrder = gap === 0 ? 0 : 31 - Math.clz32(gap);
    this.end = this.index + this.run;
    this.run = 0;
  }

  /** Exponential-Golomb code of an integer 0 … 2⁵³ − 2. */
  private putGamma(value: number): void {
    let rest = value + 1;
    let length = bitLength(rest) - 1;
    for (let zeros = length; zeros > 0; zeros -= 1) this.put(0, 1);
    this.put(1, 1);
    for (; length > 16; length -= 16) {
      this.put(rest % 0x10000, 16);
      rest = Math.floor(rest / 0x10000);
    }
    this.put(rest & ((1 << length) - 1), length);
  }

  private put(value: number, length: number): void {
    const { pending } = this;
    this.accumulator |= value << pending;
    this.pending += length;
    if (this.pending > 31) {
      this.words[this.written] = this.accumulator;
      this.written += 1;
      this.accumulator = value >>> (32 - pending);
      this.pending -= 32;
    }
  }
}

/** Bits that the exponential-Golomb code of a value takes. */
function gammaBits(value: number): number {
  return 2 * bitLength(value + 1) - 1;
}
