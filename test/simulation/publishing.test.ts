import { expect, test } from 'vitest';
import { brokerFaultKinds, publishingScenarioOf } from './publishing-scenario';
import { runPublishing } from './publishing-world';

const count = 16;
const hours = 0.1;
const seeds = Array.from({ length: count }, (_, index) => 1 + index);

test('sixteen seeds of a broker have each kind of fault', () => {
  const planned = seeds.flatMap((seed) => publishingScenarioOf(seed, hours).faults.map(({ kind }) => kind));
  expect([...new Set(planned)].sort()).toEqual([...brokerFaultKinds].sort());
});

test('a part that publishes through six minutes of faults loses nothing but by name', {
  timeout: 300_000,
}, async () => {
  let arrived = 0;
  for (const seed of seeds) {
    const result = await runPublishing(publishingScenarioOf(seed, hours));
    expect([seed, ...result.violations]).toEqual([seed]);
    arrived += result.arrived;
  }
  expect(arrived).toBeGreaterThan(1_000 * count);
});
