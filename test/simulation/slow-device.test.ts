/** JavaScript as slow as on a board: nothing piles up, and no session ends for it. The whole hour: `npm run soak -- slow-device`. */
import { expect, test } from 'vitest';
import { runStorm } from './slow-device';

test.each([{ secure: true }, { secure: false }])(
  'a device of 125 MIPS catches up in one session, TLS: $secure',
  { timeout: 240_000 },
  async ({ secure }) => {
    const { sessions, exits, caughtUp, mostUnderWay, answers, lost, captured, received } = await runStorm({
      mips: 125,
      secure,
      outage: 5,
      connected: 2,
    });
    expect(exits).toEqual([]);
    expect(sessions).toBe(1);
    expect(mostUnderWay).toBeLessThanOrEqual(8);
    expect(caughtUp).toBeLessThan(60_000);
    expect(lost).toBe(0);
    expect(received).toBeGreaterThan(0.97 * captured);
    // A page that looks every second is answered meanwhile.
    expect(answers).toBeGreaterThan(60);
  },
);
