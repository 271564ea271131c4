import { Predictor, paceOf, quietBelow } from './types';

/** Signed 32-bit integers: what is staged, or its multiples of a step. */
export interface Readings {
  readonly [index: number]: number;
}

/** How a block of integers predicts: what its head says, and what follows from it. */
export interface Form {
  predictor: number;
  shift: number;
  gain: number;
  brake: number;
  /** The mean of the residuals is one of the last 2^pace or so. */
  pace: number;
  /** Below this mean two zeros take one bit. */
  quiet: number;
}

function form(predictor: number, shift: number, gain: number, brake: number): Readonly<Form> {
  const pace = paceOf(predictor, shift);
  return Object.freeze({ predictor, shift, gain, brake, pace, quiet: quietBelow(predictor, pace) });
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
