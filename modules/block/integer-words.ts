/**
 * What an integer encoder remembers: words, of which these are the places. Behind the readings that are staged stands
 * what the values of the open block depend on, then what the choice for the next block does.
 */
import { predictorChoiceWords } from './predictor-choice';
import { stepChoiceWords } from './step-choice';
import { filterTaps } from './types';

/** Readings that are staged, as the first of the words. */
export const capacity = 48;

/** Which of `forms` the block has, and what the last difference must exceed to be continued. */
export const formAt = capacity;
export const thresholdAt = formAt + 1;
/** The last reading; with the level predictor, outside runs, the leaky mean times 2^shift. */
export const lastAt = thresholdAt + 1;
/** Readings before the last, newest first: as many as the filter sees differences; the slope takes two. */
export const earlierAt = lastAt + 1;
/** Mean of the mapped residuals, times 2^pace, and the Rice parameter that follows from it: −1 while two zeros take one bit. */
export const meanAt = earlierAt + filterTaps;
export const orderAt = meanAt + 1;
/** Readings since the last look for a run, counted while the mean is near zero. */
export const quietAt = orderAt + 1;
/** 1 while a zero waits for the next reading. */
export const heldAt = quietAt + 1;
/** Equal readings so far, or −1 outside a run. */
export const runAt = heldAt + 1;
/** Values are the offset and multiples of the step; with a step above one it is these that are coded. */
export const stepAt = runAt + 1;
export const offsetAt = stepAt + 1;
/** The filter's weights, those of the newest differences first, and their scale as a shift. They outlast a block. */
export const weightsAt = offsetAt + 1;
export const weightShiftAt = weightsAt + filterTaps;
/** Readings and bits of the block before; no readings once the choice knows of them. */
export const readingsAt = weightShiftAt + 1;
export const bitsAt = readingsAt + 1;
/** What the open block must cost for weights to be solved for (`solveFrom`), and the turn that this encoder has at the solver. */
export const solveFromAt = bitsAt + 1;
export const turnAt = solveFromAt + 1;
export const stepChoiceAt = turnAt + 1;
export const predictorChoiceAt = stepChoiceAt + stepChoiceWords;

/** Words behind those staged. */
export const memory = predictorChoiceAt + predictorChoiceWords - capacity;
