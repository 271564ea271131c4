/**
 * Encodes 32-bit integers: the residuals of a predictor in adaptive Rice code, runs of equal readings by length.
 *
 * Three predictors, chosen block by block (`predictor-choice.ts`): a leaky mean for noise; the reading before,
 * plus what the last two differences continue to when the last exceeds a threshold, for signals that rest and move; and a
 * sign-sign LMS filter over the last eight differences for smooth and periodic ones. The tight loops are
 * `encode-plain.ts`, `encode-quiet.ts` and
 * `encode-filtered.ts`.
 */

import { zigzag } from './block-writer';
import { encodeFiltered } from './encode-filtered';
import { encodePlain } from './encode-plain';
import { encodeQuiet } from './encode-quiet';
import { Encoder } from './encoder';
import { FilterState, IntegerState } from './integer-state';
import { PredictorChoice } from './predictor-choice';
import { StepChoice } from './step-choice';
import {
  type EncoderOptions,
  filterTaps,
  Predictor,
  paceOf,
  quietReadings,
  runOrder,
  scaledMark,
  shortRun,
} from './types';

const capacity = 64;
/** Words that a run's end and the reading after it take at most. */
const runWords = 5;

export class IntegerEncoder extends Encoder<number[]> {
  /** What is coded: `staged` itself, or the multiples in `scaled`. */
  private source: number[];
  private state = new IntegerState();
  private choice = new PredictorChoice();
  private stepChoice = new StepChoice();
  private scaled: number[] = [];

  constructor(options: EncoderOptions) {
    const staged = new Array<number>(capacity).fill(0);
    super(0, staged, options);
    this.source = staged;
  }

  protected override open(from: number): void {
    const { choice, state, stepChoice, writer } = this;
    stepChoice.choose(this.staged, from, this.count);
    const { step, offset } = stepChoice;
    // A new scale is a new signal to the filter.
    if (step !== state.step) choice.forget();
    state.step = step;
    state.offset = offset;
    if (step > 1) {
      writer.put(scaledMark, 2);
      writer.putNumber(step);
      writer.putNumber(offset);
      // Once in an encoder's life, and only where there is a step.
      while (this.scaled.length < capacity) this.scaled.push(0);
      this.source = this.scaled;
      this.scale(from, this.count);
    } else this.source = this.staged;
    // What was staged before is in the block before, and still tells of the signal.
    choice.choose(this.source, step > 1 ? from : 0, from, this.count);
    const { predictor, shift, order, warm } = choice;
    const first = choice.first | 0;
    writer.put(predictor | (order << 2), 7);
    writer.putNumber(zigzag(first));
    if (predictor === Predictor.level) writer.put(shift, 3);
    else if (predictor === Predictor.filter) writer.put(shift, 4);
    else {
      writer.put(choice.gain, 4);
      if (choice.gain > 0) {
        writer.put(choice.brake, 4);
        writer.putNumber(choice.threshold);
      }
    }
    if (predictor === Predictor.filter) {
      state.filter ??= new FilterState();
      const { differences, weights } = state.filter;
      writer.put(warm ? 1 : 0, 1);
      const bound = 4 << shift;
      const fresh = choice.weights;
      const scale = fresh ? 1 << shift : (1 << shift) / (1 << state.filterShift);
      state.filterShift = shift;
      for (let tap = 0; tap < filterTaps; tap += 1) {
        differences[tap] = 0;
        if (warm) {
          const weight = Math.round((fresh ?? weights)[tap]! * scale);
          weights[tap] = Math.max(-bound, Math.min(bound - 1, weight));
          writer.put(weights[tap]! & (2 * bound - 1), shift + 3);
        } else weights[tap] = 0;
      }
    }
    state.difference = 0;
    state.before = 0;
    state.predictor = predictor;
    state.shift = shift;
    state.gain = choice.gain;
    state.brake = choice.brake;
    state.pace = paceOf(predictor, shift);
    state.threshold = choice.threshold;
    state.previous = first;
    state.level = first * (1 << shift) + ((1 << shift) >> 1);
    state.order = order === 0 && predictor !== Predictor.filter ? -1 : order;
    state.held = 0;
    state.mean = order === 0 ? 0 : ((3 << state.pace) << order) >> 1;
    state.quiet = order === 0 ? quietReadings : 0;
    state.run = -1;
  }

  protected override finish(): void {
    if (this.state.held > 0) this.writer.put(1, 1);
    if (this.state.run >= 0) this.writer.putRice(this.state.run, runOrder);
    this.choice.closed(this.readings, 32 * this.writer.written);
  }

  /** A run's length. */
  protected override reserve(): number {
    return this.state.run < 0 ? 0 : 2;
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
      if (state.run < 0 && state.quiet >= quietReadings && state.held === 0 && writer.written < writer.limit)
        this.chooseRun(index);
      if (state.run >= 0) {
        const done = this.encodeRun(index, to);
        if (done === index) return index;
        index = done;
      } else if (state.order < 0) {
        const done = encodeQuiet(this.source, index, to, state, writer);
        if (done === index || writer.written >= writer.limit) return done;
        index = done;
      } else {
        index =
          state.predictor === Predictor.filter
            ? encodeFiltered(this.source, index, to, state, writer)
            : encodePlain(this.source, index, to, state, writer);
        if ((state.order >= 0 && state.quiet < quietReadings) || writer.written >= writer.limit) return index;
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
    const { run, shift, filter } = state;
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
    state.mean = 1 << state.pace;
    state.order = state.predictor === Predictor.filter ? 0 : -1;
    state.level = value * (1 << shift) + ((1 << shift) >> 1);
    state.difference = 0;
    state.before = 0;
    if (filter !== undefined) filter.differences.fill(0);
    return index + 1;
  }
}
