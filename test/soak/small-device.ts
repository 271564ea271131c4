/** Hours of an ESP32-C3 with fifteen streams, the uplink up, in the least arena that does. */
import { dayArena as arena, fifteenStreams, runSmallDevice } from '../simulation/small-device';
import type { SoakTask } from './task';

export const task: SoakTask = {
  description: 'an ESP32-C3 with fifteen streams misses nothing and its memory stays',
  unit: 'virtual hours',
  sample: 0,
  full: 24,
  async run(hours) {
    const { exit, streams, early, late, peak } = await runSmallDevice(hours * 60, fifteenStreams, {
      arena,
      reconfigured: false,
    });
    if (exit !== undefined) throw new Error(exit);
    for (const { resource, method, missed, failed, overwritten, discarded } of streams)
      if (missed + failed + overwritten + discarded > 0)
        throw new Error(
          `${resource} ${method}: ${missed} missed, ${failed} failed, ${overwritten} overwritten`,
        );
    if (late > early + 512) throw new Error(`${late} B in use instead of ${early} B`);
    return `${streams.length} streams; most of the arena in use: ${peak} B of ${arena}`;
  },
};
