import fc from 'fast-check';
import { test } from 'vitest';
import { anyStep, LogModel, type Step } from './test-log-model';

// A death at every operation of the disk: test/soak/log-power-cuts.ts, whose sample CI runs too.
test('keeps what it acknowledged through any life', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), fc.integer(), async (steps, chance) => {
      await new LogModel(chance).run(steps);
    }),
  );
});

test('what a start reads of a cursor is there after a power cut, though the process before was killed at it', async () => {
  const steps = [
    { do: 'append', appends: [[10], [10]] },
    { do: 'move', cursor: 0, share: 1 },
    { do: 'kill', power: true },
  ] satisfies Step[];
  const whole = new LogModel(1);
  await whole.run(steps);
  for (let operation = 1; operation <= whole.disk.operations; operation++)
    await new LogModel(1).run(steps, { operation, power: false });
});
