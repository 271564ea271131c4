import fc from 'fast-check';
import { test } from 'vitest';
import { anyStep, LogModel } from './test-log-model';

// A death at every operation of the disk: test/soak/log-power-cuts.ts, whose sample CI runs too.
test('keeps what it acknowledged through any life', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), fc.integer(), async (steps, chance) => {
      await new LogModel(chance).run(steps);
    }),
  );
});
