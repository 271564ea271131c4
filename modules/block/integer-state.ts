import { filterTaps } from './types';

/** What the values of an open block of integers depend on. */
export class IntegerState {
  predictor = 0;
  shift = 0;
  threshold = 0;
  gain = 0;
  brake = 0;
  pace = 3;
  /** Of the leaky mean, times 2^shift. */
  level = 0;
  previous = 0;
  /** Mean of the mapped residuals, times 2^pace, and the Rice parameter that follows from it: −1 while two zeros take one bit. */
  mean = 0;
  order = 0;
  /** 1 while a zero waits for the next reading. */
  held = 0;
  /** Readings since the last look for a run, counted while the mean is near zero. */
  quiet = 0;
  /** Equal readings so far, or −1 outside a run. */
  run = -1;
  /** Values are `offset` plus multiples of `step`; with a step above one it is these that are coded. */
  step = 1;
  offset = 0;
  /** The last difference, and the one before. */
  difference = 0;
  before = 0;
  /** Of the filter, scale of the weights as a shift. It is made when it is first used: few signals need it. */
  filterShift = 0;
  filter: FilterState | undefined = undefined;
}

/** The last differences, newest first, and their weights. */
export class FilterState {
  differences: number[] = new Array<number>(filterTaps).fill(0);
  weights: number[] = new Array<number>(filterTaps).fill(0);
}
