/**
 * Time behind a seam.
 *
 * In: actions and delays. Out: monotonic and wall time, actions when they are due.
 * Holds: a whole program also runs in a simulation's virtual time.
 */
export { type Clock, systemClock } from './clock';
export { repeat } from './repeat';
export type { MonotonicMilliseconds, PartMilliseconds, WallMilliseconds } from './units';
