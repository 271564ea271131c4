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
  /** How the boots of the devices ended, and how often. */
  ends: Map<string, number>;
  log: string[];
}

export async function runSeed(seed: number, hours: number, options: WorldOptions = {}): Promise<SeedResult> {
  const scenario = scenarioOf(seed, hours);
  const outcome = await new World(scenario, options).run();
  const { violations, tally } = check(outcome);
  const { simulated, injected, log } = outcome;
  const ends = new Map<string, number>();
  for (const { reason, detail } of outcome.parts.flatMap(({ exits }) => exits))
    add(ends, reason === 'power cut' ? `${reason} ${detail}`.trim() : reason);
  return { scenario, violations, tally, simulated, injected, ends, log };
}

function add<Key>(counts: Map<Key, number>, key: Key, count = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

export interface Summary {
  seeds: number;
  violations: number;
  failed: SeedResult[];
  hours: number;
  faults: Map<FaultKind, number>;
  ends: Map<string, number>;
  tally: Tally;
}

export function summarise(results: SeedResult[]): Summary {
  const faults = new Map<FaultKind, number>();
  const ends = new Map<string, number>();
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
    for (const [kind, count] of result.injected) add(faults, kind, count);
    for (const [end, count] of result.ends) add(ends, end, count);
    for (const key of Object.keys(tally) as (keyof Tally)[]) tally[key] += result.tally[key];
  }
  const failed = results.filter(({ violations }) => violations.length > 0);
  return {
    seeds: results.length,
    violations: failed.reduce((sum, { violations }) => sum + violations.length, 0),
    failed,
    hours: results.reduce((sum, { simulated }) => sum + simulated, 0) / 3_600_000,
    faults,
    ends,
    tally,
  };
}

/** For people. */
export function report({ seeds, hours, faults, ends, tally, failed }: Summary): string {
  const count = [...faults.values()].reduce((sum, value) => sum + value, 0);
  const lines = [
    `${hours.toFixed(1)} hours simulated in ${seeds} seeds, ${count} faults injected:`,
    `  ${[...faults].map(([kind, value]) => `${kind} ${value}`).join(', ')}`,
    `boots ended by ${[...ends].map(([end, value]) => `${end} ${value}`).join(', ')}`,
    `readings: ${tally.captured} captured, ${tally.delivered} delivered, ${tally.overwritten} overwritten, ${tally.lostAtReboot} lost at reboot or overwritten before it, ${tally.stored} still stored, ${tally.discarded} discarded, ${tally.afterQuestion} after the last question; ${tally.countedTwice} of them delivered and also overwritten or stored`,
  ];
  for (const { scenario, violations } of failed) {
    lines.push(`seed ${scenario.seed}: ${violations.length} violations`);
    for (const violation of violations.slice(0, 5)) lines.push(`  ${violation}`);
  }
  return lines.join('\n');
}
