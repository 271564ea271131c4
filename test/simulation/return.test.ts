/** Readings flow again in seconds, whatever was away, and whatever came before. */
import { expect, test } from 'vitest';
import { absences, boundOf, peers, ReturningPart, runAbsence, runCuts } from './return';

const minute = 60_000;

const lengths = [10_000, 5 * minute, 15 * minute];
const runs = peers.flatMap((peer) =>
  absences.flatMap((what) => lengths.map((length) => ({ peer, what, length }))),
);

test.each(runs)(
  'after $length ms without its $what a part of a $peer delivers in seconds',
  { timeout: 120_000 },
  async ({ peer, what, length }) => {
    for (const seed of [1, 2]) {
      const late = await runAbsence(what, length, { peer, seed });
      expect(late, `seed ${seed}`).toBeLessThanOrEqual(boundOf(what, length));
    }
  },
);

test.each([
  { peer: 'gateway', frequencies: [100, 100, 100] },
  { peer: 'broker', frequencies: [3, 3, 3] },
] as const)(
  'connections to a $peer that end 4 KB after their handshake cost next to nothing',
  {
    timeout: 180_000,
  },
  async ({ peer, frequencies }) => {
    const options = { peer, frequencies: [...frequencies] };
    const whole = await runCuts(undefined, 6, options);
    const cut = await runCuts(4_000, 6, options);
    expect(cut.connections).toBeGreaterThan(15);
    expect(cut.received).toBeGreaterThan(0.97 * whole.received);
  },
);

test('minutes of probing leave nothing on the device', { timeout: 120_000 }, async () => {
  for (const what of ['peer', 'route', 'name'] as const) {
    const part = new ReturningPart({ seed: 3, frequencies: [1], cacheKb: 1 });
    await part.start();
    try {
      await part.clock.run(minute);
      part.away(what, part.clock.now() + 20 * minute);
      // What probes need is there after four minutes: from then on it stays as it is, for hours.
      await part.clock.run(5 * minute);
      const early = await part.memory();
      await part.clock.run(14 * minute);
      const late = await part.memory();
      // As many attempts may be under way at one moment as at the other, or a few more.
      expect(late - early, what).toBeLessThan(2_048);
      await part.clock.run(2 * minute);
      expect((await part.memory()) - early, `${what}, back again`).toBeLessThan(4_096);
    } finally {
      await part.device.close();
    }
  }
});

test('a gateway that only acknowledges late keeps its session', { timeout: 60_000 }, async () => {
  const part = new ReturningPart({ seed: 4, frequencies: [10], cacheKb: 4 });
  await part.start();
  try {
    await part.clock.run(minute);
    part.disk.pause = ({ kind }) =>
      kind === 'sync'
        ? new Promise((resolve) => void part.clock.at(part.clock.now() + 12_000, resolve))
        : undefined;
    const { dialled } = part.network;
    await part.clock.run(2 * minute);
    expect(part.network.dialled).toBe(dialled);
  } finally {
    await part.device.close();
  }
});
