/** The cloud's raw files on a disk as unkind as POSIX allows, whose process dies again and again. */
import { deepStrictEqual } from 'node:assert';
import { storedAfterDeaths } from '../../cloud/stores/raw-files/test-power-cuts';
import type { SoakTask } from './task';

export const task: SoakTask = {
  description:
    'every line and block is in the raw files once, in order, whatever dies at whichever operation',
  unit: 'lives',
  // cloud/stores/raw-files/raw-files.test.ts is the sample.
  sample: 0,
  full: 50_000,
  async run(amount, seed, progress) {
    for (let number = seed; number < seed + amount; number++) {
      const { stored, expected } = await storedAfterDeaths(number);
      deepStrictEqual(stored, expected, `replay with --amount 1 --seed ${number}`);
      progress(number - seed + 1);
    }
    return `${amount} lives, nothing lost, nothing doubled`;
  },
};
