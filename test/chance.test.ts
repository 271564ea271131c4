import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { seed } from './chance';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

async function drawnSeed(environment: { CI?: string; SEED?: string }): Promise<string | undefined> {
  vi.stubEnv('CI', environment.CI);
  vi.stubEnv('SEED', environment.SEED);
  vi.resetModules();
  return (await import('../vitest.config')).default.test?.env?.SEED;
}

test('what a property draws follows from the seed of the run', () => {
  expect(fc.check(fc.property(fc.nat(), () => true)).seed).toBe(seed);
});

test('in CI the seed is always the same', async () => {
  expect(await drawnSeed({ CI: 'true' })).toBe('1');
});

test('elsewhere it is another one each time', async () => {
  vi.useFakeTimers({ now: 1_234_567 });
  expect(await drawnSeed({})).toBe('234567');
  vi.useRealTimers();
});

test('a seed that is asked for is taken, in CI too', async () => {
  expect(await drawnSeed({ CI: 'true', SEED: '77' })).toBe('77');
});
