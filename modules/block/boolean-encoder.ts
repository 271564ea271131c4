/** Encodes levels: the lengths of their runs in adaptive Rice code, which at its least is one bit a reading. */
import { Encoder } from './encoder';
import { type EncoderOptions, runLengthOrder } from './types';

/** Levels that are staged, as the first of the encoder's words. */
const capacity = 32;
/** Bits of the longest code of a run (of up to 2¹⁵ readings), twice: the one that ends, and the block's last. */
const roomForRuns = 96;

/** Takes `true` and `false`, or 1 and 0. */
export class BooleanEncoder extends Encoder<Int32Array> {
  private level = 0;
  private run = 0;
  /** Mean of the runs' lengths less one, times 8. */
  private mean = 0;

  constructor(options: EncoderOptions) {
    super(1, capacity, options);
  }

  override accepts(value: unknown): boolean {
    return value === true || value === false || value === 1 || value === 0;
  }

  protected override open(from: number): void {
    this.level = this.staged[from]!;
    this.run = 0;
    this.mean = 0;
    this.writer.put(this.level, 1);
  }

  protected override encode(from: number, to: number): number {
    const { staged, writer } = this;
    let { level, run } = this;
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
    this.level = level;
    this.run = run;
    return index;
  }

  protected override finish(): void {
    this.putRun(this.run);
  }

  private putRun(run: number): void {
    const { mean } = this;
    this.writer.putRice(run - 1, runLengthOrder(mean));
    this.mean = mean + run - 1 - (mean >> 3);
  }
}
