import { expect, test } from 'vitest';
import { report, runSeed, type SeedResult, summarise } from './run';

/** Kept apart in two files, so that two cores share the work. */
const first = 31;
const count = 30;
const hours = 0.1;

test(`seeds ${first} to ${first + count - 1}, six minutes of faults each, violate nothing`, {
  timeout: 600_000,
}, async () => {
  const results: SeedResult[] = [];
  for (let seed = first; seed < first + count; seed++) results.push(await runSeed(seed, hours));
  const summary = summarise(results);
  console.log(report(summary));
  expect(summary.tally.delivered).toBeGreaterThan((10_000 * count) / 10);
  expect(summary.failed.map(({ scenario, violations }) => [scenario.seed, ...violations])).toEqual([]);
});

test('a seed gives the same run twice, to the line', { timeout: 60_000 }, async () => {
  const [first, second] = [await runSeed(7, hours), await runSeed(7, hours)];
  expect(second.log).toEqual(first.log);
  expect(second.tally).toEqual(first.tally);
});
