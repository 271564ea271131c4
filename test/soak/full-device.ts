/** A day of all that an ESP32-C3 has to carry at once, in the memory it has. */
import { checkLossless, fifteenStreams, runSmallDevice } from '../simulation/small-device';
import type { SoakTask } from './task';

/** Bytes. */
const leastFree = 6_144;

export const task: SoakTask = {
  description:
    'an ESP32-C3 with fifteen streams over TLS, asked for its status each second and reconfigured, has 6 KB left',
  unit: 'virtual hours',
  // `npm run bench -- memory` measures an hour.
  sample: 0,
  full: 24,
  async run(hours, _seed, progress) {
    const { exit, revision, streams, free, peak, answers } = await runSmallDevice(
      hours * 60,
      fifteenStreams,
      {
        secure: true,
        watched: true,
        progress,
      },
    );
    if (exit !== undefined) throw new Error(exit);
    checkLossless(streams);
    if (revision !== 'r2') throw new Error(`it runs configuration ${revision}`);
    if (answers < 0.9 * hours * 3_600) throw new Error(`only ${answers} answers`);
    if (free < leastFree) throw new Error(`${free} B free at the peak of ${peak} B`);
    return `${free} B free at the peak of ${peak} B; ${answers} answers`;
  },
};
