/** Parts in XS under faults: see test/simulation. */
import { runSeeds } from '../simulation/worlds';
import type { SoakTask } from './task';

const hours = 1;

export const task: SoakTask = {
  description: 'nothing is lost, doubled or invented in a virtual hour of faults',
  unit: 'seeds',
  sample: 1,
  full: 500,
  run: (amount, seed, progress) => runSeeds('parts', seed, amount, amount === 1 ? 0.1 : hours, progress),
};
