/** Every mutant is found: see test/simulation/mutants.ts. */
import { hunt, mutants } from '../simulation/mutants';
import type { SoakTask } from './task';

/** Of a world, and virtual hours of each. */
const seeds = 100;

export const task: SoakTask = {
  description: 'the simulated worlds notice what is broken on purpose',
  unit: 'mutants',
  // test/simulation/mutants.test.ts is the sample.
  sample: 0,
  full: mutants.length,
  async run(amount, _seed, progress) {
    const missed: string[] = [];
    for (const [index, mutant] of mutants.slice(0, amount).entries()) {
      const { found, output } = await hunt(mutant, seeds);
      if (!found) {
        missed.push(`'${mutant.name}' is not found: ${output.slice(-2_000)}`);
        progress(index, missed.at(-1));
      }
      progress(index + 1);
    }
    if (missed.length > 0) throw new Error(missed.join('\n'));
    return `${amount} found`;
  },
};
