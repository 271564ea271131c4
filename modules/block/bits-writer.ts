/** Writes doubles by the bits that changed since the last one (see `number-code.ts`). */
import type { BlockWriter } from './block-writer';
import { BitsCode } from './number-code';

/** Values that are coded by their bits without a look whether they are decimals again. */
const valuesPerLook = 16;

export class BitsWriter {
  /** Values in a row that were no decimals; while bits are coded, how many more are before it looks for decimals. */
  failures = 0;
  /** The last value's halves. */
  high = 0;
  low = 0;
  /** The window in which its changes lay. */
  private leading = 0;
  private length = 64;

  /** Begins with a value that is written whole. */
  start(high: number, low: number): void {
    this.high = high;
    this.low = low;
    this.leading = 0;
    this.length = 64;
  }

  /** Whether to look if this value is a decimal: not always, since looking is dear. */
  mayEnd(high: number, low: number): boolean {
    return this.failures === 0 && (high !== this.high || low !== this.low);
  }

  write(writer: BlockWriter, high: number, low: number): void {
    const changedHigh = (high ^ this.high) >>> 0;
    const changedLow = (low ^ this.low) >>> 0;
    if (changedHigh === 0 && changedLow === 0) {
      writer.put(BitsCode.same, 2);
      return;
    }
    this.failures = this.failures === 0 ? valuesPerLook : this.failures - 1;
    this.high = high;
    this.low = low;
    this.putWindow(writer, changedHigh, changedLow);
    // What lies in the window, from its lowest bit.
    const { length } = this;
    const trailing = 64 - this.leading - length;
    if (trailing >= 32) writer.putLong(changedHigh >>> (trailing - 32), length);
    else {
      const lowLength = Math.min(32 - trailing, length);
      const lowPart = changedLow >>> trailing;
      writer.putLong(lowLength < 32 ? lowPart & ((1 << lowLength) - 1) : lowPart, lowLength);
      if (length > lowLength) writer.putLong(changedHigh, length - lowLength);
    }
  }

  /** The last window again if the changes lie in it and do not take much less, else one of their own. */
  private putWindow(writer: BlockWriter, high: number, low: number): void {
    const { leading: lead, length } = this;
    const leading = Math.min(31, high === 0 ? 32 + Math.clz32(low) : Math.clz32(high));
    const trailing = low === 0 ? 63 - Math.clz32(high & -high) : 31 - Math.clz32(low & -low);
    if (leading >= lead && trailing >= 64 - lead - length && length <= 64 - leading - trailing + 12) {
      writer.put(BitsCode.within, 2);
      return;
    }
    this.leading = leading;
    this.length = 64 - leading - trailing;
    writer.put(BitsCode.window, 2);
    writer.put(leading, 5);
    writer.put(this.length - 1, 6);
  }
}
