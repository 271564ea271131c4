/**
 * What the encoders of all kinds share: the staging area, the grid of time, the head of a block.
 *
 * In come readings, staged by the collector's own loop (`staged[count] = value; count += 1`), and a call of
 * `slip` for those few that are not on time. Out go blocks, to the sink. What holds: a block never exceeds
 * its target, no reading is split, a staged reading is in exactly one block or counted in `refused`, and
 * nothing is allocated after construction.
 *
 * XS finds a property by walking its object's list, so what a collector's loop touches is declared first,
 * and what is rare lies in objects of its own.
 */
import { BlockWriter } from './block-writer';
import { SlipWriter } from './slip-writer';
import { type BlockSink, type EncoderOptions, formatVersion, maximumReadings } from './types';

/** Slips that wait beside the staged readings: few, since most have none; more are encoded at once, so that an encoder stays small. */
const stagedSlipCapacity = 4;

/** The grid of time, in exact ticks: time of its tick 0, its next tick, and where the open block stands on it. */
class Grid {
  running = false;
  origin = 0;
  tick = 0;
  first = 0;
  /** The last reading's tick, and what its receipt came after it. */
  last = 0;
  delay = 0;
  constructor(
    public numerator: number,
    public denominator: number,
  ) {}

  /** The first whole millisecond at or after a tick. */
  timeOf(tick: number): number {
    const { numerator, denominator } = this;
    return this.origin + (denominator === 1 ? tick * numerator : Math.ceil((tick * numerator) / denominator));
  }
}

export abstract class Encoder<Staged extends { readonly length: number } = { readonly length: number }> {
  /** Next free index of `staged`. */
  count = 0;
  /** Readings that wait to be encoded. */
  staged: Staged;
  capacity: number;
  /** Readings in the open block. */
  readings = 0;
  /** Sequence number of the open block. */
  sequence = 0;
  /** Readings that can never fit a block, or are not of the encoder's kind. */
  refused = 0;

  protected writer: BlockWriter;
  private slips = new SlipWriter();
  private grid: Grid;
  private kind: number;
  private sink: BlockSink;
  private stream: number;
  private boot: { counter: number; random: number };
  /** Slips of staged readings, four numbers each: index, missed, late, duration. */
  private stagedSlips = new Float64Array(4 * stagedSlipCapacity);
  private stagedSlipCount = 0;

  constructor(kind: number, staged: Staged, options: EncoderOptions) {
    const { boot, period, stream, target } = options;
    if (!(target >= 128 && target <= 0xffff))
      throw new RangeError(`block target ${target} is not in 128…65535`);
    for (const part of [period.numerator, period.denominator])
      if (!Number.isSafeInteger(part) || part < 1)
        throw new RangeError(`period ${period.numerator}/${period.denominator} is not a positive fraction`);
    this.staged = staged;
    this.capacity = staged.length;
    this.writer = new BlockWriter(target);
    this.grid = new Grid(period.numerator, period.denominator);
    this.kind = kind;
    this.sink = options.sink;
    this.stream = stream;
    this.boot = { counter: boot.counter, random: boot.random };
  }

  /** Encodes staged readings `from` … `to` − 1 and returns the index of the first that the block has no room for. */
  protected abstract encode(from: number, to: number): number;
  /** Resets what a block's values depend on and writes what precedes staged reading `from`, the first of them. */
  protected abstract open(from: number): void;
  /** Writes what ends the values. */
  protected finish(): void {}

  /** Puts tick 0 of the grid at `time` (ms, an integer). With a grid running, ends its block first. */
  start(time: number): void {
    this.seal();
    this.grid.origin = time;
    this.grid.tick = 0;
    this.grid.running = true;
  }

  /**
   * Notes a reading that is not on time: the one staged last, or the next. May encode those before it, so that
   * `count` is less afterwards. @param index its index in `staged` @param missed whole periods skipped before it
   * @param late ms from its tick to the request @param duration ms from request to receipt
   */
  slip(index: number, missed: number, late: number, duration: number): void {
    if (this.stagedSlipCount === stagedSlipCapacity) {
      this.flushBefore(index);
      index = 0;
    }
    const slips = this.stagedSlips;
    const at = 4 * this.stagedSlipCount;
    this.stagedSlipCount += 1;
    slips[at] = index;
    slips[at + 1] = missed;
    slips[at + 2] = late;
    slips[at + 3] = duration;
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
    const { count, grid } = this;
    if (count === 0) return;
    if (!grid.running) throw new Error('start() comes before the first reading');
    if (this.stagedSlipCount > 0) this.flushWithSlips();
    else this.flushSpan(0, count);
    this.count = 0;
  }

  /** Encodes what is staged and closes the open block, full or not. */
  seal(): void {
    this.flush();
    if (this.readings > 0) this.close();
  }

  private flushWithSlips(): void {
    const slips = this.stagedSlips;
    const slipCount = 4 * this.stagedSlipCount;
    let from = 0;
    for (let at = 0; at < slipCount; at += 4) {
      const index = slips[at]!;
      this.flushSpan(from, index);
      this.flushSlipped(index, slips[at + 1]!, slips[at + 2]!, slips[at + 3]!);
      from = index + 1;
    }
    this.flushSpan(from, this.count);
    this.stagedSlipCount = 0;
  }

  /** Readings that are on time. */
  private flushSpan(start: number, end: number): void {
    const { grid } = this;
    let from = start;
    while (from < end) {
      if (this.readings === 0) this.begin(from, 0);
      let to = end;
      const most = maximumReadings - this.readings;
      if (to - from > most) to = from + most;
      const done = this.encode(from, to);
      if (done > from) {
        this.readings += done - from;
        grid.tick += done - from;
        grid.last = grid.tick - 1;
        grid.delay = 0;
        from = done;
      } else if (this.readings === 0) {
        this.refuse();
        from += 1;
      }
      if (this.readings > 0 && (done < to || this.readings === maximumReadings)) this.close();
    }
  }

  private flushSlipped(index: number, missed: number, late: number, duration: number): void {
    const { grid, slips, writer } = this;
    grid.tick += missed;
    for (;;) {
      const fresh = this.readings === 0;
      if (fresh) this.begin(index, late);
      // A block begins at its first reading's tick, so nothing is missed before that.
      const gap = fresh ? 0 : missed;
      const words = gap + late + duration === 0 ? 0 : slips.wordsWith(this.readings, gap, late, duration);
      const limit = writer.words.length - 1 - words;
      if (words >= 0 && writer.written + 1 + writer.reserve < limit) {
        const before = writer.limit;
        if (words > 0) writer.limit = limit;
        if (this.encode(index, index + 1) > index) {
          if (words > 0) slips.add(this.readings, gap, late, duration);
          this.readings += 1;
          grid.last = grid.tick;
          grid.delay = late + duration;
          grid.tick += 1;
          if (this.readings === maximumReadings) this.close();
          return;
        }
        if (!fresh) writer.limit = before;
      }
      if (fresh) {
        this.refuse();
        return;
      }
      this.close();
    }
  }

  /** Its tick passes without a reading. */
  private refuse(): void {
    this.refused += 1;
    this.grid.tick += 1;
  }

  private begin(from: number, late: number): void {
    const { boot, grid, writer } = this;
    const { numerator, denominator } = grid;
    grid.first = grid.timeOf(grid.tick) + late;
    writer.open();
    this.slips.open();
    writer.putNumber(this.stream);
    writer.putNumber(boot.counter);
    writer.putLong(boot.random, 32);
    writer.putNumber(this.sequence);
    writer.putNumber(grid.origin * denominator + grid.tick * numerator);
    writer.putNumber(numerator);
    writer.putNumber(denominator - 1);
    this.open(from);
  }

  /** Ends the open block with slips and check, and hands it to the sink. */
  private close(): void {
    const { grid, readings, sequence, slips, writer } = this;
    this.finish();
    writer.endValues();
    const slipWords = slips.close();
    for (let index = 0; index < slipWords; index += 1) writer.putWord(slips.word(index));
    const slipped = slipWords > 0 ? 1 : 0;
    const length = writer.close(formatVersion | (this.kind << 4) | (slipped << 6) | (readings << 7));
    const last = grid.timeOf(grid.last) + grid.delay;
    this.sequence += 1;
    this.readings = 0;
    this.sink.block(writer.bytes, length, sequence, readings, grid.first, last);
  }
}
