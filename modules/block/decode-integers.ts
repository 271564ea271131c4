/** Decodes a column of integers: the mirror of `integer-encoder.ts`. */
import type { BitReader } from './bit-reader';
import {
  escapeQuotient,
  filterTaps,
  maximumOrder,
  mostQuiet,
  Predictor,
  paceOf,
  quietBelow,
  quietReadings,
  runOrder,
  scaledMark,
  shortRun,
} from './types';

/**
 * Fills `values` with as many of the `count` integers as fit, again and again, and yields how many those are; ends
 * with `reader.exhausted` when the bits are not a column of integers.
 */
export function* decodeIntegers(
  reader: BitReader,
  count: number,
  values: Int32Array,
): Generator<number, void> {
  const { words, end } = reader;
  let predictor = reader.take(2);
  const scaled = predictor === scaledMark;
  const step = scaled ? reader.number() : 1;
  const offset = scaled ? reader.number() : 0;
  if (scaled) predictor = reader.take(2);
  let order = reader.take(5);
  const mappedFirst = reader.number();
  const slope = predictor === Predictor.slope;
  const gain = slope ? reader.take(4) : 0;
  const brake = gain > 0 ? reader.take(4) : 0;
  const threshold = gain > 0 ? reader.number() : 0;
  const shift = slope ? 0 : reader.take(predictor === Predictor.level ? 3 : 4);
  const pace = paceOf(predictor, shift);
  if (
    order > maximumOrder ||
    predictor > Predictor.filter ||
    mappedFirst > 0xffffffff ||
    step > 0xffff ||
    offset > 0xffff
  )
    reader.exhausted = true;
  const weights = new Int32Array(filterTaps);
  if (predictor === Predictor.filter && reader.take(1) === 1)
    for (let tap = 0; tap < filterTaps; tap += 1)
      weights[tap] = (reader.take(shift + 3) << (29 - shift)) >> (29 - shift);
  if (reader.exhausted) return;

  const capacity = values.length;
  const half = (1 << shift) >> 1;
  let previous = (mappedFirst >>> 1) ^ -(mappedFirst & 1);
  let level = previous * (1 << shift) + half;
  let mean = order === 0 ? 0 : ((3 << pace) << order) >> 1;
  let quiet = order === 0 ? quietReadings : 0;
  // While the order is −1, codes stand for up to two residuals: the second, or −1.
  const most = quietBelow(predictor, pace);
  let owed = -1;
  const low = 2 << pace;
  if (mean < most) order = -1;
  let weight0 = weights[0]!;
  let weight1 = weights[1]!;
  let weight2 = weights[2]!;
  let weight3 = weights[3]!;
  let weight4 = weights[4]!;
  let weight5 = weights[5]!;
  let weight6 = weights[6]!;
  let weight7 = weights[7]!;
  let difference0 = 0;
  let difference1 = 0;
  let difference2 = 0;
  let difference3 = 0;
  let difference4 = 0;
  let difference5 = 0;
  let difference6 = 0;
  let difference7 = 0;
  let { position } = reader;
  let index = 0;
  let left = count;
  while (left > 0) {
    if (quiet >= quietReadings && owed < 0) {
      quiet = 0;
      reader.position = position;
      if (reader.take(1) === 1) {
        if (predictor === Predictor.level) previous = level >> shift;
        // Equal readings, again and again, until few of them.
        for (let run = shortRun; run >= shortRun; ) {
          run = reader.rice(runOrder);
          if (reader.exhausted || run > left) {
            reader.exhausted = true;
            return;
          }
          left -= run;
          for (let equal = run; equal > 0; ) {
            const end = Math.min(index + equal, capacity);
            values.fill(previous, index, end);
            equal -= end - index;
            index = end;
            if (index === capacity) {
              yield unscale(values, index, step, offset);
              index = 0;
            }
          }
          if (left === 0) break;
          const mapped = (reader.rice(0) + 1) >>> 0;
          previous = (previous + ((mapped >>> 1) ^ -(mapped & 1))) | 0;
          values[index] = previous;
          index += 1;
          left -= 1;
          if (index === capacity) {
            yield unscale(values, index, step, offset);
            index = 0;
          }
          if (left === 0) break;
        }
        position = reader.position;
        if (left === 0) break;
        level = previous * (1 << shift) + half;
        difference0 = difference1 = difference2 = difference3 = 0;
        difference4 = difference5 = difference6 = difference7 = 0;
        mean = 1 << pace;
        order = mean < most ? -1 : 0;
      }
      position = reader.position;
    }
    const shifted = position & 31;
    const bits = (words[position >> 5]! >>> shifted) | ((words[(position >> 5) + 1]! << 1) << (31 - shifted));
    const rest = bits >>> order;
    const quotient = 31 - Math.clz32(rest & -rest);
    let mapped: number;
    if (order < 0) {
      if (owed >= 0) {
        mapped = owed;
        owed = -1;
      } else if (bits & 1) {
        mapped = owed = 0;
        position += 1;
      } else if (bits & 2) {
        mapped = 1 + ((bits >>> 2) & 1);
        position += 3;
      } else if ((bits & 12) !== 12) {
        mapped = 0;
        owed = bits & 4 ? 2 : 1;
        position += 2 + owed;
      } else {
        reader.position = position + 5;
        mapped = (reader.rice(0) + 3) >>> 0;
        position = reader.position;
        if (bits & 16) {
          owed = mapped;
          mapped = 0;
        }
      }
      mean += Math.min(mapped, mostQuiet) - (mean >> pace);
    } else if (quotient >= 0 && quotient < escapeQuotient) {
      mapped = (bits & ((1 << order) - 1)) | (quotient << order);
      position += order + quotient + 1;
      mean += mapped - (mean >> pace);
    } else {
      reader.position = position;
      mapped = reader.rice(order);
      position = reader.position;
      mean += (16 << order) - (mean >> pace);
    }
    if (position > end || reader.exhausted) {
      reader.exhausted = true;
      return;
    }
    if (mean < low) {
      order = mean < most ? -1 : 0;
      if (mean >> pace === 0) quiet += 1;
    } else order = Math.min(32 - Math.clz32(mean >> (pace + 1)), maximumOrder);
    const residual = (mapped >>> 1) ^ -(mapped & 1);
    let value: number;
    if (predictor === Predictor.slope) {
      value = previous + residual;
      if (Math.abs(difference0) > threshold) value += (difference0 * gain - difference1 * brake) >> 3;
      value |= 0;
      difference1 = difference0;
      difference0 = value - previous;
      previous = value;
    } else if (predictor === Predictor.level) {
      value = ((level >> shift) + residual) | 0;
      level += residual;
    } else {
      const sum =
        half +
        weight0 * difference0 +
        weight1 * difference1 +
        weight2 * difference2 +
        weight3 * difference3 +
        weight4 * difference4 +
        weight5 * difference5 +
        weight6 * difference6 +
        weight7 * difference7;
      value = (previous + (sum >> shift) + residual) | 0;
      if (mapped !== 0) {
        const step = mapped & 1 ? -1 : 1;
        weight0 += difference0 > 0 ? step : difference0 < 0 ? -step : 0;
        weight1 += difference1 > 0 ? step : difference1 < 0 ? -step : 0;
        weight2 += difference2 > 0 ? step : difference2 < 0 ? -step : 0;
        weight3 += difference3 > 0 ? step : difference3 < 0 ? -step : 0;
        weight4 += difference4 > 0 ? step : difference4 < 0 ? -step : 0;
        weight5 += difference5 > 0 ? step : difference5 < 0 ? -step : 0;
        weight6 += difference6 > 0 ? step : difference6 < 0 ? -step : 0;
        weight7 += difference7 > 0 ? step : difference7 < 0 ? -step : 0;
      }
      difference7 = difference6;
      difference6 = difference5;
      difference5 = difference4;
      difference4 = difference3;
      difference3 = difference2;
      difference2 = difference1;
      difference1 = difference0;
      difference0 = value - previous;
      previous = value;
    }
    values[index] = value;
    index += 1;
    left -= 1;
    if (index === capacity) {
      reader.position = position;
      yield unscale(values, index, step, offset);
      index = 0;
    }
  }
  reader.position = position;
  if (index > 0) yield unscale(values, index, step, offset);
}

// As in `decode-columns.ts`.
Object.freeze(decodeIntegers.prototype);

function unscale(values: Int32Array, count: number, step: number, offset: number): number {
  if (step !== 1 || offset !== 0)
    for (let index = 0; index < count; index += 1) values[index] = values[index]! * step + offset;
  return count;
}
