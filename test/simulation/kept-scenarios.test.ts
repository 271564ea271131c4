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

/** Seed 5001 over six hours: the streams of earlier boots took more memory than a C3 has, each with all it declares. */
test('an ESP32-C3 that was restarted a dozen times without its gateway delivers the blocks of the last of these boots', {
  timeout: 120_000,
}, async () => {
  const own = [
    { pin: 3, frequency: 8, cacheKb: 5 },
    { pin: 2, frequency: 20, cacheKb: 20 },
    { pin: 4, frequency: 5, cacheKb: 1 },
    { pin: 0, frequency: 0.5, cacheKb: 5 },
  ];
  const minute = 60_000;
  const boots = 12;
  const part = {
    name: 'part-0',
    board: 'esp32c3',
    intervalMinutes: 0.5,
    headKb: 0,
    retainUnsynced: true,
  } as const;
  const scenario: Scenario = {
    seed: 5001,
    duration: (3 * boots + 4) * minute,
    parts: [{ ...part, own, added: [] }],
    faults: [
      fault('refused', minute, 3 * boots * minute),
      fault('cut', minute + 1_000),
      ...Array.from({ length: boots }, (_, boot) => fault('device-reset', (2 + 3 * boot) * minute)),
      fault('configuration', 3 * boots * minute),
      fault('wifi-down', (3 * boots + 1) * minute + 1_000, 10_000),
    ],
  };
  const { violations, tally } = check(await new World(scenario).run());
  expect(violations).toEqual([]);
  // Of four boots of three minutes, 33.5 a second.
  expect(tally.delivered).toBeGreaterThan(4 * 6_000);
});
