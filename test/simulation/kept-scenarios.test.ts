/** What long runs have found, as short as it still shows. */
import { expect, test } from 'vitest';
import { check } from './invariants';
import type { Fault, Scenario } from './scenario';
import { World } from './world';

function fault(kind: Fault['kind'], at: number, duration = 0): Fault {
  return { kind, at, duration, part: 0, choice: 0.99 };
}

/** Seed 70000 over six hours: ending a collector whose cache in flash is full took more stack than a C3 has. */
test('a configuration that comes after a long outage does not bring an ESP32-C3 down', {
  timeout: 120_000,
}, async () => {
  const own = [
    { pin: 0, frequency: 20, cacheKb: 5 },
    { pin: 1, frequency: 20, cacheKb: 5 },
  ];
  const minute = 60_000;
  const scenario: Scenario = {
    seed: 70_000,
    duration: 24 * minute,
    parts: [{ name: 'part-0', board: 'esp32c3', own, added: [], intervalMinutes: 0.1 }],
    faults: [
      fault('refused', minute, 20 * minute),
      fault('cut', minute + 1_000),
      fault('configuration', 20 * minute),
      fault('wifi-down', 21 * minute + 1_000, 10_000),
    ],
  };
  const { violations, tally } = check(await new World(scenario).run());
  expect(violations).toEqual([]);
  expect(tally.overwritten).toBeGreaterThan(1_000);
});
