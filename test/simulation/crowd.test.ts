import { expect, test } from 'vitest';
import { crowdFaultKinds, crowdScenarioOf, runCrowd } from './crowd';
import { record, streamsOfPart } from './recording';

const count = 8;
/** ms */
const duration = 60_000;
const seeds = Array.from({ length: count }, (_, index) => 1 + index);

test('eight seeds of a crowd have each kind of fault, and as many parts as there may be', () => {
  const scenarios = seeds.map((seed) => crowdScenarioOf(seed, duration));
  const planned = scenarios.flatMap(({ faults }) => faults.map(({ kind }) => kind));
  expect([...new Set(planned)].sort()).toEqual([...crowdFaultKinds].sort());
  expect(Math.max(...scenarios.map(({ parts }) => parts))).toBe(25);
});

test('25 parts of 12 streams at 100 Hz lose nothing but by name through a minute of faults', {
  timeout: 300_000,
}, async () => {
  const recording = await record(duration);
  expect(recording.blocks.length).toBeGreaterThan(10 * streamsOfPart);
  let [overwritten, deleted] = [0, 0];
  for (const seed of seeds) {
    const scenario = crowdScenarioOf(seed, duration);
    const { violations, ...counts } = await runCrowd(scenario, recording);
    expect([seed, ...violations]).toEqual([seed]);
    expect(counts.delivered).toBeGreaterThan(50 * scenario.parts);
    overwritten += counts.overwritten;
    deleted += counts.deleted;
  }
  // What makes way in a ring, and what the disk guard removes, is counted by name.
  expect(overwritten).toBeGreaterThan(0);
  expect(deleted).toBeGreaterThan(0);
});
