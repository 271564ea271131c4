import { expect, test } from 'vitest';
import { hunt, mutants } from './mutants';

test.each(mutants)('the simulation notices when $name', { timeout: 180_000 }, async (mutant) => {
  const { found, output } = await hunt(mutant, 60, 0.1);
  expect(output).toMatch(/^seeds \d+ violations \d+$/m);
  expect(found, output).toBe(true);
});
