/**
 * Encodes 32-bit integers: the residuals of a predictor in adaptive Rice code, runs of equal readings by length.
 *
 * Three predictors, chosen block by block (`predictor-choice.ts`): a leaky mean for noise; the reading before,
 * plus what the last two differences continue to when the last exceeds a threshold, for signals that rest and move; and a
 * sign-sign LMS filter over the last eight differences for smooth and periodic ones. The tight loops are
 * `encode-level.ts`, `encode-slope.ts`, `encode-quiet.ts` and `encode-filtered.ts`.
 */

import { zigzag } from './block-writer';
import { encodeFiltered } from './encode-filtered';
import { encodeLevel } from './encode-level';
import { encodeQuiet } from './encode-quiet';
import { encodeSlope } from './encode-slope';
import { Encoder, releaseSlipWriter } from './encoder';
import { forms, type Readings, Simple } from './integer-forms';
import {
  bitsAt,
  capacity,
  earlierAt,
  formAt,
  heldAt,
  lastAt,
  meanAt,
  memory,
  offsetAt,
  orderAt,
  predictorChoiceAt,
  quietAt,
  readingsAt,
  runAt,
  solveFromAt,
  stepAt,
  stepChoiceAt,
  thresholdAt,
  turnAt,
  weightShiftAt,
  weightsAt,
} from './integer-words';
import { PredictionSolver } from './linear-prediction';
import { never, PredictorChoice } from './predictor-choice';
import { StepChoice } from './step-choice';
import {
  type EncoderOptions,
  filterTaps,
  Predictor,
  quietReadings,
  runOrder,
  scaledMark,
  shortRun,
} from './types';

/** Words that a run's end and the reading after it take at most. */
const runWords = 5;

/** What all encoders use while one is at work. Made at the first use, since what is preloaded cannot change. */
class Workspace {
  choice = new PredictorChoice();
  stepChoice = new StepChoice();
}
let workspace: Workspace | undefined;

/** Serves one encoder at a time: the one whose turn it has. Made at the first use. */
let solver: PredictionSolver | undefined;

/** Staged readings as multiples of a step: made when there is the first step. */
let scaled: Int32Array | undefined;

/** The last turn at a solver that was let go of: who had one has none any more. */
let lastTurn = 0;

/** Lets go of what encoders share until one needs it again: 2 KB for who needs memory for a moment. */
export function releaseShared(): void {
  releaseSlipWriter();
  workspace = undefined;
  scaled = undefined;
  if (solver !== undefined) lastTurn = solver.turn;
  solver = undefined;
}

export class IntegerEncoder extends Encoder<Int32Array> {
  constructor(options: EncoderOptions) {
    super(undefined, options, capacity + memory);
    const { words } = this.writer;
    words[stepAt] = 1;
    words[runAt] = -1;
    words[solveFromAt] = never;
    new StepChoice().save(words, stepChoiceAt);
    new PredictorChoice().save(words, predictorChoiceAt);
  }

  protected override kind(): number {
    return 0;
  }

  override accepts(value: unknown): boolean {
    return typeof value === 'number' && value === (value | 0);
  }

  protected override open(from: number): void {
    workspace ??= new Workspace();
    const { count, staged, writer } = this;
    const { words } = writer;
    const choice = this.review(workspace.choice);
    const stepChoice = workspace.stepChoice.load(words, stepChoiceAt);
    stepChoice.choose(staged, from, count);
    stepChoice.save(words, stepChoiceAt);
    const { step, offset } = stepChoice;
    // A new scale is a new signal to the filter.
    if (step !== words[stepAt]) choice.forget();
    words[stepAt] = step;
    const solution = this.takeSolution();
    words[offsetAt] = offset;
    if (step > 1) {
      writer.put(scaledMark, 2);
      writer.putNumber(step);
      writer.putNumber(offset);
      scaled ??= new Int32Array(capacity);
      this.scale(scaled, from, count);
      choice.choose(scaled, from, count, solution);
    } else choice.choose(staged, from, count, solution);
    choice.save(words, predictorChoiceAt);
    words[solveFromAt] = choice.solveFrom();
    this.putForm(choice);
    const { first, form, order, threshold } = choice;
    const { pace, predictor } = forms[form]!;
    words[formAt] = form;
    // What continues nothing exceeds no threshold: that is the quick way through the loop.
    words[thresholdAt] = form === Simple.still ? 0x7fffffff : threshold;
    words[orderAt] = order === 0 && predictor !== Predictor.filter ? -1 : order;
    words[heldAt] = 0;
    words[meanAt] = order === 0 ? 0 : ((3 << pace) << order) >> 1;
    words[quietAt] = order === 0 ? quietReadings : 0;
    words[runAt] = -1;
    this.rest(first | 0);
  }

  /** Writes how the block predicts. */
  private putForm({ first, form, order, threshold, warm, weights }: PredictorChoice): void {
    const { writer } = this;
    const { brake, gain, predictor, shift } = forms[form]!;
    writer.put(predictor | (order << 2), 7);
    writer.putNumber(zigzag(first | 0));
    if (predictor === Predictor.level) writer.put(shift, 3);
    else if (predictor === Predictor.filter) {
      writer.put(shift, 4);
      writer.put(warm ? 1 : 0, 1);
      this.putWeights(shift, warm, weights);
    } else {
      writer.put(gain, 4);
      if (gain > 0) {
        writer.put(brake, 4);
        writer.putNumber(threshold);
      }
    }
  }

  /** Sets the filter's weights: to fresh ones, or, when it is warm, to those of its block before, which are written too. */
  private putWeights(shift: number, warm: boolean, fresh: number[] | undefined): void {
    const { words } = this.writer;
    const bound = 4 << shift;
    const scale = fresh ? 1 << shift : (1 << shift) / (1 << words[weightShiftAt]!);
    words[weightShiftAt] = shift;
    for (let tap = 0; tap < filterTaps; tap += 1) {
      const weightAt = weightsAt + tap;
      let weight = 0;
      if (warm) {
        weight = Math.round((fresh ? fresh[tap]! : words[weightAt]!) * scale);
        weight = Math.max(-bound, Math.min(bound - 1, weight));
        this.writer.put(weight & (2 * bound - 1), shift + 3);
      }
      words[weightAt] = weight;
    }
  }

  /** Sets what prediction depends on to a value that has been there for long. */
  private rest(value: number): void {
    const { words } = this.writer;
    const { predictor, shift } = forms[words[formAt]!]!;
    words[lastAt] = predictor === Predictor.level ? value * (1 << shift) + ((1 << shift) >> 1) : value;
    words.fill(value, earlierAt, earlierAt + filterTaps);
  }

  protected override finish(): void {
    const { writer } = this;
    const { words } = writer;
    if (words[heldAt]! > 0) writer.put(1, 1);
    if (words[runAt]! >= 0) writer.putRice(words[runAt]!, runOrder);
    words[readingsAt] = this.readings;
    words[bitsAt] = 32 * (writer.written - writer.begin());
  }

  /** A run's length. */
  protected override reserve(): number {
    return this.writer.words[runAt]! < 0 ? 0 : 2;
  }

  protected override encode(from: number, end: number): number {
    const { staged, writer } = this;
    const { words } = writer;
    let source: Readings = staged;
    let index = from;
    let to = end;
    if (words[stepAt]! > 1) {
      scaled ??= new Int32Array(capacity);
      source = scaled;
      to = this.scale(scaled, from, end);
      if (to < end) this.missStep();
    }
    while (index < to) {
      if (
        words[quietAt]! >= quietReadings &&
        words[runAt]! < 0 &&
        words[heldAt] === 0 &&
        writer.written < writer.limit
      )
        this.chooseRun(source[index]!);
      if (words[runAt]! >= 0) {
        const done = this.encodeRun(source, index, to);
        if (done === index) return index;
        index = done;
      } else if (words[orderAt]! < 0) {
        const done = encodeQuiet(source, index, to, writer);
        if (done === index || writer.written >= writer.limit) return done;
        index = done;
      } else {
        const form = forms[words[formAt]!]!;
        const { predictor } = form;
        if (predictor === Predictor.level) index = encodeLevel(source, index, to, writer, form);
        else if (predictor === Predictor.slope) index = encodeSlope(source, index, to, writer, form);
        else index = encodeFiltered(source, index, to, writer, form);
        if (index === to || writer.written >= writer.limit) return index;
        if (words[orderAt]! >= 0 && words[quietAt]! < quietReadings) return index;
      }
    }
    return index;
  }

  /** Puts the multiples of staged readings into `scaled`. @returns the index of the first that is none */
  private scale(scaled: Int32Array, from: number, to: number): number {
    const { staged, writer } = this;
    const { words } = writer;
    const step = words[stepAt]!;
    const offset = words[offsetAt]!;
    let index = from;
    while (index < to) {
      const multiple = (staged[index]! - offset) / step;
      if (multiple !== (multiple | 0)) return index;
      scaled[index] = multiple;
      index += 1;
    }
    return to;
  }

  /** A reading was no multiple. */
  private missStep(): void {
    const { words } = this.writer;
    workspace ??= new Workspace();
    const { stepChoice } = workspace;
    stepChoice.load(words, stepChoiceAt).missed();
    stepChoice.save(words, stepChoiceAt);
  }

  /** Writes whether a run begins at a value. It pays where most of what is or was staged is equal. */
  private chooseRun(value: number): void {
    const { count, staged, writer } = this;
    const { words } = writer;
    const { predictor, shift } = forms[words[formAt]!]!;
    const last = words[lastAt]!;
    const previous = predictor === Predictor.level ? last >> shift : last;
    let changes = value === previous ? 0 : 1;
    for (let index = 1; index < count; index += 1) if (staged[index] !== staged[index - 1]) changes += 1;
    const run = changes * 16 <= count && writer.written + runWords < writer.limit;
    writer.put(run ? 1 : 0, 1);
    words[quietAt] = 0;
    if (!run) return;
    words[runAt] = 0;
    words[lastAt] = previous;
  }

  private encodeRun(source: Readings, from: number, to: number): number {
    const { writer } = this;
    const { words } = writer;
    const previous = words[lastAt]!;
    let index = from;
    while (index < to && source[index] === previous) index += 1;
    const run = words[runAt]! + index - from;
    words[runAt] = run;
    if (index === to) return to;
    const value = source[index]!;
    if (writer.written + runWords > writer.limit) return index;
    const difference = value - previous;
    writer.putRice(run, runOrder);
    // The reading that ends the run cannot equal it, so its residual is one less.
    writer.putRice((((difference << 1) ^ (difference >> 31)) - 1) >>> 0, 0);
    if (run >= shortRun) {
      words[lastAt] = value;
      words[runAt] = 0;
      return index + 1;
    }
    const { pace, predictor } = forms[words[formAt]!]!;
    words[runAt] = -1;
    words[meanAt] = 1 << pace;
    words[orderAt] = predictor === Predictor.filter ? 0 : -1;
    this.rest(value);
    return index + 1;
  }

  protected override pauses(): boolean {
    const { words } = this.writer;
    const from = words[solveFromAt]!;
    return from !== never && 256 * words[bitsAt]! > from * words[readingsAt]!;
  }

  /** Solves for the weights that the next block wants: the sums in one step, their equations in another. */
  protected override prepare(): boolean {
    if (!this.pauses()) return false;
    const { words } = this.writer;
    solver ??= new PredictionSolver(lastTurn + 1);
    if (words[turnAt] === solver.turn) return solver.solve();
    workspace ??= new Workspace();
    const choice = this.review(workspace.choice);
    choice.save(words, predictorChoiceAt);
    if (!choice.wantsSolution || !solver.begin(this.staged, this.count, words[stepAt]!)) {
      words[solveFromAt] = never;
      return false;
    }
    words[turnAt] = solver.turn;
    return true;
  }

  /** The choice, as it is after the block before. */
  private review(choice: PredictorChoice): PredictorChoice {
    const { words } = this.writer;
    choice.load(words, predictorChoiceAt);
    if (words[readingsAt]! > 0) choice.closed(words[readingsAt]!, words[bitsAt]!);
    words[readingsAt] = 0;
    return choice;
  }

  /** The weights solved for, if it was for this encoder. They serve once. */
  private takeSolution(): PredictionSolver | undefined {
    const { words } = this.writer;
    if (solver === undefined || words[turnAt] !== solver.turn || solver.left < 0) return undefined;
    words[turnAt] = 0;
    return solver;
  }
}

Object.assign(IntegerEncoder.prototype, { capacity });
