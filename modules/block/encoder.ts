/**
 * What the encoders of all kinds share: the staging area, the grid of time, the head of a block.
 *
 * In come readings, staged by the collector's own loop (`staged[count] = value; count += 1`), and a call of
 * `slip` for those few that are not on time. Out go blocks, to the sink. What holds: a block never exceeds
 * its target, no reading is split, a staged reading is in exactly one block or counted in `refused`, and
 * nothing is allocated after construction.
 *
 * XS finds a property by walking its object's list, so what a collector's loop touches is declared first. What is
 * rare lies in words before the block, in the same buffer: four bytes where a property takes sixteen.
 */
import { BlockWriter } from './block-writer';
import type { Readings } from './integer-forms';
import { putWide, wideAt, wideWords } from './number-words';
import { SlipWriter, slipWords } from './slip-writer';
import { type BlockSink, type EncoderOptions, formatVersion, maximumReadings, type Period } from './types';

/** Slips that wait beside the staged readings: few, since most have none; more are encoded at once, so that an encoder stays small. */
const stagedSlipCapacity = 3;
/** Above their number: encoding has paused. */
const paused = 4;

/** Words of a staged slip: its index, and three wide numbers. */
const stagedSlipWords = 1 + 3 * wideWords;

/** What all encoders remember, in words right before the block, counted from `memoryAt()`: slips, and what heads are made of. */
const stagedSlipsAt = slipWords;
const streamAt = stagedSlipsAt + stagedSlipCapacity * stagedSlipWords;
const bootCounterAt = streamAt + 1;
const bootRandomAt = bootCounterAt + 1;
const sequenceAt = bootRandomAt + 1;
const refusedAt = sequenceAt + 1;
/** While `paused`, the first staged reading that is not encoded. */
const encodedAt = refusedAt + 1;
/** When tick 0 of the grid is, and when the open block's first reading was requested (ms, wide). */
const originAt = encodedAt + 1;
const begunAt = originAt + wideWords;
const commonWords = begunAt + wideWords;

/** All encoders use it, for a moment. Made at the first use, since what is preloaded cannot change. */
let slipWriter: SlipWriter | undefined;

/** Lets go of it until an encoder needs it again. */
export function releaseSlipWriter(): void {
  slipWriter?.save();
  slipWriter = undefined;
}

export abstract class Encoder<Staged extends { readonly length: number } = { readonly length: number }> {
  /** Next free index of `staged`. */
  count = 0;
  /** Readings that wait to be encoded. */
  staged: Staged;
  /** How many can wait. The same for all of a kind, so it stands with its prototype. */
  declare readonly capacity: number;
  /** Readings in the open block. */
  readings = 0;

  protected writer: BlockWriter;
  /** How many slips are staged, and whether (`paused`) what is staged is encoded in part. Mostly 0. */
  private marks = 0;
  /** The next reading's tick. */
  private tick = Number.NaN;
  private sink: BlockSink;
  private period: Period;

  /**
   * @param staged an array to stage in; none to stage in the first words of the kind's own
   * @param own words of the kind's own, before the block
   */
  constructor(staged: Staged | undefined, options: EncoderOptions, own = 0) {
    const { boot, period, target } = options;
    if (!(target >= 128 && target <= 0xffff))
      throw new RangeError(`block target ${target} is not in 128…65535`);
    for (const part of [period.numerator, period.denominator])
      if (!Number.isSafeInteger(part) || part < 1)
        throw new RangeError(`period ${period.numerator}/${period.denominator} is not a positive fraction`);
    const writer = new BlockWriter(own + commonWords, target);
    const { words } = writer;
    this.staged = staged ?? (words as Readings as Staged);
    this.writer = writer;
    this.sink = options.sink;
    this.period = period;
    words[own + streamAt] = options.stream;
    words[own + bootCounterAt] = boot.counter;
    words[own + bootRandomAt] = boot.random;
  }

  /** The kind's code in a block's beginning. */
  protected abstract kind(): number;
  /** Encodes staged readings `from` … `to` − 1 and returns the index of the first that the block has no room for. */
  protected abstract encode(from: number, to: number): number;
  /** Resets what a block's values depend on and writes what precedes staged reading `from`, the first of them. */
  protected abstract open(from: number): void;
  /** Writes what ends the values. */
  protected finish(): void {}
  /** Words that `finish` may need. */
  protected reserve(): number {
    return 0;
  }
  /** Whether a reading is one of the encoder's kind. Into words, nothing else may be staged. */
  accepts(_value: unknown): boolean {
    return true;
  }

  /** Sequence number of the open block. */
  get sequence(): number {
    return this.writer.words[this.memoryAt() + sequenceAt]! >>> 0;
  }

  /** Readings that can never fit a block, or are not of the encoder's kind. */
  get refused(): number {
    return this.writer.words[this.memoryAt() + refusedAt]!;
  }

  private memoryAt(): number {
    return this.writer.begin() - commonWords;
  }

  /** Puts tick 0 of the grid at `time` (ms, an integer). With a grid running, ends its block first. */
  start(time: number): void {
    this.seal();
    putWide(this.writer.words, this.memoryAt() + originAt, time);
    this.tick = 0;
  }

  /**
   * Notes a reading that is not on time: the one staged last, or the next. May encode those before it, so that
   * `count` is less afterwards. @param index its index in `staged` @param missed whole periods skipped before it
   * @param late ms from its tick to the request @param duration ms from request to receipt
   */
  slip(index: number, missed: number, late: number, duration: number): void {
    if ((this.marks & stagedSlipCapacity) === stagedSlipCapacity) {
      this.flushBefore(index);
      index = 0;
    }
    const { words } = this.writer;
    const at = this.stagedSlipAt(this.marks & stagedSlipCapacity);
    this.marks += 1;
    words[at] = index;
    putWide(words, at + 1, missed);
    putWide(words, at + 3, late);
    putWide(words, at + 5, duration);
  }

  private stagedSlipAt(number: number): number {
    return this.memoryAt() + stagedSlipsAt + number * stagedSlipWords;
  }

  /** Encodes what is staged before reading `index`, which is the last one staged or the next. */
  private flushBefore(index: number): void {
    const staged = this.staged as unknown as unknown[];
    const waits = this.count > index;
    const last = staged[index];
    this.count = index;
    this.flush();
    if (!waits) return;
    staged[0] = last;
    this.count = 1;
  }

  /** Encodes what is staged. */
  flush(): void {
    const { count } = this;
    if (count === 0) return;
    if (this.marks > 0) this.flushMarked();
    else this.flushSpan(0, count, false);
    this.count = 0;
  }

  /** Encodes what is staged and closes the open block, full or not. */
  seal(): void {
    this.flush();
    if (this.readings > 0) this.close();
  }

  /** Counts a reading that `accepts` does not take, `missed` periods after the one before. Ends the open block. */
  refuse(missed: number): void {
    this.seal();
    this.tick += missed;
    this.pass();
  }

  /** The same with slips, or after a pause. */
  private flushMarked(): void {
    const { writer } = this;
    const slips = this.marks & stagedSlipCapacity;
    let from = this.encoded();
    for (let slip = 0; slip < slips; slip += 1) {
      const at = this.stagedSlipAt(slip);
      const index = writer.words[at]!;
      this.flushSpan(from, index, false);
      // From here, and not from a frame of its own: to encode and the way to the flash need all the stack they can have.
      for (let left = true; left; ) {
        const fresh = this.readings === 0;
        if (fresh) this.beginSlipped(index, at);
        const before = writer.limit;
        if (this.leaveRoom(at) && this.encode(index, index + 1) > index) {
          this.noteSlip(at, before);
          left = false;
        } else {
          writer.limit = before;
          left = !fresh;
          if (fresh) this.pass();
        }
        if (left || this.readings === maximumReadings) this.close();
      }
      from = index + 1;
    }
    this.flushSpan(from, this.count, false);
    this.marks = 0;
  }

  /** Encodes readings that are on time. @returns the index of the first that is left, where it may pause */
  private flushSpan(start: number, end: number, mayPause: boolean): number {
    let from = start;
    while (from < end) {
      let { readings } = this;
      if (readings === 0) this.begin(from, 0);
      let to = end;
      const most = maximumReadings - readings;
      if (to - from > most) to = from + most;
      const done = this.encode(from, to);
      if (done > from) {
        readings += done - from;
        this.readings = readings;
        this.tick += done - from;
        from = done;
      } else if (readings === 0) {
        this.pass();
        from += 1;
      }
      if (readings > 0 && (done < to || readings === maximumReadings)) {
        this.close();
        if (mayPause && this.pauses()) return from;
      }
    }
    return end;
  }

  /** Begins a block with a reading that is not on time. */
  private beginSlipped(index: number, at: number): void {
    const { words } = this.writer;
    // A block begins at its first reading's tick, so nothing is missed before that.
    this.tick += wideAt(words, at + 1);
    putWide(words, at + 1, 0);
    this.begin(index, wideAt(words, at + 3));
  }

  /** Leaves room in the open block for the slip that is staged at `at`. @returns false if there is none */
  private leaveRoom(at: number): boolean {
    const { writer } = this;
    const { words } = writer;
    const missed = wideAt(words, at + 1);
    const late = wideAt(words, at + 3);
    const duration = wideAt(words, at + 5);
    let taken = 0;
    if (missed + late + duration > 0) {
      slipWriter ??= new SlipWriter();
      taken = slipWriter.load(writer, this.memoryAt()).wordsWith(this.readings, missed, late, duration);
    }
    const limit = Math.min(writer.limit, writer.end() - taken);
    if (taken < 0 || writer.written + 1 + this.reserve() >= limit) return false;
    writer.limit = limit;
    return true;
  }

  /** The reading with the slip is encoded. @param before the limit without it */
  private noteSlip(at: number, before: number): void {
    const { words } = this.writer;
    const missed = wideAt(words, at + 1);
    const late = wideAt(words, at + 3);
    const duration = wideAt(words, at + 5);
    if (missed + late + duration > 0) slipWriter!.add(before, this.readings, missed, late, duration);
    this.readings += 1;
    this.tick += missed + 1;
  }

  /** Its tick passes without a reading. */
  private pass(): void {
    const at = this.memoryAt() + refusedAt;
    this.writer.words[at] = this.writer.words[at]! + 1;
    this.tick += 1;
  }

  /** The first whole millisecond at or after a tick. */
  private timeOf(tick: number): number {
    const { numerator, denominator } = this.period;
    const origin = wideAt(this.writer.words, this.memoryAt() + originAt);
    return origin + (denominator === 1 ? tick * numerator : Math.ceil((tick * numerator) / denominator));
  }

  private begin(from: number, late: number): void {
    const { period, tick, writer } = this;
    if (Number.isNaN(tick)) throw new Error('start() comes before the first reading');
    const { numerator, denominator } = period;
    const { words } = writer;
    const at = this.memoryAt();
    putWide(words, at + begunAt, this.timeOf(tick) + late);
    writer.open();
    writer.putNumber(words[at + streamAt]! >>> 0);
    writer.putNumber(words[at + bootCounterAt]! >>> 0);
    writer.putLong(words[at + bootRandomAt]! >>> 0, 32);
    writer.putNumber(words[at + sequenceAt]! >>> 0);
    writer.putNumber(wideAt(words, at + originAt) * denominator + tick * numerator);
    writer.putNumber(numerator);
    writer.putNumber(denominator - 1);
    this.open(from);
  }

  /** Ends the open block with slips and check, and hands it to the sink. */
  private close(): void {
    const { readings, writer } = this;
    const { words } = writer;
    const at = this.memoryAt();
    this.finish();
    writer.endValues();
    // The last reading stands before the tick to come, and was received then or, if it slipped, later.
    let end = this.timeOf(this.tick - 1);
    const slipped = writer.limit < writer.end();
    if (slipped) {
      slipWriter ??= new SlipWriter();
      slipWriter.load(writer, at);
      end += slipWriter.delayOf(readings - 1);
      slipWriter.close();
    }
    const length = writer.close(
      formatVersion | (this.kind() << 4) | ((slipped ? 1 : 0) << 6) | (readings << 7),
    );
    const sequence = words[at + sequenceAt]! >>> 0;
    words[at + sequenceAt] = sequence + 1;
    this.readings = 0;
    this.sink.block(writer.bytes, length, sequence, readings, wideAt(words, at + begunAt), end);
  }

  /**
   * Does a step of `flush`, of a few ms at most. Where a block ends and the next one is to be chosen with care, that is
   * left to further steps. @returns whether it was the last
   */
  advance(): boolean {
    const { count } = this;
    if ((this.marks & stagedSlipCapacity) > 0) this.flushMarked();
    else {
      if (this.readings === 0 && this.prepare()) return false;
      const done = this.flushSpan(this.marks === 0 ? 0 : this.encoded(), count, true);
      if (done < count) {
        this.marks = paused;
        this.writer.words[this.memoryAt() + encodedAt] = done;
        return false;
      }
      this.marks = 0;
    }
    this.count = 0;
    return true;
  }

  /** Whether there may be something to prepare before the next block opens. */
  protected pauses(): boolean {
    return false;
  }

  /** While no block is open, does a step of what the next one takes. @returns whether there was one */
  protected prepare(): boolean {
    return false;
  }

  /** Whether a further slip makes room for itself first, which encodes what precedes it. */
  get crowded(): boolean {
    return (this.marks & stagedSlipCapacity) === stagedSlipCapacity;
  }

  /** Whether any slip waits to be encoded. */
  get slipped(): boolean {
    return (this.marks & stagedSlipCapacity) > 0;
  }

  /** Readings that are in no closed block yet. */
  get held(): number {
    return this.count - this.encoded() + this.readings;
  }

  /** Staged readings that are encoded already. */
  private encoded(): number {
    return this.marks < paused ? 0 : this.writer.words[this.memoryAt() + encodedAt]!;
  }
}
