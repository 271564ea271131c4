import { expect, test } from 'vitest';
import {
  fifteenStreams,
  fifteenStreamsArena,
  fiveStreams,
  reconfigurationArena,
  replaced,
  runSmallDevice,
} from './small-device';

test.each([
  { name: 'five streams', load: fiveStreams, arena: 50_176, reconfigured: true },
  { name: 'fifteen streams', load: fifteenStreams, arena: fifteenStreamsArena, reconfigured: false },
  { name: 'fifteen streams', load: fifteenStreams, arena: reconfigurationArena, reconfigured: true },
  {
    name: 'fifteen streams that keep 20 KB each',
    load: { ...fifteenStreams, cacheSize: 20 },
    arena: 77_824,
    reconfigured: true,
  },
])(
  'an ESP32-C3 with $name misses nothing in $arena B, reconfigured: $reconfigured',
  {
    timeout: 180_000,
  },
  async ({ load, arena, reconfigured }) => {
    const count = load.analogs.length + load.added.length + load.gpios.length + load.sensors.length;
    const fast = count - load.sensors.length;
    const { exit, uptime, revision, streams, received, report, early, late, peak } = await runSmallDevice(
      8,
      load,
      {
        arena,
        reconfigured,
      },
    );
    console.log(`most of the arena in use: ${peak} B of ${arena}, ${late} B of them live`);
    expect(exit).toBeUndefined();
    expect(revision).toBe(reconfigured ? 'r2' : 'r1');
    expect(streams).toHaveLength(count + (reconfigured ? replaced : 0));
    for (const { captured, missed, failed, acknowledged, overwritten, discarded, stored } of streams) {
      expect(missed + failed + overwritten + discarded).toBe(0);
      expect(captured).toBeGreaterThanOrEqual(acknowledged + stored);
    }
    // Ticks are as many as time has passed since the collectors began, those that were replaced included.
    const captured = streams.reduce((sum, of) => sum + (of.method === 'Readings' ? 0 : of.captured), 0);
    expect(Math.abs(captured - (fast * uptime) / 10)).toBeLessThan(30 * fast);
    expect(received).toBeGreaterThan(0.9 * fast * 100 * 480);
    // Slots, of 384: what overflows them restarts the device. Most takes the reading of the configuration.
    expect(report.stack.peak).toBeLessThanOrEqual(344);
    // Names of properties that were made at run time, each for ever: the SDK's manifests have room for 32.
    expect(report.keys.used).toBeLessThanOrEqual(16);
    // Thousands of readings later.
    expect(late).toBeLessThanOrEqual(early + 512);
  },
);
