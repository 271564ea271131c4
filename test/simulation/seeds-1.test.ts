import { expect, test } from 'vitest';
import { report, runSeed, type SeedResult, summarise } from './run';
import { faultKinds, scenarioOf } from './scenario';

/** Kept apart in two files, so that two cores share the work. */
const first = 1;
const count = 30;
const hours = 0.1;

test('thirty seeds of six minutes have each kind of fault', () => {
  const seeds = Array.from({ length: 30 }, (_, index) => first + index);
  const planned = seeds.flatMap((seed) => scenarioOf(seed, hours).faults.map(({ kind }) => kind));
  expect([...new Set(planned)].sort()).toEqual([...faultKinds].sort());
});

test(`seeds ${first} to ${first + count - 1}, six minutes of faults each, violate nothing`, {
  timeout: 600_000,
}, async () => {
  const results: SeedResult[] = [];
  for (let seed = first; seed < first + count; seed++) results.push(await runSeed(seed, hours));
  const summary = summarise(results);
  console.log(report(summary));
  expect(summary.tally.delivered).toBeGreaterThan((10_000 * count) / 10);
  expect(summary.ends.get('power cut in a flash operation')).toBeGreaterThan(0);
  expect(summary.failed.map(({ scenario, violations }) => [scenario.seed, ...violations])).toEqual([]);
});
