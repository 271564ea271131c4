/** Encodes doubles, bit for bit. They are staged before the block, in the same buffer. */
import { Encoder } from './encoder';
import { NumberWriter } from './number-writer';
import type { EncoderOptions } from './types';

const capacity = 16;
/** Stands for what is staged until there is a buffer. */
const none = new Float64Array(0);

export class DoubleEncoder extends Encoder<Float64Array> {
  private numbers = new NumberWriter();

  constructor(options: EncoderOptions) {
    super(none, options, 2 * capacity);
    this.staged = new Float64Array(this.writer.words.buffer, 0, capacity);
  }

  protected override kind(): number {
    return 2;
  }

  protected override open(): void {
    this.numbers.open();
  }

  protected override encode(from: number, to: number): number {
    const { numbers, staged, writer } = this;
    const { words } = writer;
    let index = from;
    while (index < to) {
      const { written, accumulator, pending, crc } = writer;
      const value = staged[index]!;
      if (!numbers.putDecimal(writer, value)) {
        const at = 2 * index;
        numbers.putHalves(writer, value, words[at + 1]! >>> 0, words[at]! >>> 0);
      }
      if (writer.room() < 0) {
        writer.restore(written, accumulator, pending, crc);
        break;
      }
      index += 1;
    }
    return index;
  }
}

Object.assign(DoubleEncoder.prototype, { capacity });
