import { filterTaps, Predictor, paceOf } from './types';

/** Signed 32-bit integers: what is staged, or its multiples of a step. */
export interface Readings {
  readonly [index: number]: number;
}

/** How a block of integers predicts: what its head says and the loops need. */
export interface Form {
  predictor: number;
  shift: number;
  gain: number;
  brake: number;
  pace: number;
}

function form(predictor: number, shift: number, gain: number, brake: number): Readonly<Form> {
  return Object.freeze({ predictor, shift, gain, brake, pace: paceOf(predictor, shift) });
}

/** The simple forms: the reading before, and what the last differences continue to, in two ways; a slow mean and a quick one. */
export const Simple = Object.freeze({ still: 0, braked: 1, sloped: 2, slowMean: 3, quickMean: 4 } as const);

/** Of a filter, the form is this and its shift. */
export const filterForm = 5;

/** All forms that the encoder chooses among. */
export const forms: readonly Readonly<Form>[] = Object.freeze([
  form(Predictor.slope, 0, 0, 0),
  form(Predictor.slope, 0, 12, 6),
  form(Predictor.slope, 0, 8, 0),
  form(Predictor.level, 6, 0, 0),
  form(Predictor.level, 2, 0, 0),
  ...Array.from({ length: 16 }, (_, shift) => form(Predictor.filter, shift, 0, 0)),
]);

/** What the values of an open block of integers depend on. */
export class IntegerState {
  form: Readonly<Form> = forms[0]!;
  threshold = 0;
  /** The last reading; with the level predictor, outside runs, the leaky mean times 2^shift. */
  last = 0;
  /** The last difference, and the one before. */
  difference = 0;
  before = 0;
  /** Mean of the mapped residuals, times 2^pace, and the Rice parameter that follows from it: −1 while two zeros take one bit. */
  mean = 0;
  order = 0;
  /** Readings since the last look for a run, counted while the mean is near zero. */
  quiet = 0;
  /** 1 while a zero waits for the next reading. */
  held = 0;
  /** Equal readings so far, or −1 outside a run. */
  run = -1;
  /** With a step above one, what is coded are multiples of it. */
  step = 1;
}

/**
 * What the filter remembers, in words: the eight readings before the last, newest first, whose differences it sees,
 * and their weights, whose scale is 2^shift.
 */
export const filterWords = 2 * filterTaps + 1;

export const FilterWord = Object.freeze({ readings: 0, weights: filterTaps, shift: 2 * filterTaps } as const);
