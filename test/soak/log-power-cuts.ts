/** Scripts by chance over the log; the process dies at every operation of the disk, three times of four with the power. */
import fc from 'fast-check';
import { anyStep, LogModel } from '../../common/log/test-log-model';
import type { SoakTask } from './task';

const steps = fc.array(anyStep, { minLength: 5, maxLength: 25 });

export const task: SoakTask = {
  description: 'whatever dies at whichever operation, the log keeps what it acknowledged, once',
  unit: 'scripts',
  sample: 2,
  full: 1000,
  async run(amount, seed) {
    let deaths = 0;
    for (let number = seed; number < seed + amount; number++) {
      const [script = []] = fc.sample(steps, { seed: number, numRuns: 1 });
      const whole = new LogModel(number);
      await whole.run(script);
      for (let operation = 1; operation <= whole.disk.operations; operation++) {
        const power = operation % 4 > 0;
        const model = new LogModel(number);
        await model.run(script, { operation, power }).catch((cause) => {
          const message = `operation ${operation}${power ? ', with the power' : ''}; replay with --amount 1 --seed ${number}`;
          throw new Error(message, { cause });
        });
        deaths += model.deaths;
      }
    }
    return `${amount} scripts, ${deaths} deaths, nothing lost, nothing doubled`;
  },
};
