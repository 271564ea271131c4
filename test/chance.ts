/**
 * Chance in the tests follows from one seed (set-up file of vitest.config.ts, and what tests import). With CI set it is
 * always the same, so that a change never fails for what it has not done; otherwise each run draws and prints a new one.
 * `SEED=… npm test` repeats a run, `RUNS=50` lets every property run fifty times as often; `npm run soak -- properties`
 * looks for what CI's seed does not meet.
 */
import process from 'node:process';
import fc from 'fast-check';

function numberOf(name: 'SEED' | 'RUNS', otherwise: number): number {
  const value = Number(process.env[name] ?? otherwise);
  if (!Number.isInteger(value)) throw new Error(`${name} must be a whole number, not ${process.env[name]}`);
  return value;
}

export const seed = numberOf('SEED', 1);

const times = numberOf('RUNS', 1);

/** For a property that is to run so often, or as many times more as is asked. */
export function runs(numRuns: number): { numRuns: number } {
  return { numRuns: numRuns * times };
}

fc.configureGlobal({ seed, ...runs(100) });
