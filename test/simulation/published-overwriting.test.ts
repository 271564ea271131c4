/** A part that publishes by itself goes on when its rings came round while nothing was acknowledged. */
import { expect, test } from 'vitest';
import { textFirmware } from './hostile-firmware';
import { PublishingPart } from './publishing-part';

const minute = 60_000;
const from = minute;
const end = 4 * minute;

/** Texts of which a ring of 1 KB holds those of some seven seconds. */
function texts(count: number) {
  return Array.from({ length: count }, (_, seed) => ({
    name: `s${seed}`,
    model: 'texts',
    attributes: { characters: 100, seed },
    hertz: 1,
    cacheKb: 1,
  }));
}

test.each([
  { board: 'esp32c3', streams: 1, hertz: 0.5, stall: 'nothing is acknowledged', seconds: 15 },
  { board: 'esp32c3', streams: 1, hertz: 0.5, stall: 'nothing is acknowledged', seconds: 45 },
  { board: 'esp32c3', streams: 1, hertz: 0.5, stall: 'the route is away', seconds: 20 },
  { board: 'esp32', streams: 8, hertz: 10, stall: 'nothing is acknowledged', seconds: 45 },
] as const)(
  '$streams streams that were overwritten in hand, as for $seconds s $stall, go on beside a healthy one',
  { timeout: 120_000 },
  async ({ board, streams, hertz, stall, seconds }) => {
    const part = new PublishingPart({
      board,
      frequencies: [hertz],
      sensors: texts(streams),
      firmware: textFirmware(),
    });
    const { broker, clock, network } = part;
    const until = from + seconds * 1_000;
    try {
      if (stall === 'the route is away') network.blackhole({ from, until });
      else broker.treat = ({ at }) => (at > from && at < until ? { silent: true } : undefined);
      await part.start();
      await clock.run(end);
      const { missing } = await part.arrivals();
      expect(missing).toBe(0);
      // What was late may have gone out again up to a minute later.
      const late = broker.taken.filter(({ at }) => at > until + minute);
      const expected = (end - until - minute) / 1_000;
      for (const { name } of texts(streams)) {
        const arrived = late.filter(({ text }) => text.includes(`"${name}_Readings`)).length;
        expect(arrived).toBeGreaterThan(expected - 10);
      }
    } finally {
      await part.close();
    }
  },
);
