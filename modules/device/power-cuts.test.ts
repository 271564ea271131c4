/** The composed device in the simulator, whose power fails between the steps of its settings. A thousand cuts: `npm run soak -- settings-power-cuts`. */
import { expect, test } from 'vitest';
import { cutAtEachStep, startWithSettings } from './settings-power-cuts.node.js';

test('a device whose power fails at a step of its settings has its name, a new boot number and a configuration whole', async () => {
  const device = await startWithSettings();
  try {
    // The boot counter, the chunks and the head, the declarations, the trial's end, the restart's reason.
    expect(await cutAtEachStep(device)).toBeGreaterThan(15);
  } finally {
    await device.close();
  }
}, 120_000);
