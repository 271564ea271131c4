/** Runs without chance: steady syncing, and one long outage. Minutes in CI, the whole length in the soak. */
import { check, type Verdict } from './invariants';
import type { Scenario } from './scenario';
import { World } from './world';

/** One part that captures at 1, 10, 50 and 100 Hz with everything up. */
export async function runSteady(minutes: number): Promise<Verdict> {
  const own = [1, 10, 50, 100].map((frequency, index) => ({ pin: 32 + index, frequency, cacheKb: 20 }));
  const part = { name: 'steady', board: 'esp32' as const, own, added: [], intervalMinutes: 0.1 };
  const scenario: Scenario = { seed: 1, duration: minutes * 60_000, parts: [part], faults: [] };
  return check(await new World(scenario).run());
}

/** Ten collectors at one rate on 4 MB, and WiFi away for `minutes`. */
export async function runOutage(frequency: number, cacheKb: number, minutes: number): Promise<Verdict> {
  const own = Array.from({ length: 10 }, (_, index) => ({ pin: index + 1, frequency, cacheKb }));
  const part = { name: 'outage', board: 'esp32s3' as const, own, added: [], intervalMinutes: 0.1 };
  const outage = { kind: 'wifi-down' as const, at: 60_000, duration: minutes * 60_000, part: 0, choice: 0 };
  const duration = (minutes + 3) * 60_000;
  const world = new World(
    { seed: 1, duration, parts: [part], faults: [outage] },
    {
      flash: { partitions: { capture: 4 << 20 }, timing: 'typical' },
      deviation: 2,
    },
  );
  return check(await world.run());
}
