import { filterTaps } from './types';

/** What the values of an open block of integers depend on. */
export class IntegerState {
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
