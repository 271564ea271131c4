/** Rows of power cuts by chance, half of them with a sector that fails to program; every mount works on. */
import { cutInARow } from '../../modules/ring/power-cut-scenario.node.js';
import type { SoakTask } from './task';

export const task: SoakTask = {
  description: 'after four power cuts in a row the flash log works on, and no block is lost or wrong',
  unit: 'rows',
  sample: 50,
  full: 20_000,
  async run(amount, seed) {
    for (let row = 0; row < amount; row += 1) {
      try {
        cutInARow(seed + row, (seed + row) % 2 === 1);
      } catch (error) {
        throw new Error(`replay with --amount 1 --seed ${seed + row}`, {
          cause: error,
        });
      }
    }
    return `${amount} rows of four cuts, all right`;
  },
};
