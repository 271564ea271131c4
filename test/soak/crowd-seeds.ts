/** Many parts at once, under faults: see test/simulation. */
import { runSeeds } from '../simulation/worlds';
import type { SoakTask } from './task';

const hours = 1;

export const task: SoakTask = {
  description: '25 parts of twelve streams at 100 Hz lose nothing but by name in a virtual hour',
  unit: 'seeds',
  // test/simulation/crowd.test.ts is the sample.
  sample: 0,
  full: 50,
  run: (amount, seed, progress) => runSeeds('crowd', seed, amount, hours, progress),
};
