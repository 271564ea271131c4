import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { beQuiet, tellingProgress } from './output';

let said: unknown[];

beforeEach(() => {
  said = [];
  vi.useFakeTimers();
  vi.spyOn(console, 'error').mockImplementation((text) => void said.push(text));
});

afterEach(() => {
  beQuiet(false);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const takes = (milliseconds: number) => () =>
  new Promise<string>((resolve) => setTimeout(() => resolve('done'), milliseconds));

test('what takes a while is said at once, and every few seconds until it is done', async () => {
  const running = tellingProgress('starting', takes(11_000));
  expect(said).toEqual(['sluice: starting']);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await running).toBe('done');
  expect(said.slice(1)).toEqual(['sluice: still at it, for 5 s now', 'sluice: still at it, for 10 s now']);
});

test('nothing more is said of what has failed', async () => {
  await expect(tellingProgress('starting', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said).toHaveLength(1);
});

test('nothing is said where quiet is asked for', async () => {
  beQuiet(true);
  const running = tellingProgress('starting', takes(11_000));
  await vi.advanceTimersByTimeAsync(11_000);
  await running;
  expect(said).toEqual([]);
});
