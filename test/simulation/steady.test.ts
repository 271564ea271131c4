import { expect, test } from 'vitest';
import { runOutage, runSteady } from './steady';

test('steady syncing at 1, 10, 50 and 100 Hz misses and doubles nothing in an hour', {
  timeout: 180_000,
}, async () => {
  const { violations, tally } = await runSteady(60);
  expect(violations).toEqual([]);
  expect(tally.captured).toBeGreaterThan(161 * 3_600);
  expect(tally.overwritten + tally.lostAtReboot + tally.discarded).toBe(0);
  // What was captured after the last sync is on the device, and what is delivered after the last question is not in it.
  expect(tally.captured - tally.delivered).toBeLessThan(161 * 10);
});

test('ten collectors of 10 Hz with 150 KB each lose nothing in an outage of eight hours', {
  timeout: 180_000,
}, async () => {
  const { violations, tally } = await runOutage(10, 150, 8 * 60);
  expect(violations).toEqual([]);
  expect(tally.captured).toBeGreaterThan(10 * 10 * 8 * 3_600);
  expect(tally.overwritten + tally.lostAtReboot + tally.discarded).toBe(0);
});

test('what an outage overwrites at 100 Hz is counted exactly', { timeout: 180_000 }, async () => {
  const { violations, tally } = await runOutage(100, 10, 8);
  expect(violations).toEqual([]);
  expect(tally.overwritten).toBeGreaterThan(100_000);
  expect(tally.lostAtReboot + tally.discarded).toBe(0);
});
