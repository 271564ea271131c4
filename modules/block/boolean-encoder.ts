/** Encodes levels: the lengths of their runs in adaptive Rice code, which at its least is one bit a reading. */
import { Encoder } from './encoder';
import { type EncoderOptions, runLengthOrder } from './types';

/** Levels that are staged, as the first of the encoder's words. */
const capacity = 32;
/** What the values of the open block depend on, in the words behind those: level and length of the run, and the mean of the runs' lengths less one, times 8. */
const levelAt = capacity;
const runAt = levelAt + 1;
const meanAt = runAt + 1;
const own = meanAt + 1;
/** Bits of the longest code of a run (of up to 2¹⁵ readings), twice: the one that ends, and the block's last. */
const roomForRuns = 96;

/** Takes `true` and `false`, or 1 and 0. */
export class BooleanEncoder extends Encoder<Int32Array> {
  constructor(options: EncoderOptions) {
    super(undefined, options, own);
  }

  protected override kind(): number {
    return 1;
  }

  override accepts(value: unknown): boolean {
    return value === true || value === false || value === 1 || value === 0;
  }

  protected override open(from: number): void {
    const { staged, writer } = this;
    const level = staged[from]!;
    staged[levelAt] = level;
    staged[runAt] = 0;
    staged[meanAt] = 0;
    writer.put(level, 1);
  }

  protected override encode(from: number, to: number): number {
    const { staged, writer } = this;
    let level = staged[levelAt]!;
    let run = staged[runAt]!;
    let index = from;
    while (index < to) {
      if (staged[index] === level) run += 1;
      else {
        if (writer.room() < roomForRuns) break;
        this.putRun(run);
        level = 1 - level;
        run = 1;
      }
      index += 1;
    }
    staged[levelAt] = level;
    staged[runAt] = run;
    return index;
  }

  protected override finish(): void {
    this.putRun(this.staged[runAt]!);
  }

  private putRun(run: number): void {
    const { staged, writer } = this;
    const mean = staged[meanAt]!;
    writer.putRice(run - 1, runLengthOrder(mean));
    staged[meanAt] = mean + run - 1 - (mean >> 3);
  }
}

Object.assign(BooleanEncoder.prototype, { capacity });
