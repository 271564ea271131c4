import { expect, test } from 'vitest';
import { fiveStreams, runSmallDevice } from './small-device';

test('an ESP32-C3 with five streams misses nothing and keeps within its memory', {
  timeout: 180_000,
}, async () => {
  const { exit, uptime, streams, received, early, late, peak } = await runSmallDevice(8, fiveStreams);
  console.log(`most of the arena in use: ${peak} B of 94208`);
  expect(exit).toBeUndefined();
  expect(streams).toHaveLength(5);
  for (const { captured, missed, failed, acknowledged, overwritten, discarded, stored } of streams) {
    expect(missed + failed + overwritten + discarded).toBe(0);
    expect(captured).toBeGreaterThanOrEqual(acknowledged + stored);
  }
  // Ticks are as many as time has passed since the collectors began.
  for (const { captured } of streams.filter(({ method }) => method !== 'Readings'))
    expect(Math.abs(captured - uptime / 10)).toBeLessThan(30);
  expect(received).toBeGreaterThan(0.9 * 4 * 100 * 480);
  // 96,000 readings later.
  expect(late).toBeLessThanOrEqual(early + 512);
  expect(peak).toBeLessThanOrEqual(90_000);
});
