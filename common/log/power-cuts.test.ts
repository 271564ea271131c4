import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seed } from '../../test/chance';
import { anyStep, LogModel } from './test-log-model';

it('keeps what it acknowledged through any life', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), fc.integer(), async (steps, chance) => {
      await new LogModel(chance).run(steps);
    }),
  );
});

it('keeps it through a death at every operation of the disk', async () => {
  const scripts = fc.sample(fc.array(anyStep, { minLength: 8, maxLength: 14 }), { seed, numRuns: 2 });
  for (const steps of scripts) {
    const whole = new LogModel(seed);
    await whole.run(steps);
    const { operations } = whole.disk;
    for (let operation = 1; operation <= operations; operation++) {
      const model = new LogModel(seed);
      await model.run(steps, { operation, power: operation % 4 > 0 });
      expect(model.deaths).toBeGreaterThan(0);
    }
  }
});
