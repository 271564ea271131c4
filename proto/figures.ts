/** The answer to `Figures`, which an open page asks for every second: what changes of `Status`, in few bytes. Pure. */

/** A stream's row has these in their order; zeros at its end may be left out. */
export const streamFigures = Object.freeze([
  'number',
  'bytes',
  'quota',
  'captured',
  'acknowledged',
  'stored',
  'overwritten',
  'discarded',
  'late',
  'missed',
  'failed',
  'refused',
  'slow',
] as const);
