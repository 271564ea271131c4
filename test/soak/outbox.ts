/** Lives of an outbox that end in the middle of any operation of its disk, three times of four with the power. */
import { OutboxModel } from '../../gateway/outbox/test-outbox-model';
import type { SoakTask } from './task';

const livesEach = 5;

export const task: SoakTask = {
  description: 'whenever the gateway dies, nothing acknowledged is lost or doubled, and the account is right',
  unit: 'deaths',
  sample: 20,
  full: 2_700,
  async run(amount, seed) {
    let powerCuts = 0;
    for (let death = 0, number = seed; death < amount; number++) {
      // Of each third one, the disk fails at most of the starts.
      const model = new OutboxModel(number, number % 3 === 0);
      for (let life = 0; life < livesEach && death < amount; life++, death++) {
        // By the seed alone, so that a replay dies the same deaths.
        const power = (number + life) % 4 !== 1;
        if (power) powerCuts++;
        await model.live(power);
        await model.check();
        if (model.violations.length > 0)
          throw new Error(
            `replay with --amount 5 --seed ${number}: ${model.violations.slice(0, 10).join('; ')}`,
          );
      }
    }
    return `${powerCuts} power cuts, ${amount - powerCuts} kills: 0 lost, 0 doubled, the account right`;
  },
};
