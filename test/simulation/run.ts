/** Runs seeds, one after the other, and sums up. */
import { check, type Tally } from './invariants';
import { type FaultKind, type Scenario, scenarioOf } from './scenario';
import { World, type WorldOptions } from './world';

export interface SeedResult {
  scenario: Scenario;
  violations: string[];
  tally: Tally;
  simulated: number;
  injected: Map<FaultKind, number>;
  log: string[];
}

export async function runSeed(seed: number, hours: number, options: WorldOptions = {}): Promise<SeedResult> {
  const scenario = scenarioOf(seed, hours);
  const outcome = await new World(scenario, options).run();
  const { violations, tally } = check(outcome);
  const { simulated, injected, log } = outcome;
  return { scenario, violations, tally, simulated, injected, log };
}

export interface Summary {
  seeds: number;
  violations: number;
  failed: SeedResult[];
  hours: number;
  faults: Map<FaultKind, number>;
  tally: Tally;
}

export function summarise(results: SeedResult[]): Summary {
  const faults = new Map<FaultKind, number>();
  const tally: Tally = {
    captured: 0,
    delivered: 0,
    overwritten: 0,
    countedTwice: 0,
    afterQuestion: 0,
    lostAtReboot: 0,
    stored: 0,
    discarded: 0,
  };
  for (const result of results) {
    for (const [kind, count] of result.injected) faults.set(kind, (faults.get(kind) ?? 0) + count);
    for (const key of Object.keys(tally) as (keyof Tally)[]) tally[key] += result.tally[key];
  }
  const failed = results.filter(({ violations }) => violations.length > 0);
  return {
    seeds: results.length,
    violations: failed.reduce((sum, { violations }) => sum + violations.length, 0),
    failed,
    hours: results.reduce((sum, { simulated }) => sum + simulated, 0) / 3_600_000,
    faults,
    tally,
  };
}

/** For people. */
export function report({ seeds, hours, faults, tally, failed }: Summary): string {
  const count = [...faults.values()].reduce((sum, value) => sum + value, 0);
  const lines = [
    `${hours.toFixed(1)} hours simulated in ${seeds} seeds, ${count} faults injected:`,
    `  ${[...faults].map(([kind, value]) => `${kind} ${value}`).join(', ')}`,
    `readings: ${tally.captured} captured, ${tally.delivered} delivered, ${tally.overwritten} overwritten, ${tally.lostAtReboot} lost at reboot or overwritten before it, ${tally.stored} still stored, ${tally.discarded} discarded, ${tally.afterQuestion} after the last question; ${tally.countedTwice} of them delivered and also overwritten or stored`,
  ];
  for (const { scenario, violations } of failed) {
    lines.push(`seed ${scenario.seed}: ${violations.length} violations`);
    for (const violation of violations.slice(0, 5)) lines.push(`  ${violation}`);
  }
  return lines.join('\n');
}
