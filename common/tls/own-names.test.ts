import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followNames, ownNames } from './own-names';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a change of the names is told once, and again while it fails', async () => {
  let names = ['host', '192.168.1.5'];
  const faults: string[] = [];
  const changed = vi.fn(async () => undefined);
  const end = followNames(
    changed,
    ({ message }) => faults.push(message),
    () => names,
  );
  await vi.advanceTimersByTimeAsync(60_000);
  expect(changed).not.toHaveBeenCalled();
  names = ['host', '192.168.1.9'];
  changed.mockRejectedValueOnce(new Error('no room'));
  await vi.advanceTimersByTimeAsync(300_000);
  expect(changed).toHaveBeenCalledTimes(2);
  expect(faults).toEqual(['no room']);
  end();
  names = ['host'];
  await vi.advanceTimersByTimeAsync(300_000);
  expect(changed).toHaveBeenCalledTimes(2);
});

test('this machine has names', () => {
  expect(ownNames()).toContain('127.0.0.1');
  expect(ownNames()).toContain('localhost');
});
