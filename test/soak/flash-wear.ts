/** The flash log over ten million blocks: it wears evenly whatever the collectors' rates, and writes little twice. */
import {
  fastCollectors,
  mixedCollectors,
  stillCollectors,
  type Wear,
  wearOf,
} from '../../modules/ring/wear-scenario.node.js';
import type { SoakTask } from './task';

/** Share of the blocks, and what must hold. */
const lives = [
  {
    name: 'mixed 100 Hz … 1/min',
    share: 0.7,
    collectors: mixedCollectors,
    lengths: [440, 512],
    amplification: 2.5,
  },
  { name: 'ten at 100 Hz', share: 0.2, collectors: fastCollectors, lengths: [512, 512], amplification: 1.15 },
  { name: 'half still', share: 0.1, collectors: stillCollectors, lengths: [440, 512], amplification: 3 },
] as const;

function describe(name: string, { minimum, maximum, spread, amplification }: Wear): string {
  return `${name}: ${minimum}…${maximum} erases (spread ${(100 * spread).toFixed(2)} %), write amplification ${amplification.toFixed(3)}`;
}

export const task: SoakTask = {
  description:
    'sectors wear within 5 % of each other, and fast collectors’ blocks are programmed at most 1.15 times',
  unit: 'blocks',
  sample: 60_000,
  full: 10_000_000,
  async run(amount, seed) {
    const lines: string[] = [];
    for (const { name, share, collectors, lengths, amplification } of lives) {
      // A partition small enough that the sample, too, goes around it twenty times.
      const sectors = amount >= 1_000_000 ? 256 : 32;
      const wear = wearOf({ sectors, blocks: Math.round(amount * share), seed, collectors, lengths });
      const line = describe(name, wear);
      const problem =
        wear.problem ??
        (wear.spread > 0.05 ? 'uneven' : wear.amplification > amplification ? 'too much written' : undefined);
      if (problem !== undefined) throw new Error(`${line}: ${problem} (seed ${seed}, ${amount} blocks)`);
      lines.push(line);
    }
    return lines.join('; ');
  },
};
