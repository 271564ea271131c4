/**
 * What the encoders of all kinds share: the staging area, the grid of time, the head and the tail of a block.
 *
 * In come readings, staged by the collector's own loop (`staged[count] = value; count += 1`), and a call of
 * `slip` for those few that are not on time. Out go blocks, to the sink. What holds: a block never exceeds
 * its target, no reading is split, a staged reading is in exactly one block or counted in `refused`, and
 * nothing is allocated after construction.
 *
 * Bits fill 16-bit words from the lowest: `accumulator` holds `pending` (< 16) bits that are not yet a word.
 */
import { checkHigh, checkLow } from './check';
import { type BlockSink, type EncoderOptions, formatVersion, maximumReadings } from './types';

/** Words that the readings' count and the check take at the end. */
const tailWords = 3;
/** Words of slips that a block holds at most. */
const slipCapacity = 64;

const initialGapOrder = 4;

export abstract class Encoder {
  /** Readings that wait to be encoded. Those from `count` on are free. */
  abstract staged: { [index: number]: unknown; readonly length: number };
  capacity: number;
  count = 0;
  /** Readings that can never fit a block. */
  refused = 0;
  /** Sequence number of the open block. */
  sequence = 0;
  /** Readings in the open block. */
  readings = 0;

  protected words: Uint16Array;
  protected written = 0;
  protected accumulator = 0;
  protected pending = 0;
  protected crc = -1;
  /** The open block's values end before this word. */
  protected limit = 0;

  private kind: number;
  private bytes: Uint8Array;
  private sink: BlockSink;
  private stream: number;
  private bootCounter: number;
  private bootRandom: number;
  private numerator: number;
  private denominator: number;
  private running = false;
  /** Time of the grid's tick 0, and the tick of the next reading on it. */
  private origin = 0;
  private tick = 0;
  /** Of the open block: time of its first request and latest receipt. */
  private firstTime = 0;
  private lastTime = 0;

  // Slips of staged readings, four numbers each: index, missed, late, duration.
  private stagedSlips: number[] = [];
  private stagedSlipCount = 0;

  // Slips of the open block: those complete are bits already, the newest may still grow.
  private slipWords = new Uint16Array(slipCapacity);
  private slipWritten = 0;
  private slipAccumulator = 0;
  private slipPending = 0;
  private slipEntries = 0;
  private slipOpen = false;
  private slipIndex = 0;
  private slipMissed = 0;
  private slipLate = 0;
  private slipDuration = 0;
  private slipRun = 0;
  private slipEnd = 0;
  private slipGapOrder = initialGapOrder;
  private slipPreviousLate = 0;
  private slipPreviousDuration = 0;

  constructor(kind: number, capacity: number, options: EncoderOptions) {
    const { boot, period, target } = options;
    if (!(target >= 64 && target <= 0xffff))
      throw new RangeError(`block target ${target} is not in 64…65535`);
    if (
      !Number.isInteger(period.numerator) ||
      !Number.isInteger(period.denominator) ||
      period.numerator < 1 ||
      period.denominator < 1
    )
      throw new RangeError(`period ${period.numerator}/${period.denominator} is not a positive fraction`);
    this.kind = kind;
    this.capacity = capacity;
    this.sink = options.sink;
    this.stream = options.stream;
    this.bootCounter = boot.counter;
    this.bootRandom = boot.random;
    this.numerator = period.numerator;
    this.denominator = period.denominator;
    this.words = new Uint16Array(target >> 1);
    this.bytes = new Uint8Array(this.words.buffer);
    for (let index = 0; index < 4 * capacity; index += 1) this.stagedSlips.push(0);
  }

  /** Encodes staged readings `from` … `to` − 1 and returns the index of the first that the block has no room for. */
  protected abstract encode(from: number, to: number): number;
  /** Resets what a block's values depend on and writes what precedes the first of them. */
  protected abstract open(): void;
  /** Writes what ends the values. */
  protected finish(): void {}

  /** Puts tick 0 of the grid at `time` (ms, an integer). With a grid running, ends its block first. */
  start(time: number): void {
    this.seal();
    this.origin = time;
    this.tick = 0;
    this.running = true;
  }

  /**
   * Notes a staged reading that is not on time.
   * @param index its index in `staged` @param missed whole periods skipped before it
   * @param late ms from its tick to the request @param duration ms from request to receipt
   */
  slip(index: number, missed: number, late: number, duration: number): void {
    const slips = this.stagedSlips;
    const at = 4 * this.stagedSlipCount;
    this.stagedSlipCount += 1;
    slips[at] = index;
    slips[at + 1] = missed;
    slips[at + 2] = late;
    slips[at + 3] = duration;
  }

  /** Encodes what is staged. */
  flush(): void {
    const count = this.count;
    if (count > 0 && !this.running) throw new Error('start() comes before the first reading');
    const slips = this.stagedSlips;
    const slipCount = 4 * this.stagedSlipCount;
    let slip = 0;
    let from = 0;
    while (from < count) {
      let missed = 0;
      let late = 0;
      let duration = 0;
      const slipped = slip < slipCount && slips[slip] === from;
      if (slipped) {
        missed = slips[slip + 1]!;
        late = slips[slip + 2]!;
        duration = slips[slip + 3]!;
      }
      if (this.readings === maximumReadings) this.close();
      if (this.readings === 0) this.begin(missed, late);
      else if (slipped && !this.roomForSlip(missed, late, duration)) {
        this.close();
        this.begin(missed, late);
      }
      let to = slipped ? from + 1 : slip < slipCount ? slips[slip]! : count;
      if (to - from > maximumReadings - this.readings) to = from + maximumReadings - this.readings;
      if (slipped) this.addSlip(this.readings === 0 ? 0 : missed, late, duration);
      const done = this.encode(from, to);
      if (done > from) {
        if (slipped && this.readings > 0) this.tick += missed;
        this.readings += done - from;
        this.tick += done - from;
        this.lastTime = this.timeOf(this.tick - 1) + late + duration;
        if (slipped) slip += 4;
        from = done;
      } else if (this.readings === 0) {
        // Not even alone in a block: its tick passes without a reading.
        this.refused += 1;
        this.tick += 1;
        this.slipOpen = false;
        if (slipped) slip += 4;
        from += 1;
        continue;
      } else if (slipped) this.dropSlip();
      if (done < to) this.close();
    }
    this.count = 0;
    this.stagedSlipCount = 0;
  }

  /** Encodes what is staged and closes the open block, full or not. */
  seal(): void {
    this.flush();
    if (this.readings > 0) this.close();
  }

  /** The first whole millisecond at or after a tick. */
  private timeOf(tick: number): number {
    return this.origin + Math.ceil((tick * this.numerator) / this.denominator);
  }

  private begin(missed: number, late: number): void {
    this.tick += missed;
    this.firstTime = this.timeOf(this.tick) + late;
    this.written = 0;
    this.accumulator = 0;
    this.pending = 0;
    this.crc = -1;
    this.limit = this.words.length - tailWords;
    this.slipWritten = 0;
    this.slipAccumulator = 0;
    this.slipPending = 0;
    this.slipEntries = 0;
    this.slipOpen = false;
    this.slipEnd = 0;
    this.slipGapOrder = initialGapOrder;
    this.slipPreviousLate = 0;
    this.slipPreviousDuration = 0;
    const { denominator } = this;
    this.put((formatVersion << 4) | this.kind, 8);
    this.putVarint(this.stream);
    this.putVarint(this.bootCounter);
    this.put(this.bootRandom & 0xffff, 16);
    this.put(this.bootRandom >>> 16, 16);
    this.putVarint(this.sequence);
    this.putVarint(this.origin * denominator + this.tick * this.numerator);
    this.putVarint(this.numerator * 2 + (denominator > 1 ? 1 : 0));
    if (denominator > 1) this.putVarint(denominator);
    this.open();
  }

  /** Ends the open block with slips, count and check, and hands it to the sink. */
  private close(): void {
    this.finish();
    if (this.written < this.limit && this.pending > 0) this.putWord(this.accumulator & 0xffff);
    let tail = this.readings;
    if (this.slipOpen || this.slipEntries > 0) {
      tail |= 0x8000;
      this.closeSlips();
    }
    this.putWord(tail);
    const crc = ~this.crc;
    this.words[this.written] = crc & 0xffff;
    this.words[this.written + 1] = crc >>> 16;
    const { sequence, readings } = this;
    this.sequence += 1;
    this.readings = 0;
    this.sink.block(this.bytes, 2 * (this.written + 2), sequence, readings, this.firstTime, this.lastTime);
  }

  /** Writes the low `length` (≤ 16) bits of a value. Beyond the limit it writes nothing and returns false. */
  protected put(value: number, length: number): boolean {
    let accumulator = this.accumulator | (value << this.pending);
    let pending = this.pending + length;
    if (pending > 15) {
      if (this.written >= this.limit) return false;
      this.putWord(accumulator & 0xffff);
      accumulator >>>= 16;
      pending -= 16;
    }
    this.accumulator = accumulator;
    this.pending = pending;
    return true;
  }

  private putWord(word: number): void {
    const mixed = this.crc ^ word;
    this.crc = (mixed >>> 16) ^ checkLow[mixed & 255]! ^ checkHigh[(mixed >>> 8) & 255]!;
    this.words[this.written] = word;
    this.written += 1;
  }

  /** LEB128 of an integer 0 … 2⁵³ − 1. */
  protected putVarint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.put((rest % 0x80) | 0x80, 8);
      rest = Math.floor(rest / 0x80);
    }
    this.put(rest, 8);
  }

  // ——— slips ———

  /** Whether the block has room for the slip's bits, its reading apart. */
  private roomForSlip(missed: number, late: number, duration: number): boolean {
    if (this.slipEntries > 253) return false;
    if (this.slipOpen && missed === 0 && this.continues(late, duration)) return this.slipRun < 0x7ff0;
    // The open entry's run and the new entry, counted generously.
    const bits =
      16 * this.slipWritten +
      this.slipPending +
      2 * (this.slipOpen ? this.openSlipBits() : 0) +
      2 * 16 +
      gammaBits(missed) +
      gammaBits(zigzag(late - this.slipLate)) +
      gammaBits(zigzag(duration - this.slipDuration)) +
      32;
    const words = (bits + 15) >> 4;
    return words <= slipCapacity && this.written + 1 < this.words.length - tailWords - 1 - words;
  }

  private continues(late: number, duration: number): boolean {
    return (
      this.slipIndex + this.slipRun === this.readings &&
      this.slipLate === late &&
      this.slipDuration === duration
    );
  }

  private addSlip(missed: number, late: number, duration: number): void {
    if (missed === 0 && late === 0 && duration === 0) return;
    if (this.slipOpen && missed === 0 && this.continues(late, duration)) this.slipRun += 1;
    else {
      if (this.slipOpen) this.putSlip();
      this.slipOpen = true;
      this.slipIndex = this.readings;
      this.slipMissed = missed;
      this.slipLate = late;
      this.slipDuration = duration;
      this.slipRun = 1;
    }
    const words = (16 * this.slipWritten + this.slipPending + this.openSlipBits() + 15) >> 4;
    this.limit = this.words.length - tailWords - 1 - words;
  }

  /** Takes back the newest slip: its reading goes to the next block. */
  private dropSlip(): void {
    if (this.slipIndex + this.slipRun <= this.readings) return;
    this.slipRun -= 1;
    if (this.slipRun === 0) this.slipOpen = false;
  }

  private openSlipBits(): number {
    return (
      gammaBits(Math.floor((this.slipIndex - this.slipEnd) / (1 << this.slipGapOrder))) +
      this.slipGapOrder +
      gammaBits(this.slipMissed) +
      gammaBits(zigzag(this.slipLate - this.slipPreviousLate)) +
      gammaBits(zigzag(this.slipDuration - this.slipPreviousDuration)) +
      gammaBits(this.slipRun - 1)
    );
  }

  private putSlip(): void {
    const gap = this.slipIndex - this.slipEnd;
    const order = this.slipGapOrder;
    this.putSlipGamma(gap >> order);
    this.putSlipBits(gap & ((1 << order) - 1), order);
    this.putSlipGamma(this.slipMissed);
    this.putSlipGamma(zigzag(this.slipLate - this.slipPreviousLate));
    this.putSlipGamma(zigzag(this.slipDuration - this.slipPreviousDuration));
    this.putSlipGamma(this.slipRun - 1);
    this.slipPreviousLate = this.slipLate;
    this.slipPreviousDuration = this.slipDuration;
    this.slipGapOrder = gap === 0 ? 0 : 31 - Math.clz32(gap);
    this.slipEnd = this.slipIndex + this.slipRun;
    this.slipEntries += 1;
    this.slipOpen = false;
  }

  private closeSlips(): void {
    if (this.slipOpen) this.putSlip();
    if (this.slipPending > 0) this.putSlipBits(0, 16 - this.slipPending);
    for (let index = 0; index < this.slipWritten; index += 1) this.putWord(this.slipWords[index]!);
    this.putWord((this.slipWritten << 8) | this.slipEntries);
  }

  /** Exponential-Golomb code of an integer 0 … 2⁵³ − 2. */
  private putSlipGamma(value: number): void {
    let rest = value + 1;
    let length = gammaBits(value) >> 1;
    for (let zeros = length; zeros > 0; zeros -= 1) this.putSlipBits(0, 1);
    this.putSlipBits(1, 1);
    for (; length > 16; length -= 16) {
      this.putSlipBits(rest % 0x10000, 16);
      rest = Math.floor(rest / 0x10000);
    }
    this.putSlipBits(rest % (1 << length), length);
  }

  private putSlipBits(value: number, length: number): void {
    this.slipAccumulator |= value << this.slipPending;
    this.slipPending += length;
    if (this.slipPending > 15) {
      this.slipWords[this.slipWritten] = this.slipAccumulator & 0xffff;
      this.slipWritten += 1;
      this.slipAccumulator >>>= 16;
      this.slipPending -= 16;
    }
  }
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** Bits that the exponential-Golomb code of a value takes. */
function gammaBits(value: number): number {
  let bits = 1;
  for (let rest = value + 1; rest >= 2; rest = Math.floor(rest / 2)) bits += 2;
  return bits;
}
