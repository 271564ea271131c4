import type { BlockWriter } from './block-writer';
import { check0, check1, check2, check3 } from './check';
import type { Form, Readings } from './integer-forms';
import { earlierAt, lastAt, meanAt, orderAt, quietAt, weightsAt } from './integer-words';
import { escapeQuotient, maximumOrder, quietReadings } from './types';

/**
 * Encodes readings by the filter: a sign-sign LMS over the last eight differences.
 *
 * Locals only, none declared inside the loop (XS makes and drops those at every turn), no calls but for the rare
 * escape; the check is folded in with each word. The loops of the predictors share their second half by copy: a call a
 * reading would cost as much as the prediction.
 *
 * @returns the index of the first reading that was not encoded: because the block is full (it did not fit, or its
 * bits fill the last word), or because a run may begin
 */
export function encodeFiltered(
  source: Readings,
  from: number,
  to: number,
  writer: BlockWriter,
  form: Readonly<Form>,
): number {
  const { words, limit } = writer;
  let { written, accumulator, pending, crc } = writer;
  if (written >= limit) return from;
  const { shift } = form;
  const readings = earlierAt;
  const weights = weightsAt;
  let previous = words[lastAt]!;
  let mean = words[meanAt]!;
  let order = words[orderAt]!;
  let quiet = words[quietAt]!;
  const escapeFrom = escapeQuotient;
  let bit = 1 << order;
  let mask = bit - 1;
  let high = 16 << order;
  let low = 8 << order;
  const half = (1 << shift) >> 1;
  // Differences from the readings that are remembered, by turns in two locals.
  let value = words[readings]!;
  let difference0 = previous - value;
  let residual = words[readings + 1]!;
  let difference1 = value - residual;
  value = words[readings + 2]!;
  let difference2 = residual - value;
  residual = words[readings + 3]!;
  let difference3 = value - residual;
  value = words[readings + 4]!;
  let difference4 = residual - value;
  residual = words[readings + 5]!;
  let difference5 = value - residual;
  value = words[readings + 6]!;
  let difference6 = residual - value;
  residual = words[readings + 7]!;
  let difference7 = value - residual;
  let weight0 = words[weights]!;
  let weight1 = words[weights + 1]!;
  let weight2 = words[weights + 2]!;
  let weight3 = words[weights + 3]!;
  let weight4 = words[weights + 4]!;
  let weight5 = words[weights + 5]!;
  let weight6 = words[weights + 6]!;
  let weight7 = words[weights + 7]!;
  let sign0 = difference0 > 0 ? 1 : difference0 < 0 ? -1 : 0;
  let sign1 = difference1 > 0 ? 1 : difference1 < 0 ? -1 : 0;
  let sign2 = difference2 > 0 ? 1 : difference2 < 0 ? -1 : 0;
  let sign3 = difference3 > 0 ? 1 : difference3 < 0 ? -1 : 0;
  let sign4 = difference4 > 0 ? 1 : difference4 < 0 ? -1 : 0;
  let sign5 = difference5 > 0 ? 1 : difference5 < 0 ? -1 : 0;
  let sign6 = difference6 > 0 ? 1 : difference6 < 0 ? -1 : 0;
  let sign7 = difference7 > 0 ? 1 : difference7 < 0 ? -1 : 0;
  let mapped = 0;
  let quotient = 0;
  let code = 0;
  let length = 0;
  let mixed = 0;
  let index = from;
  while (index < to) {
    value = source[index]!;
    residual =
      value -
      previous -
      ((half +
        weight0 * difference0 +
        weight1 * difference1 +
        weight2 * difference2 +
        weight3 * difference3 +
        weight4 * difference4 +
        weight5 * difference5 +
        weight6 * difference6 +
        weight7 * difference7) >>
        shift);
    mapped = (residual << 1) ^ (residual >> 31);
    if (mapped & 1) {
      weight0 -= sign0;
      weight1 -= sign1;
      weight2 -= sign2;
      weight3 -= sign3;
      weight4 -= sign4;
      weight5 -= sign5;
      weight6 -= sign6;
      weight7 -= sign7;
    } else if (mapped) {
      weight0 += sign0;
      weight1 += sign1;
      weight2 += sign2;
      weight3 += sign3;
      weight4 += sign4;
      weight5 += sign5;
      weight6 += sign6;
      weight7 += sign7;
    }
    difference7 = difference6;
    sign7 = sign6;
    difference6 = difference5;
    sign6 = sign5;
    difference5 = difference4;
    sign5 = sign4;
    difference4 = difference3;
    sign4 = sign3;
    difference3 = difference2;
    sign3 = sign2;
    difference2 = difference1;
    sign2 = sign1;
    difference1 = difference0;
    sign1 = sign0;
    difference0 = value - previous;
    sign0 = difference0 > 0 ? 1 : difference0 < 0 ? -1 : 0;
    previous = value;
    quotient = mapped >>> order;
    if (quotient < escapeFrom) {
      code = (mapped & mask) | (bit << quotient);
      accumulator |= code << pending;
      pending += quotient + order + 1;
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
        accumulator = code >>> (quotient + order + 1 - pending);
        if (written === limit) {
          if (pending === 0) index += 1;
          break;
        }
      }
      mean += mapped - (mean >> 3);
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
      mean += (16 << order) - (mean >> 3);
    }
    index += 1;
    if (mean >= high) {
      while (mean >= high && order < maximumOrder) {
        order += 1;
        high <<= 1;
      }
      bit = 1 << order;
      mask = bit - 1;
      low = 8 << order;
    } else if (mean < low) {
      if (order === 0) {
        quiet += 1;
        if (quiet === quietReadings) break;
      } else {
        order -= 1;
        bit = 1 << order;
        mask = bit - 1;
        high = 16 << order;
        low = 8 << order;
      }
    }
  }
  writer.written = written;
  writer.accumulator = accumulator;
  writer.pending = pending;
  writer.crc = crc;
  words[lastAt] = previous;
  words[meanAt] = mean;
  words[orderAt] = order;
  words[quietAt] = quiet;
  // From here on, the readings before it.
  previous -= difference0;
  words[readings] = previous;
  words[weights] = weight0;
  previous -= difference1;
  words[readings + 1] = previous;
  words[weights + 1] = weight1;
  previous -= difference2;
  words[readings + 2] = previous;
  words[weights + 2] = weight2;
  previous -= difference3;
  words[readings + 3] = previous;
  words[weights + 3] = weight3;
  previous -= difference4;
  words[readings + 4] = previous;
  words[weights + 4] = weight4;
  previous -= difference5;
  words[readings + 5] = previous;
  words[weights + 5] = weight5;
  previous -= difference6;
  words[readings + 6] = previous;
  words[weights + 6] = weight6;
  previous -= difference7;
  words[readings + 7] = previous;
  words[weights + 7] = weight7;
  return index;
}
