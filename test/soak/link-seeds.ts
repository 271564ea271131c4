/** The whole system under faults: see test/simulation. */
import { report, runSeed, type SeedResult, summarise } from '../simulation/run';
import type { SoakTask } from './task';

const hours = 6;

export const task: SoakTask = {
  description: `nothing is lost, doubled or invented in ${hours} virtual hours of faults`,
  unit: 'seeds',
  sample: 1,
  full: 1_000,
  async run(amount, seed) {
    const results: SeedResult[] = [];
    for (let each = seed; each < seed + amount; each++) {
      results.push({ ...(await runSeed(each, amount === 1 ? 0.1 : hours)), log: [] });
    }
    const summary = summarise(results);
    if (summary.violations > 0) throw new Error(report(summary));
    return report(summary);
  },
};
