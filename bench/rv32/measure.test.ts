import process from 'node:process';
import { expect, test } from 'vitest';
import { Missing } from '../figure';
import { type Cost, measureHere, measureInstructions } from './measure';

const program = 'bench/programs/engine.ts';

test('counts the bytes that code allocates: three slots for an object of two properties, none for a write', async () => {
  const costs = await measureHere({ program });
  expect(costs.object!.garbage).toBe(48);
  expect(costs.typedArrayWrite!.garbage).toBe(0);
  expect(costs.call!.computrons).toBeGreaterThan(costs.loop!.computrons);
});

test('names a case that makes so much garbage that it is collected', async () => {
  await expect(measureHere({ program, counts: { object: 2_000_000 } })).rejects.toThrow(
    'take a smaller count',
  );
});

test('counts rv32 instructions, the same each time', async ({ skip }) => {
  const measure = async (): Promise<Record<string, Cost>> => {
    try {
      return await measureInstructions({ program });
    } catch (error) {
      if (error instanceof Missing && process.env.CI !== 'true') skip(error.message);
      throw error;
    }
  };
  const costs = await measure();
  expect(costs.loop!.instructions).toBeGreaterThan(100);
  expect(costs.loop!.instructions).toBeLessThan(400);
  expect(costs.object!.instructions).toBeGreaterThan(costs.property!.instructions);
  expect(costs.object!.garbage).toBe(48);
  expect(await measure()).toEqual(costs);
}, 240_000);
