/**
 * Encodes 32-bit integers: the residuals of a predictor in adaptive Rice code, runs of equal readings by length.
 *
 * Three predictors, chosen block by block (`predictor-choice.ts`): a leaky mean for noise; the reading before,
 * plus a share of the last difference when that exceeds a threshold, for signals that rest and move; and a
 * sign-sign LMS filter over the last eight differences for smooth and periodic ones. One loop for all, locals
 * only, none declared inside it (XS makes and drops those at every turn); what is rare (escapes, runs) leaves it.
 */

import { zigzag } from './block-writer';
import { check0, check1, check2, check3 } from './check';
import { Encoder } from './encoder';
import { PredictorChoice } from './predictor-choice';
import { StepChoice } from './step-choice';
import {
  type EncoderOptions,
  escapeQuotient,
  filterTaps,
  maximumOrder,
  Predictor,
  quietReadings,
  runOrder,
  shortRun,
} from './types';

const capacity = 64;
/** Words that a run's end and the reading after it take at most. */
const runWords = 5;

/** What the values of the open block depend on. */
class IntegerState {
  predictor = 0;
  shift = 0;
  threshold = 0;
  gain = 0;
  /** Of the leaky mean, times 2^shift. */
  level = 0;
  previous = 0;
  /** Mean of the mapped residuals, times 8, and the Rice parameter that follows from it. */
  mean = 0;
  order = 0;
  /** Readings since the last look for a run, counted while the mean is near zero. */
  quiet = 0;
  /** Equal readings so far, or −1 outside a run. */
  run = -1;
  /** Values are `offset` plus multiples of `step`; with a step above one it is these that are coded. */
  step = 1;
  offset = 0;
  /** The last differences, newest first, the filter's weights for them, and their scale as a shift. */
  filterShift = 0;
  differences: number[] = [];
  weights: number[] = [];

  constructor() {
    for (let tap = 0; tap < filterTaps; tap += 1) {
      this.differences.push(0);
      this.weights.push(0);
    }
  }
}

export class IntegerEncoder extends Encoder<number[]> {
  /** What is coded: `staged` itself, or the multiples in `scaled`. */
  private source: number[];
  private state = new IntegerState();
  private choice = new PredictorChoice();
  private stepChoice = new StepChoice();
  private scaled: number[] = [];

  constructor(options: EncoderOptions) {
    const staged: number[] = [];
    for (let index = 0; index < capacity; index += 1) staged.push(0);
    super(0, staged, options);
    this.source = staged;
  }

  protected override open(from: number): void {
    const { choice, state, stepChoice, writer } = this;
    const { differences, weights } = state;
    stepChoice.choose(this.staged, from, this.count);
    const { step, offset } = stepChoice;
    // A new scale is a new signal to the filter.
    if (step !== state.step) choice.forget();
    state.step = step;
    state.offset = offset;
    writer.put(step > 1 ? 1 : 0, 1);
    if (step > 1) {
      writer.putNumber(step);
      writer.putNumber(offset);
      this.source = this.scaled;
      this.scale(from, this.count);
    } else this.source = this.staged;
    choice.choose(this.source, from, this.count);
    const { predictor, shift, order, warm } = choice;
    const first = choice.first | 0;
    writer.put(predictor | (order << 2), 7);
    writer.putNumber(zigzag(first));
    if (predictor === Predictor.slope) {
      writer.put(choice.gain, 4);
      writer.putNumber(choice.threshold);
    } else writer.put(shift, 4);
    if (predictor === Predictor.filter) {
      writer.put(warm ? 1 : 0, 1);
      const bound = 4 << shift;
      const scale = (1 << shift) / (1 << state.filterShift);
      state.filterShift = shift;
      for (let tap = 0; tap < filterTaps; tap += 1) {
        differences[tap] = 0;
        if (warm) {
          const weight = Math.round(weights[tap]! * scale);
          weights[tap] = Math.max(-bound, Math.min(bound - 1, weight));
          writer.put(weights[tap]! & (2 * bound - 1), shift + 3);
        } else weights[tap] = 0;
      }
    }
    differences[0] = 0;
    state.predictor = predictor;
    state.shift = shift;
    state.gain = choice.gain;
    state.threshold = choice.threshold;
    state.previous = first;
    state.level = first * (1 << shift) + ((1 << shift) >> 1);
    state.order = order;
    state.mean = order === 0 ? 0 : 12 * (1 << order);
    state.quiet = order === 0 ? quietReadings : 0;
    state.run = -1;
  }

  protected override finish(): void {
    if (this.state.run >= 0) this.writer.putRice(this.state.run, runOrder);
    this.choice.closed(this.readings, 32 * this.writer.written);
  }

  protected override encode(from: number, end: number): number {
    const { state, stepChoice, writer } = this;
    let index = from;
    let to = end;
    if (state.step > 1) {
      to = this.scale(from, end);
      if (to < end) stepChoice.missed();
    }
    while (index < to) {
      if (state.run < 0 && state.quiet === quietReadings && writer.written < writer.limit)
        this.chooseRun(index);
      if (state.run >= 0) {
        const done = this.encodeRun(index, to);
        if (done === index) return index;
        index = done;
      } else {
        index = this.encodeResiduals(index, to);
        if (state.quiet !== quietReadings || writer.written >= writer.limit) return index;
      }
    }
    return index;
  }

  /** Puts the multiples of staged readings into `scaled`. @returns the index of the first that is none */
  private scale(from: number, to: number): number {
    const { scaled, staged, state } = this;
    const { offset, step } = state;
    let index = from;
    while (index < to) {
      const multiple = (staged[index]! - offset) / step;
      if (multiple !== (multiple | 0)) return index;
      scaled[index] = multiple;
      index += 1;
    }
    return to;
  }

  /** Writes whether a run begins here. It pays where most of what is or was staged is equal. */
  private chooseRun(from: number): void {
    const { count, source: staged, state, writer } = this;
    if (state.predictor === Predictor.level) state.previous = state.level >> state.shift;
    let changes = staged[from] === state.previous ? 0 : 1;
    for (let index = 1; index < count; index += 1) if (staged[index] !== staged[index - 1]) changes += 1;
    const run = changes * 16 <= count && writer.written + runWords < writer.limit;
    writer.put(run ? 1 : 0, 1);
    state.quiet = 0;
    if (!run) return;
    state.run = 0;
    writer.reserve = 2;
  }

  private encodeRun(from: number, to: number): number {
    const { source: staged, state, writer } = this;
    const { previous } = state;
    let index = from;
    while (index < to && staged[index] === previous) index += 1;
    state.run += index - from;
    if (index === to) return to;
    const value = staged[index]!;
    if (writer.written + runWords > writer.limit || value !== (value | 0)) return index;
    const { run, shift, differences } = state;
    const difference = value - previous;
    writer.putRice(run, runOrder);
    // The reading that ends the run cannot equal it, so its residual is one less.
    writer.putRice((((difference << 1) ^ (difference >> 31)) - 1) >>> 0, 0);
    state.previous = value;
    if (run >= shortRun) {
      state.run = 0;
      return index + 1;
    }
    state.run = -1;
    state.mean = 8;
    state.order = 0;
    state.level = value * (1 << shift) + ((1 << shift) >> 1);
    for (let tap = 0; tap < filterTaps; tap += 1) differences[tap] = 0;
    writer.reserve = 0;
    return index + 1;
  }

  private encodeResiduals(from: number, to: number): number {
    const { source: staged, state, writer } = this;
    const { predictor, shift, threshold, gain, differences, weights } = state;
    const { words, limit } = writer;
    let { level, previous, mean, order, quiet } = state;
    let { written, accumulator, pending, crc } = writer;
    if (written >= limit) return from;
    const { level: levelPredictor, slope: slopePredictor } = Predictor;
    const escapeFrom = escapeQuotient;
    let bit = 1 << order;
    let mask = bit - 1;
    let high = 16 << order;
    let low = order === 0 ? 7 : 8 << order;
    const half = (1 << shift) >> 1;
    let difference0 = differences[0]!;
    let difference1 = 0;
    let difference2 = 0;
    let difference3 = 0;
    let difference4 = 0;
    let difference5 = 0;
    let difference6 = 0;
    let difference7 = 0;
    let sign0 = 0;
    let sign1 = 0;
    let sign2 = 0;
    let sign3 = 0;
    let sign4 = 0;
    let sign5 = 0;
    let sign6 = 0;
    let sign7 = 0;
    let weight0 = 0;
    let weight1 = 0;
    let weight2 = 0;
    let weight3 = 0;
    let weight4 = 0;
    let weight5 = 0;
    let weight6 = 0;
    let weight7 = 0;
    if (predictor === Predictor.filter) {
      weight0 = weights[0]!;
      sign0 = difference0 > 0 ? 1 : difference0 < 0 ? -1 : 0;
      difference1 = differences[1]!;
      weight1 = weights[1]!;
      sign1 = difference1 > 0 ? 1 : difference1 < 0 ? -1 : 0;
      difference2 = differences[2]!;
      weight2 = weights[2]!;
      sign2 = difference2 > 0 ? 1 : difference2 < 0 ? -1 : 0;
      difference3 = differences[3]!;
      weight3 = weights[3]!;
      sign3 = difference3 > 0 ? 1 : difference3 < 0 ? -1 : 0;
      difference4 = differences[4]!;
      weight4 = weights[4]!;
      sign4 = difference4 > 0 ? 1 : difference4 < 0 ? -1 : 0;
      difference5 = differences[5]!;
      weight5 = weights[5]!;
      sign5 = difference5 > 0 ? 1 : difference5 < 0 ? -1 : 0;
      difference6 = differences[6]!;
      weight6 = weights[6]!;
      sign6 = difference6 > 0 ? 1 : difference6 < 0 ? -1 : 0;
      difference7 = differences[7]!;
      weight7 = weights[7]!;
      sign7 = difference7 > 0 ? 1 : difference7 < 0 ? -1 : 0;
    }
    let value = 0;
    let residual = 0;
    let mapped = 0;
    let quotient = 0;
    let code = 0;
    let length = 0;
    let mixed = 0;
    let index = from;
    while (index < to) {
      value = staged[index]!;
      if (value !== (value | 0)) break;
      if (predictor === slopePredictor) {
        residual = value - previous;
        if (difference0 > threshold || -difference0 > threshold) {
          mapped = residual - ((difference0 * gain) >> 3);
          difference0 = residual;
          mapped = (mapped << 1) ^ (mapped >> 31);
        } else {
          difference0 = residual;
          mapped = (residual << 1) ^ (residual >> 31);
        }
        previous = value;
      } else if (predictor === levelPredictor) {
        residual = value - (level >> shift);
        level += residual;
        mapped = (residual << 1) ^ (residual >> 31);
      } else {
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
      }
      quotient = mapped >>> order;
      if (quotient < escapeFrom) {
        code = (mapped & mask) | (bit << quotient);
        length = quotient + order + 1;
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
      if (mean > high) {
        while (mean > high && order < maximumOrder) {
          order += 1;
          high <<= 1;
        }
        bit = 1 << order;
        mask = bit - 1;
        low = 8 << order;
      } else if (mean <= low) {
        if (order === 0) {
          quiet += 1;
          if (quiet === quietReadings) break;
        } else {
          order -= 1;
          bit = 1 << order;
          mask = bit - 1;
          high = 16 << order;
          low = order === 0 ? 7 : 8 << order;
        }
      }
    }
    writer.written = written;
    writer.accumulator = accumulator;
    writer.pending = pending;
    writer.crc = crc;
    state.level = level;
    state.previous = previous;
    state.mean = mean;
    state.order = order;
    state.quiet = quiet;
    differences[0] = difference0;
    if (predictor === Predictor.filter) {
      weights[0] = weight0;
      differences[1] = difference1;
      weights[1] = weight1;
      differences[2] = difference2;
      weights[2] = weight2;
      differences[3] = difference3;
      weights[3] = weight3;
      differences[4] = difference4;
      weights[4] = weight4;
      differences[5] = difference5;
      weights[5] = weight5;
      differences[6] = difference6;
      weights[6] = weight6;
      differences[7] = difference7;
      weights[7] = weight7;
    }
    return index;
  }
}
