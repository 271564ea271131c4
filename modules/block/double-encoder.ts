/** Encodes doubles, bit for bit. They are staged behind the block, in the same buffer. */
import { Encoder } from './encoder';
import { NumberWriter } from './number-writer';
import type { EncoderOptions } from './types';

const capacity = 16;
/** A word more than they take: doubles lie at multiples of eight bytes. */
const stagedWords = 2 * capacity + 1;
/** Stands for what is staged until there is a buffer. */
const none = new Float64Array(0);

export class DoubleEncoder extends Encoder<Float64Array> {
  private numbers = new NumberWriter();

  constructor(options: EncoderOptions) {
    super(2, none, options, stagedWords);
    const at = 8 * Math.ceil(this.memoryAt() / 2);
    this.staged = new Float64Array(this.writer.words.buffer, at, capacity);
    this.capacity = capacity;
  }

  protected override open(): void {
    this.numbers.open();
  }

  protected override encode(from: number, to: number): number {
    const { numbers, staged, writer } = this;
    const { words } = writer;
    const halves = staged.byteOffset >> 2;
    let index = from;
    while (index < to) {
      const { written, accumulator, pending, crc } = writer;
      const value = staged[index]!;
      if (!numbers.writeDecimal(writer, value)) {
        const at = halves + 2 * index;
        numbers.writeHalves(writer, value, words[at + 1]! >>> 0, words[at]! >>> 0);
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
