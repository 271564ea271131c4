/** Hours of an ESP32-C3 with fifteen streams, the uplink up, in the least arena that does. */
import { dayArena as arena, checkLossless, fifteenStreams, runSmallDevice } from '../simulation/small-device';
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
    checkLossless(streams);
    if (late > early + 512) throw new Error(`${late} B in use instead of ${early} B`);
    return `${streams.length} streams; most of the arena in use: ${peak} B of ${arena}`;
  },
};
