/** A part that publishes, under faults: see test/simulation. */
import { runSeeds } from '../simulation/worlds';
import type { SoakTask } from './task';

const hours = 1;

export const task: SoakTask = {
  description: 'a part that publishes loses nothing but by name in a virtual hour, whatever its broker does',
  unit: 'seeds',
  // test/simulation/publishing.test.ts is the sample.
  sample: 0,
  full: 200,
  run: (amount, seed, progress) => runSeeds('broker', seed, amount, hours, progress),
};
