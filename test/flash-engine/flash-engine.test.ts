/** The flash log does in XS, bit for bit, what it does in Node, where everything else about it is tested. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SimulatedDevice } from '../../host-sim/device';
import { FlashLog } from '../../modules/ring/flash-log';
import { NorFlash } from '../../modules/ring/nor-flash.node.js';
import { exercise } from './exercise';

const sectors = 20;

async function inXs(seed: number): Promise<string> {
  const device = await SimulatedDevice.start({
    firmware: dirname(fileURLToPath(import.meta.url)),
    board: 'esp32',
    config: { seed },
    flash: { partitions: { capture: sectors * 4096 } },
    turnLimit: 1e12,
    reboots: 'manual',
  });
  try {
    await device.run(1000);
    if (device.exit) throw new Error(`${device.exit.reason}: ${device.exit.detail}`);
    return device.traces.join('').trim();
  } finally {
    await device.close();
  }
}

for (const seed of [1, 2, 3])
  test(`rings, carrying forward, restarts and the ledger come out the same in XS and Node, seed ${seed}`, async () => {
    const expected = exercise(FlashLog, new NorFlash(sectors), seed);
    const { read, results } = JSON.parse(expected);
    expect(read).toBeGreaterThan(1000);
    expect(results.some(({ counters }: { counters: { carried: number } }) => counters.carried > 0)).toBe(
      true,
    );
    expect(JSON.parse(await inXs(seed))).toEqual(JSON.parse(expected));
  });
