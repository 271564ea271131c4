/** Lives of an outbox, each of which ends at every operation of its disk in turn, three times of four with the power. */
import { endAtEach, longestLife } from '../../gateway/outbox/test-outbox-model';
import type { SoakTask } from './task';

export const task: SoakTask = {
  description: 'at whichever operation of its disk the gateway dies, nothing acknowledged is lost or doubled',
  unit: 'lives',
  // gateway/outbox/power-cuts.test.ts is the sample.
  sample: 0,
  full: 20,
  async run(amount, seed) {
    for (let number = seed; number < seed + amount; number++) {
      const violations = await endAtEach(number, longestLife);
      if (violations.length > 0)
        throw new Error(`replay with --amount 1 --seed ${number}: ${violations.slice(0, 10).join('; ')}`);
    }
    return `${amount * longestLife} deaths, one at each operation of ${amount} lives: nothing lost, nothing doubled`;
  },
};
