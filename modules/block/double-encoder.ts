/** Encodes doubles, bit for bit. */
import { Encoder } from './encoder';
import { NumberWriter } from './number-writer';
import type { EncoderOptions } from './types';

const capacity = 16;

export class DoubleEncoder extends Encoder<Float64Array> {
  private parts: Uint32Array;
  private numbers = new NumberWriter();

  constructor(options: EncoderOptions) {
    const staged = new Float64Array(capacity);
    super(2, staged, options);
    this.parts = new Uint32Array(staged.buffer);
  }

  protected override open(): void {
    this.numbers.open();
  }

  protected override encode(from: number, to: number): number {
    const { numbers, parts, staged, writer } = this;
    let index = from;
    while (index < to) {
      const { written, accumulator, pending, crc } = writer;
      numbers.write(writer, staged[index]!, parts[2 * index + 1]!, parts[2 * index]!);
      if (writer.room() < 0) {
        writer.restore(written, accumulator, pending, crc);
        break;
      }
      index += 1;
    }
    return index;
  }
}
