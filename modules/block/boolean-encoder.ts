/** Encodes levels: the lengths of their runs in adaptive Rice code, which at its least is one bit a reading. */
import { Encoder } from './encoder';
import { type EncoderOptions, runLengthOrder } from './types';

const capacity = 32;
/** Bits of the longest code of a run (of up to 2¹⁵ readings), twice: the one that ends, and the block's last. */
const roomForRuns = 96;

/** What the values of the open block depend on. */
class BooleanState {
  level = false;
  run = 0;
  /** Mean of the runs' lengths less one, times 8. */
  mean = 0;
}

/** Takes `true` and `false`, or 1 and 0. */
export class BooleanEncoder extends Encoder<(boolean | number)[]> {
  private state = new BooleanState();

  constructor(options: EncoderOptions) {
    const staged = new Array<boolean>(capacity).fill(false);
    super(1, staged, options);
  }

  protected override open(from: number): void {
    const { state, writer } = this;
    // Of what kind it is, `encode` looks at.
    const first = this.staged[from];
    state.level = first === true || first === 1;
    state.run = 0;
    state.mean = 0;
    writer.put(state.level ? 1 : 0, 1);
  }

  protected override encode(from: number, to: number): number {
    const { staged, state, writer } = this;
    let { level, run } = state;
    let number = level ? 1 : 0;
    let index = from;
    while (index < to) {
      const value = staged[index];
      if (value === level || value === number) run += 1;
      else {
        if (value !== !level && value !== 1 - number) break;
        if (writer.room() < roomForRuns) break;
        this.putRun(run);
        level = !level;
        number = 1 - number;
        run = 1;
      }
      index += 1;
    }
    state.level = level;
    state.run = run;
    return index;
  }

  protected override finish(): void {
    this.putRun(this.state.run);
  }

  private putRun(run: number): void {
    const { state, writer } = this;
    const order = runLengthOrder(state.mean);
    writer.putRice(run - 1, order);
    state.mean += run - 1 - (state.mean >> 3);
  }
}
