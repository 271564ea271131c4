/** An hour's backlog, and an hour of syncs with an open page, on a device as slow as an ESP32-C3, over TLS. */
import { runStorm } from '../simulation/slow-device';
import type { SoakTask } from './task';

export const task: SoakTask = {
  description: 'a slow device delivers its backlog and goes on in one session, and no queue grows',
  unit: 'virtual minutes',
  sample: 0,
  full: 60,
  async run(minutes) {
    const { sessions, exits, ends, caughtUp, mostUnderWay, lost, losses, captured, received } =
      await runStorm({
        mips: 125,
        secure: true,
        outage: minutes,
        connected: minutes,
      });
    if (exits.length > 0) throw new Error(exits.join('; '));
    if (sessions !== 1) throw new Error(`${sessions} sessions: ${ends.slice(-5).join('; ')}`);
    if (mostUnderWay > 8) throw new Error(`${mostUnderWay} messages under way`);
    if (caughtUp === undefined || lost > 0 || received < 0.97 * captured)
      throw new Error(`${received} of ${captured} readings arrived: ${losses.join('; ')}`);
    return `caught up after ${Math.round(caughtUp / 1_000)} s; at most ${mostUnderWay} messages under way`;
  },
};
