/** The power of one and the same device fails at each step of its settings, over and over. */
import { cutAtEachStep, startWithSettings } from '../../modules/device/settings-power-cuts.node.js';
import type { SoakTask } from './task';

export const task: SoakTask = {
  description:
    'a device starts with a whole configuration, its name and a new boot number after each power cut',
  unit: 'power cuts',
  // modules/device/power-cuts.test.ts is the sample.
  sample: 0,
  full: 1_000,
  async run(amount) {
    const device = await startWithSettings();
    try {
      let cuts = 0;
      while (cuts < amount) cuts += await cutAtEachStep(device);
      return `${cuts} power cuts`;
    } finally {
      await device.close();
    }
  },
};
