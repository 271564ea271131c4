/** Encodes 32-bit integers: first differences in adaptive Rice code. */
import { checkHigh, checkLow } from './check';
import { Encoder } from './encoder';
import type { EncoderOptions } from './types';

const capacity = 64;

export class IntegerEncoder extends Encoder {
  override staged: number[] = [];
  private previous = 0;
  /** Mean of the mapped residuals, times 16. */
  private mean = 0;

  constructor(options: EncoderOptions) {
    super(0, capacity, options);
    for (let index = 0; index < capacity; index += 1) this.staged.push(0);
  }

  protected override open(): void {
    this.previous = 0;
    this.mean = 256;
  }

  protected override encode(from: number, to: number): number {
    const { staged, words, limit } = this;
    let { written, accumulator, pending, crc, previous, mean } = this;
    if (written >= limit) return from;
    let index = from;
    while (index < to) {
      const value = staged[index]!;
      const difference = value - previous;
      previous = value;
      let mapped = (difference << 1) ^ (difference >> 31);
      let order = 0;
      for (let rest = mean >> 4; rest > 1; rest >>= 1) order += 1;
      if (order > 10) order = 10;
      mean += Math.min(mapped >>> 0, 0xffff) - (mean >> 4);
      const quotient = mapped >>> order;
      let length = quotient + 1 + order;
      let rest = 0;
      let code = 0;
      if (length <= 16) code = (mapped & ((1 << order) - 1)) | ((1 << order) << quotient);
      else {
        // Sixteen bits without the terminating one, then the residual in 32.
        rest = 2;
        length = 16;
      }
      for (;;) {
        accumulator |= code << pending;
        pending += length;
        if (pending > 15) {
          if (written === limit) break;
          const word = accumulator & 0xffff;
          words[written] = word;
          const mixed = crc ^ word;
          crc = (mixed >>> 16) ^ checkLow[mixed & 255]! ^ checkHigh[(mixed >>> 8) & 255]!;
          written += 1;
          accumulator >>>= 16;
          pending -= 16;
        }
        if (rest === 0) break;
        rest -= 1;
        length = 16;
        code = mapped & 0xffff;
        mapped >>>= 16;
      }
      if (written === limit) {
        if (pending === 0) index += 1;
        break;
      }
      index += 1;
    }
    this.written = written;
    this.accumulator = accumulator;
    this.pending = pending;
    this.crc = crc;
    this.previous = previous;
    this.mean = mean;
    return index;
  }
}
