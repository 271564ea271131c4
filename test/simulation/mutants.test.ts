import { expect, test } from 'vitest';
import { broken, hunt, mutants } from './mutants';

/** Those that show soonest; `npm run soak -- mutants` hunts all. */
const sample = mutants.filter(({ name }) =>
  [
    'blocks are acknowledged before they are synced',
    'the watermarks are forgotten at a restart',
    'what a failed write left behind in a file stays',
    'what a destination has refused is removed',
  ].includes(name),
);

test('there are mutants to be hunted', () => {
  expect(sample).toHaveLength(4);
});

test.each(mutants)('what is broken where $name is there', (mutant) => {
  expect(() => broken(mutant)).not.toThrow();
});

test.each(sample)('the simulation notices when $name', { timeout: 180_000 }, async (mutant) => {
  const { found, output } = await hunt(mutant, 40);
  expect(output).toMatch(/^seeds \d+ violations \d+$/m);
  expect(found, output).toBe(true);
});
