/**
 * The slips of an open block: spans of readings that are not on time, as bits. The newest span is kept open,
 * because the next reading may prolong it or, if it does not fit the block, take it back.
 *
 * One writer serves all encoders: what a block's slips depend on lies in words before the block (`load`, `save`), and
 * the bits themselves in the block, right behind the limit of its values, until it closes.
 */
import { type BlockWriter, bitLength, zigzag } from './block-writer';
import { putWide, wideAt } from './number-words';

/** Words of slips that a block holds at most. How many there are, less one, stands in the last bits of the last. */
const capacity = 32;
const countBits = 5;
const initialGapOrder = 4;

/** Words that the slips of an open block are remembered in. */
export const slipWords = 15;

export class SlipWriter {
  private writer: BlockWriter | undefined;
  /** Where its slips are remembered, and whether they are others by now. */
  private at = 0;
  private changed = false;
  /** Bits written. */
  private bits = 0;
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

  /** Takes up the slips of a writer's block, which are remembered from word `at` on; those of another are put down there. */
  load(writer: BlockWriter, at: number): this {
    const { words } = writer;
    const fresh = writer.limit === writer.end();
    if (this.writer === writer && !fresh) return this;
    if (this.writer !== writer) this.save();
    this.writer = writer;
    this.at = at;
    this.changed = false;
    this.bits = fresh ? 0 : words[at]!;
    this.run = fresh ? 0 : words[at + 1]!;
    this.end = fresh ? 0 : words[at + 3]!;
    this.gapOrder = fresh ? initialGapOrder : words[at + 4]!;
    this.previousLate = fresh ? 0 : wideAt(words, at + 5);
    this.previousDuration = fresh ? 0 : wideAt(words, at + 7);
    this.index = fresh ? 0 : words[at + 2]!;
    this.missed = fresh ? 0 : wideAt(words, at + 9);
    this.late = fresh ? 0 : wideAt(words, at + 11);
    this.duration = fresh ? 0 : wideAt(words, at + 13);
    return this;
  }

  /** Puts down what is taken up, unless it is down already. */
  save(): void {
    if (!this.changed) return;
    this.changed = false;
    const { at } = this;
    const { words } = this.writer!;
    words[at] = this.bits;
    words[at + 1] = this.run;
    words[at + 2] = this.index;
    words[at + 3] = this.end;
    words[at + 4] = this.gapOrder;
    putWide(words, at + 5, this.previousLate);
    putWide(words, at + 7, this.previousDuration);
    putWide(words, at + 9, this.missed);
    putWide(words, at + 11, this.late);
    putWide(words, at + 13, this.duration);
  }

  /** Words that would be taken, had reading `index` these, or −1 when they are too many. */
  wordsWith(index: number, missed: number, late: number, duration: number): number {
    let bits = this.bits + countBits;
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

  /** Notes a reading for which the writer's limit has come down by what `wordsWith` said. @param limit what it was before */
  add(limit: number, index: number, missed: number, late: number, duration: number): void {
    const writer = this.writer!;
    this.changed = true;
    if (writer.limit !== limit) writer.words.copyWithin(writer.limit, limit, limit + ((this.bits + 31) >> 5));
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

  /** Ms from the tick of reading `index`, the last, to its receipt. */
  delayOf(index: number): number {
    return this.run > 0 && this.index + this.run === index + 1 ? this.late + this.duration : 0;
  }

  /** Ends the block's slips and moves them to where its values end. */
  close(): void {
    const writer = this.writer!;
    this.changed = false;
    if (this.run > 0) this.putSpan();
    const { limit, words } = writer;
    // A zero, if there is room for one, ends the spans.
    if ((this.bits & 31) > 32 - countBits) this.put(0, 32 - (this.bits & 31));
    const last = this.bits >> 5;
    const at = limit + last;
    words[at] = ((this.bits & 31) === 0 ? 0 : words[at]!) | (last << (32 - countBits));
    writer.limit = writer.end();
    for (let index = 0; index <= last; index += 1) writer.putWord(words[limit + index]!);
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
    if (length < 16) {
      this.put((((rest << 1) & ((2 << length) - 1)) | 1) << length, 2 * length + 1);
      return;
    }
    for (let zeros = length; zeros > 0; zeros -= 1) this.put(0, 1);
    this.put(1, 1);
    for (; length > 16; length -= 16) {
      this.put(rest % 0x10000, 16);
      rest = Math.floor(rest / 0x10000);
    }
    this.put(rest & ((1 << length) - 1), length);
  }

  private put(value: number, length: number): void {
    const { limit, words } = this.writer!;
    const pending = this.bits & 31;
    const at = limit + (this.bits >> 5);
    words[at] = pending === 0 ? value : words[at]! | (value << pending);
    if (pending + length > 32) words[at + 1] = value >>> (32 - pending);
    this.bits += length;
  }
}

/** Bits that the exponential-Golomb code of a value takes. */
function gammaBits(value: number): number {
  return 2 * bitLength(value + 1) - 1;
}
