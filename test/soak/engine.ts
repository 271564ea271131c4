/** The engine against Node: the torture program, with more rounds than its test has, on every board. */
import { join } from 'node:path';
import { SimulatedDevice } from '../../host-sim/device';
import { torture } from '../../host-sim/examples/torture/torture';
import { type BoardName, boards } from '../../host-sim/manifest/boards';
import { root } from '../../host-sim/manifest/paths';
import type { SoakTask } from './task';

const firmware = join(root, 'host-sim', 'examples', 'torture');

async function hashOn(board: BoardName, rounds: number): Promise<string> {
  const device = await SimulatedDevice.start({
    firmware,
    board,
    config: { rounds },
    turnLimit: 1e12,
    reboots: 'manual',
  });
  try {
    await device.run(1000);
    if (device.exit) throw new Error(`${board}: ${device.exit.reason}: ${device.exit.detail}`);
    return device.traces[0]!.split(' ')[0]!;
  } finally {
    await device.close();
  }
}

export const task: SoakTask = {
  description: 'XS and Node give the same hash of the torture program on every board',
  unit: 'rounds',
  sample: 20,
  full: 2000,
  async run(rounds) {
    const expected = await torture(rounds);
    for (const board of Object.keys(boards) as BoardName[]) {
      const hash = await hashOn(board, rounds);
      if (hash !== expected)
        throw new Error(`${board}: ${hash} instead of ${expected} after ${rounds} rounds`);
    }
    return `${expected} on ${Object.keys(boards).length} boards`;
  },
};
