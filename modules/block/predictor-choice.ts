/**
 * Chooses the predictor of the next block. The simple ones are compared on the readings that are staged when a
 * block opens. The filter needs many readings to show its worth: from time to time it is given two blocks, cold
 * and warm, and stays when these took clearly fewer bits a reading, because it costs more than twice as much to compute.
 * Where weights solved for from the staged readings promise much, as with hum, it begins with those, and with fresh ones
 * again whenever it loses them.
 */
import { filterForm, type Readings, Simple } from './integer-forms';
import { maximumOrder } from './types';

/** Readings that are compared when a block opens: more cost time and tell little. */
const mostCompared = 32;
/** What a filter must save to be worth its instructions. */
const worthwhile = 0.95;
/** Below so many bits a reading there is nothing for it to save. */
const cheapEnough = 2.2;
/** The first trial, in blocks, for signals that promise something and for others. */
const firstTrial = 2;
const laterTrial = 24;
/** Second differences promise something when they are at most so many times the first. */
const promising = 1.05;
const longestWait = 128;
/** Readings below which a block is short. */
const shortBlock = 128;
const coldShift = 7;
const usualShift = 9;
/** The filter's weights move by 2^−shift a reading. */
const fastestShift = 7;
const slowestShift = 13;
const blocksPerProbe = 4;
/** The same for weights that were solved for: they need no more than care. */
const solvedShift = 12;
/** What solved weights must promise, beside the best of the simple predictors. */
const solvedWorthwhile = 0.85;
/** Mean absolute value of a normal distribution, as a part of the root of its mean square. */
const meanOfRoot = 0.8;
/** A plain block in between is not worth it while it would take so many times the bits. */
const hopeless = 1.4;
/** Weights are solved for anew when those that were moved on take so many times the bits of fresh ones. */
const stale = 1.04;

/** Of `solveFrom`: whatever the block costs. */
export const never = 0x7fffffff;

/** Weights, and the mean square of what they may leave unpredicted. */
export interface Solution {
  readonly weights: number[];
  readonly left: number;
}

/** What a predictor is taken for until a block shows otherwise. */
const usualRatio = 1;

const simpleForms = 5;
/** Words that a choice is remembered in from block to block: floats, then integers. */
const floatWords = 2 * simpleForms + 5;
export const predictorChoiceWords = floatWords + 10;
/** The word that says at which block the filter is tried next. */
export const trialWord = floatWords + 3;

/** One choice serves all encoders: what a stream is remembered by lies in words (`load`, `save`). */
export class PredictorChoice {
  /** How the block predicts: one of `forms`. */
  form: number = Simple.sloped;
  /** Whether the filter's weights stand in the block's head. */
  warm = false;
  /** What the last difference must exceed to be continued, with the braked form. */
  threshold = 0;
  /** Rice parameter to begin with. */
  order = 3;
  /** The reading that precedes the block's first, as far as prediction goes. */
  first = 0;
  /** The weights that the block begins with, when they were just solved for. */
  weights: number[] | undefined = undefined;

  /** Sums of absolute residuals, fading: difference, slope, second difference, mean, quick mean; and readings. */
  private sums = [0, 0, 0, 0, 0];
  private weight = 0;
  /** For each of these, bits a reading that blocks took beside what their first readings had promised. */
  private ratios = [usualRatio, usualRatio, usualRatio, usualRatio, usualRatio];
  private expected = 1;
  private blocks = 0;
  /** Whether the last block was. */
  private short = false;
  private trialAt = firstTrial;
  private wait = 8;
  /** Filter blocks in a row; the bits a reading of the last block without the filter and with it. */
  private filtered = 0;
  private plainBits = 0;
  private filterBits = 0;
  private filterStays = false;
  private warmShift = usualShift;
  private probeStep = 1;
  /** When to solve for weights next, in blocks, and how long to wait after that. */
  private solveAt = firstTrial;
  private solveWait = 2;
  /** The filter runs with weights that were solved for. */
  private solved = false;
  /** Bits a reading of blocks that began with fresh weights. */
  private solvedBits = 0;
  /** The block before began with weights that were solved for. */
  private fresh = false;

  /** What of it is no integer, and the same as words. */
  private floats = new Float32Array(floatWords);
  private bits = new Int32Array(this.floats.buffer);

  load(words: Int32Array, at: number): this {
    const { bits, floats, ratios, sums } = this;
    for (let index = 0; index < floatWords; index += 1) bits[index] = words[at + index]!;
    for (let form = 0; form < simpleForms; form += 1) {
      sums[form] = floats[form]!;
      ratios[form] = floats[simpleForms + form]!;
    }
    this.weight = floats[2 * simpleForms]!;
    this.expected = floats[2 * simpleForms + 1]!;
    this.plainBits = floats[2 * simpleForms + 2]!;
    this.filterBits = floats[2 * simpleForms + 3]!;
    this.solvedBits = floats[2 * simpleForms + 4]!;
    const word = at + floatWords;
    const flags = words[word]!;
    this.short = (flags & 1) > 0;
    this.filterStays = (flags & 2) > 0;
    this.solved = (flags & 4) > 0;
    this.fresh = (flags & 8) > 0;
    this.weights = undefined;
    this.form = words[word + 1]!;
    this.blocks = words[word + 2]!;
    this.trialAt = words[word + 3]!;
    this.wait = words[word + 4]!;
    this.filtered = words[word + 5]!;
    this.warmShift = words[word + 6]!;
    this.probeStep = words[word + 7]!;
    this.solveAt = words[word + 8]!;
    this.solveWait = words[word + 9]!;
    return this;
  }

  save(words: Int32Array, at: number): void {
    const { bits, floats, ratios, sums } = this;
    for (let form = 0; form < simpleForms; form += 1) {
      floats[form] = sums[form]!;
      floats[simpleForms + form] = ratios[form]!;
    }
    floats[2 * simpleForms] = this.weight;
    floats[2 * simpleForms + 1] = this.expected;
    floats[2 * simpleForms + 2] = this.plainBits;
    floats[2 * simpleForms + 3] = this.filterBits;
    floats[2 * simpleForms + 4] = this.solvedBits;
    words.set(bits, at);
    const word = at + floatWords;
    words[word] =
      (this.short ? 1 : 0) |
      (this.filterStays ? 2 : 0) |
      (this.solved ? 4 : 0) |
      (this.weights !== undefined ? 8 : 0);
    words[word + 1] = this.form;
    words[word + 2] = this.blocks;
    words[word + 3] = this.trialAt;
    words[word + 4] = this.wait;
    words[word + 5] = this.filtered;
    words[word + 6] = this.warmShift;
    words[word + 7] = this.probeStep;
    words[word + 8] = this.solveAt;
    words[word + 9] = this.solveWait;
  }

  /**
   * Chooses for a block that begins with `staged[from]`; those up to `to` are known.
   * @param solution weights that were solved for from what is or was staged
   */
  choose(staged: Readings, from: number, to: number, solution: Solution | undefined): void {
    const mean = this.compare(staged, from, Math.min(to, from + mostCompared));
    const { blocks, sums, weight } = this;
    const share = weight > 0 ? 1 / weight : 0;
    let best = 0;
    let least = Infinity;
    for (let candidate = 0; candidate < sums.length; candidate += 1) {
      const expected = expectedBits(sums[candidate]! * share);
      if (expected * this.ratios[candidate]! >= least) continue;
      best = candidate;
      least = expected * this.ratios[candidate]!;
      this.expected = expected;
    }
    this.form = best;
    this.first = best === Simple.slowMean ? mean : staged[from]!;
    if (best !== Simple.braked) this.threshold = 0;
    this.order = orderFor(sums[best]! * share);
    this.warm = false;
    this.weights = undefined;
    // A short block has no room for weights, and nothing to learn from.
    if (this.short) return;
    const due = blocks >= this.trialAt && (sums[2]! <= promising * sums[0]! || blocks >= laterTrial);
    if (solution !== undefined && this.wantsSolution) this.consider(solution, least);
    if (due || this.weights !== undefined || this.filtered > 0 || this.filterStays) {
      // With the filter in place, a trial is a block without it.
      if (this.filterStays && blocks >= this.trialAt) {
        if (least < hopeless * this.filterBits) return;
        this.postpone(true);
      }
      if (this.filtered === 0) this.solved = this.weights !== undefined;
      this.warm = this.solved || this.filtered > 0;
      const probe = this.filtered % blocksPerProbe === blocksPerProbe - 1 ? this.probeStep : 0;
      let shift = this.solved ? solvedShift : coldShift + this.filtered;
      if (this.weights !== undefined) shift = solvedShift;
      else if (this.filtered >= 2) shift = this.warmShift + probe;
      this.form = filterForm + shift;
      this.first = staged[from]!;
    }
  }

  /** The block before, of so many readings, took so many bits. */
  closed(readings: number, bits: number): void {
    this.blocks += 1;
    // Short blocks are mostly head, and tell nothing.
    this.short = readings < shortBlock;
    if (this.short) return;
    const cost = bits / readings;
    // Negative without the filter.
    const shift = this.form - filterForm;
    if (shift >= 0) {
      this.filtered += 1;
      if (this.fresh) this.solvedBits = this.filtered === 1 ? cost : (3 * this.solvedBits + cost) / 4;
      if (this.filtered > 2 && shift !== this.warmShift) {
        this.probed(shift, cost);
        return;
      }
      this.filterBits = cost;
      if (this.filtered === 2) this.warmShift = this.solved ? solvedShift : usualShift;
      if (this.filtered >= 2) {
        const stays = cost < worthwhile * this.plainBits;
        // That solved weights failed says nothing of those that are learned.
        if (!stays && this.solved) this.solveAt = this.blocks + this.solveWait;
        else if (!stays || !this.filterStays) this.postpone(!stays);
        this.filterStays = stays;
        if (!stays) this.filtered = 0;
      }
    } else {
      this.plainBits = cost;
      this.learn(cost);
      if (this.filterStays) {
        if (this.filterBits >= worthwhile * cost) {
          this.filterStays = false;
          this.filtered = 0;
        }
        this.postpone(true);
      } else if (cost < cheapEnough && this.trialAt <= this.blocks) this.trialAt = this.blocks + 1;
    }
  }

  /** How the last block's cost compares with what its beginning promised; what others were found to be fades. */
  private learn(cost: number): void {
    const { form, ratios } = this;
    for (let other = 0; other < ratios.length; other += 1)
      ratios[other] = ratios[other]! + 0.01 * (usualRatio - ratios[other]!);
    const found = Math.max(0.5, Math.min(4, cost / this.expected));
    ratios[form] = (ratios[form]! + found) / 2;
  }

  /** A block with another pace of the filter: keeps what took less, else looks to the other side. */
  private probed(shift: number, cost: number): void {
    if (cost < 0.995 * this.filterBits) {
      this.warmShift = shift;
      this.filterBits = cost;
    } else this.probeStep = -this.probeStep;
    const next = this.warmShift + this.probeStep;
    if (next < fastestShift || next > slowestShift) this.probeStep = -this.probeStep;
  }

  /** Takes weights that were solved for, if the filter has lost such or they promise to predict much better. */
  private consider({ left, weights }: Solution, least: number): void {
    if (this.filtered > 0) {
      this.weights = weights;
      return;
    }
    this.solveAt = this.blocks + this.solveWait;
    if (this.solveWait < longestWait) this.solveWait *= 2;
    if (expectedBits(meanOfRoot * Math.sqrt(left)) < solvedWorthwhile * least) this.weights = weights;
  }

  /** Whether the next block wants weights that are solved for. */
  get wantsSolution(): boolean {
    // A short block has no room for them.
    if (this.short) return false;
    return this.filtered > 0 ? this.solved && this.isStale : this.blocks >= this.solveAt;
  }

  private get isStale(): boolean {
    return this.filterBits > stale * this.solvedBits;
  }

  /** What the block at hand must cost for the next one to want such weights, in 256ths of a bit a reading. At least. */
  solveFrom(): number {
    const due = this.blocks + 1 >= this.solveAt;
    if (this.form < filterForm) return due || (this.solved && this.isStale) ? 0 : never;
    if (this.solved) return this.isStale ? 0 : Math.floor(256 * stale * this.solvedBits);
    return due && this.filtered > 0 ? Math.floor(256 * worthwhile * this.plainBits) : never;
  }

  /** Another signal begins. */
  forget(): void {
    for (let candidate = 0; candidate < this.sums.length; candidate += 1) this.sums[candidate] = 0;
    this.weight = 0;
    this.filtered = 0;
    this.filterStays = false;
    this.trialAt = this.blocks + firstTrial;
    this.solveAt = this.blocks + firstTrial;
    this.solveWait = 2;
  }

  private postpone(longer: boolean): void {
    this.trialAt = this.blocks + this.wait;
    if (longer && this.wait < longestWait) this.wait *= 2;
  }

  /** Adds what the simple predictors make of the staged readings. @returns their mean */
  private compare(staged: Readings, from: number, to: number): number {
    const { sums } = this;
    let total = 0;
    for (let index = from; index < to; index += 1) total += staged[index]!;
    const mean = Math.round(total / (to - from)) | 0;
    const faded = to - from < 16 ? 0.95 : 0.85;
    this.weight *= faded;
    // Twice the mean difference parts rest from movement.
    const threshold = this.weight > 0 ? Math.round((2 * faded * sums[0]!) / this.weight) : 0;
    this.threshold = Math.min(threshold, 0x7fffffff);
    let difference = 0;
    let slope = 0;
    let second = 0;
    let still = 0;
    let quick = 0;
    let before = staged[from]!;
    let last = 0;
    let secondLast = 0;
    let level = before << 2;
    let residual = 0;
    // A spike is no reason to prefer what forgets it slowly: beyond some size all residuals cost alike.
    const most = this.weight > 0 ? 4 + Math.round((32 * faded * sums[0]!) / this.weight) : Infinity;
    let index = from + 1;
    while (index < to) {
      const value = staged[index]!;
      const step = value - before;
      const bend = step - last;
      residual = step < 0 ? -step : step;
      if (residual > most) residual = most;
      difference += residual;
      residual = bend < 0 ? -bend : bend;
      if (residual > most) residual = most;
      second += residual;
      residual = last > threshold || -last > threshold ? step - ((12 * last - 6 * secondLast) >> 3) : step;
      residual = residual < 0 ? -residual : residual;
      if (residual > most) residual = most;
      slope += residual;
      residual = value - mean;
      residual = residual < 0 ? -residual : residual;
      if (residual > most) residual = most;
      still += residual;
      residual = value - (level >> 2);
      level += residual;
      residual = residual < 0 ? -residual : residual;
      if (residual > most) residual = most;
      quick += residual;
      before = value;
      secondLast = last;
      last = step;
      index += 1;
    }
    sums[0] = sums[0]! * faded + difference;
    sums[1] = sums[1]! * faded + slope;
    sums[2] = sums[2]! * faded + second;
    sums[3] = sums[3]! * faded + still;
    sums[4] = sums[4]! * faded + quick;
    this.weight += to - from - 1;
    return mean;
  }
}

/** The Rice parameter for residuals of a mean size. */
function orderFor(size: number): number {
  let order = 0;
  while (2 * size > 2 << order && order < maximumOrder - 1) order += 1;
  return order;
}

/** Bits a reading for residuals of a mean size. */
function expectedBits(size: number): number {
  const order = orderFor(size);
  return order + 1 + (2 * size) / (1 << order);
}
