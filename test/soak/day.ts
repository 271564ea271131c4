/** Days of virtual time: 1,200 reads a second, none lost, none at a wrong time, memory as at the beginning. */
import { join } from 'node:path';
import { SimulatedDevice } from '../../host-sim/device';
import { root } from '../../host-sim/manifest/paths';
import { noise, ramp } from '../../host-sim/signals';
import type { SoakTask } from './task';

const hour = 3_600_000;
const pins = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const digital = [11, 12];

export const task: SoakTask = {
  description: 'twelve pins read at 100 Hz for hours of virtual time, in minutes',
  unit: 'virtual hours',
  sample: 1,
  full: 24 * 30,
  async run(hours, seed) {
    const device = await SimulatedDevice.start({
      firmware: join(root, 'host-sim', 'examples', 'sampler'),
      board: 'esp32s3',
      seed,
      config: { pins, digital },
      pins: Object.fromEntries(
        [...pins, ...digital].map((pin) => [pin, [ramp(0, pin, 300), noise(9, pin + seed)]]),
      ),
      reboots: 'manual',
    });
    try {
      await device.run(hour / 2);
      const { slots } = await device.report({ collect: true });
      const start = performance.now();
      await device.run((hours - 0.5) * hour);
      const seconds = (performance.now() - start) / 1000;
      if (device.exit) throw new Error(`seed ${seed}: ${device.exit.reason}: ${device.exit.detail}`);
      const after = await device.report({ collect: true });
      if (after.slots.current > slots.current)
        throw new Error(`seed ${seed}: ${after.slots.current} slots live instead of ${slots.current}`);
      const reads = Number(/(\d+) reads/.exec(device.traces.at(-1) ?? '')?.[1]);
      const expected = hours * 3600 * 100 * (pins.length + digital.length);
      if (reads !== expected) throw new Error(`seed ${seed}: ${reads} reads instead of ${expected}`);
      return `${reads} reads; a virtual day takes ${((seconds / (hours - 0.5)) * 24).toFixed(0)} s`;
    } finally {
      await device.close();
    }
  },
};
