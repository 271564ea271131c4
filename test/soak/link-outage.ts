/** An outage at 100 Hz, longer than the caches hold: what is overwritten is counted exactly. */
import { runOutage } from '../simulation/steady';
import type { SoakTask } from './task';

export const task: SoakTask = {
  description: 'ten collectors of 100 Hz with 150 KB each account for every reading of an outage',
  unit: 'minutes',
  sample: 5,
  full: 480,
  async run(minutes) {
    const { violations, tally } = await runOutage(100, 150, minutes);
    if (violations.length > 0) throw new Error(violations.slice(0, 5).join('\n'));
    return `${tally.captured} captured, ${tally.delivered} delivered, ${tally.overwritten} overwritten`;
  },
};
