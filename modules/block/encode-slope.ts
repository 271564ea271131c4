import type { BlockWriter } from './block-writer';
import { check0, check1, check2, check3 } from './check';
import type { Form, Readings } from './integer-forms';
import { earlierAt, lastAt, meanAt, orderAt, quietAt, thresholdAt } from './integer-words';
import { escapeQuotient, maximumOrder } from './types';

/**
 * Encodes readings by the slope predictor.
 *
 * Locals only, none declared inside the loop (XS makes and drops those at every turn), no calls but for the rare
 * escape; the check is folded in with each word. The loops of the predictors share their second half by copy: a call a
 * reading would cost as much as the prediction.
 *
 * @returns the index of the first reading that was not encoded: because the block is full (it did not fit, or its
 * bits fill the last word), because residuals are near zero (`encode-quiet.ts`), or because a run may begin
 */
export function encodeSlope(
  source: Readings,
  from: number,
  to: number,
  writer: BlockWriter,
  form: Readonly<Form>,
): number {
  const { words, limit } = writer;
  let { written, accumulator, pending, crc } = writer;
  if (written >= limit) return from;
  const { brake, gain, pace, quiet: most } = form;
  const threshold = words[thresholdAt]!;
  let last = words[lastAt]!;
  let residual = words[earlierAt]!;
  let difference = last - residual;
  let before = residual - words[earlierAt + 1]!;
  let mean = words[meanAt]!;
  let order = words[orderAt]!;
  const escapeFrom = escapeQuotient;
  // Bits of a code beside its zeros.
  let stop = order + 1;
  let bit = 1 << order;
  let mask = bit - 1;
  const unit = 1 << pace;
  let high = (unit << 1) << order;
  let low = order === 0 ? most : unit << order;
  let mapped = 0;
  let quotient = 0;
  let code = 0;
  let length = 0;
  let mixed = 0;
  let index = from;
  while (index < to) {
    residual = source[index]! - last;
    mapped =
      difference > threshold || -difference > threshold
        ? residual - ((difference * gain - before * brake) >> 3)
        : residual;
    mapped = (mapped << 1) ^ (mapped >> 31);
    before = difference;
    difference = residual;
    last += residual;
    quotient = mapped >>> order;
    if (quotient < escapeFrom) {
      code = (mapped & mask) | (bit << quotient);
      accumulator |= code << pending;
      pending += quotient + stop;
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
        accumulator = code >>> (quotient + stop - pending);
        if (written === limit) {
          if (pending === 0) index += 1;
          break;
        }
      }
      mean += mapped - (mean >> pace);
    } else {
      length = order + escapeFrom + 5 + 32 - Math.clz32(quotient);
      if (32 * written + pending + length > 32 * limit) break;
      writer.written = written;
      writer.accumulator = accumulator;
      writer.pending = pending;
      writer.crc = crc;
      writer.putRice(mapped >>> 0, order);
      ({ written, accumulator, pending, crc } = writer);
      if (written === limit) {
        index += 1;
        break;
      }
      mean += (16 << order) - (mean >> pace);
    }
    index += 1;
    if (mean >= high) {
      while (mean >= high && order < maximumOrder) {
        order += 1;
        high <<= 1;
      }
      stop = order + 1;
      bit = 1 << order;
      mask = bit - 1;
      low = unit << order;
    } else if (mean < low) {
      if (order === 0) {
        order = -1;
        if (mean < unit) words[quietAt] = words[quietAt]! + 1;
        break;
      } else {
        stop = order;
        order -= 1;
        bit = 1 << order;
        mask = bit - 1;
        high = (unit << 1) << order;
        low = order === 0 ? most : unit << order;
      }
    }
  }
  writer.written = written;
  writer.accumulator = accumulator;
  writer.pending = pending;
  writer.crc = crc;
  words[meanAt] = mean;
  words[orderAt] = order;
  words[lastAt] = last;
  last -= difference;
  words[earlierAt] = last;
  words[earlierAt + 1] = last - before;
  return index;
}
