import { expect, test } from 'vitest';
import { fifteenStreams, fifteenStreamsArena, fiveStreams, replaced, runSmallDevice } from './small-device';

test.each([
  { name: 'five', load: fiveStreams, arena: 52_000 },
  { name: 'fifteen', load: fifteenStreams, arena: fifteenStreamsArena },
])(
  'an ESP32-C3 with $name streams misses nothing through a change of its configuration',
  {
    timeout: 180_000,
  },
  async ({ load, arena }) => {
    const count = load.analogs.length + load.added.length + load.gpios.length + load.sensors.length;
    const fast = count - load.sensors.length;
    const { exit, uptime, revision, streams, received, early, late, peak } = await runSmallDevice(8, load, {
      arena,
    });
    console.log(`most of the arena in use: ${peak} B of ${arena}, ${late} B of them live`);
    expect(exit).toBeUndefined();
    expect(revision).toBe('r2');
    expect(streams).toHaveLength(count + replaced);
    for (const { captured, missed, failed, acknowledged, overwritten, discarded, stored } of streams) {
      expect(missed + failed + overwritten + discarded).toBe(0);
      expect(captured).toBeGreaterThanOrEqual(acknowledged + stored);
    }
    // Ticks are as many as time has passed since the collectors began, those that were replaced included.
    const captured = streams.reduce((sum, of) => sum + (of.method === 'Readings' ? 0 : of.captured), 0);
    expect(Math.abs(captured - (fast * uptime) / 10)).toBeLessThan(30 * fast);
    expect(received).toBeGreaterThan(0.9 * fast * 100 * 480);
    // Thousands of readings later.
    expect(late).toBeLessThanOrEqual(early + 512);
  },
);
