import type { BlockWriter } from './block-writer';
import { check0, check1, check2, check3 } from './check';
import { forms, type Readings } from './integer-forms';
import { earlierAt, formAt, heldAt, lastAt, meanAt, orderAt, quietAt, thresholdAt } from './integer-words';
import { escapeQuotient, mostQuiet, Predictor, quietReadings } from './types';

/**
 * Encodes readings by the level or the slope predictor while most residuals are zero: two zeros take one bit, so
 * the first of them is held back until the next reading is known.
 *
 * Locals only, none declared inside the loop, as in `encode-level.ts`. State changes once a reading is sure to fit.
 *
 * @returns the index of the first reading that was not encoded: because it does not fit, because residuals are
 * no longer small, or because a run may begin
 */
export function encodeQuiet(source: Readings, from: number, to: number, writer: BlockWriter): number {
  const { words, limit } = writer;
  let { written, accumulator, pending, crc } = writer;
  if (written >= limit) return from;
  const { brake, gain, pace, predictor, quiet: most, shift } = forms[words[formAt]!]!;
  const threshold = words[thresholdAt]!;
  let last = words[lastAt]!;
  let residual = words[earlierAt]!;
  let difference = last - residual;
  let before = residual - words[earlierAt + 1]!;
  let mean = words[meanAt]!;
  let quiet = words[quietAt]!;
  let held = words[heldAt]!;
  const slope = predictor === Predictor.slope;
  const unit = 1 << pace;
  let mapped = 0;
  let code = 0;
  let length = 0;
  let mixed = 0;
  let index = from;
  while (index < to) {
    if (slope) {
      residual = source[index]! - last;
      mapped = residual;
      if (difference > threshold || -difference > threshold)
        mapped -= (difference * gain - before * brake) >> 3;
      mapped = (mapped << 1) ^ (mapped >> 31);
    } else {
      residual = source[index]! - (last >> shift);
      mapped = (residual << 1) ^ (residual >> 31);
    }
    if (mapped === 0) {
      mean -= mean >> pace;
      if (mean < unit) quiet += 1;
      last += residual;
      if (slope) {
        before = difference;
        difference = residual;
      }
      index += 1;
      if (held === 0) {
        held = 1;
        continue;
      }
      length = 1;
      code = 1;
    } else {
      if (mapped === 1) {
        code = held === 0 ? 2 : 0;
        length = 3;
      } else if (mapped === 2) {
        code = held === 0 ? 6 : 4;
        length = 3 + held;
      } else {
        // Rare, and often the end of the quiet.
        mixed = (mapped - 3) >>> 0;
        length = 6 + (mixed < escapeQuotient ? mixed : escapeQuotient + 36 - Math.clz32(mixed));
        if (32 * written + pending + length > 32 * limit) break;
        writer.written = written;
        writer.accumulator = accumulator;
        writer.pending = pending;
        writer.crc = crc;
        writer.put(12 | (held << 4), 5);
        writer.putRice(mixed, 0);
        ({ written, accumulator, pending, crc } = writer);
        code = 0;
        length = 0;
        mapped = mapped >>> 0 > mostQuiet ? mostQuiet : mapped;
      }
      if (32 * written + pending + length > 32 * limit) break;
      mean += mapped - (mean >> pace);
      if (mean < unit) quiet += 1;
      last += residual;
      if (slope) {
        before = difference;
        difference = residual;
      }
      index += 1;
    }
    held = 0;
    accumulator |= code << pending;
    pending += length;
    if (pending > 31) {
      words[written] = accumulator;
      mixed = crc ^ accumulator;
      crc =
        check3[mixed & 255]! ^
        check2[(mixed >> 8) & 255]! ^
        check1[(mixed >> 16) & 255]! ^
        check0[mixed >>> 24]!;
      written += 1;
      pending -= 32;
      accumulator = code >>> (length - pending);
    }
    if (mean >= most || quiet >= quietReadings || written === limit) break;
  }
  writer.written = written;
  writer.accumulator = accumulator;
  writer.pending = pending;
  writer.crc = crc;
  words[lastAt] = last;
  words[meanAt] = mean;
  words[quietAt] = quiet;
  words[heldAt] = held;
  if (slope) {
    last -= difference;
    words[earlierAt] = last;
    words[earlierAt + 1] = last - before;
  }
  if (mean >= most) {
    let order = 0;
    while (mean >= (unit << 1) << order) order += 1;
    words[orderAt] = order;
  }
  return index;
}
