import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type MonotonicMilliseconds, repeat, systemClock, type WallMilliseconds } from './index';

const month = 30 * 24 * 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('waits for longer than a timer of Node can', () => {
  const action = vi.fn();
  systemClock.after(month, action);
  vi.advanceTimersByTime(month - 1);
  expect(action).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(action).toHaveBeenCalledOnce();
});

test('forgets what is cancelled halfway', () => {
  const action = vi.fn();
  const cancel = systemClock.after(month, action);
  vi.advanceTimersByTime(month - 1000);
  cancel();
  vi.advanceTimersByTime(month);
  expect(action).not.toHaveBeenCalled();
});

test('repeats what fails, a period after it has ended, until it is ended', async () => {
  const failures: string[] = [];
  let times = 0;
  const action = async () => {
    times++;
    await new Promise((resolve) => setTimeout(resolve, 500));
    throw new Error(`failed ${times}`);
  };
  const end = repeat(systemClock, 1_000, action, ({ message }) => failures.push(message));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(failures).toEqual(['failed 1', 'failed 2']);
  await vi.advanceTimersByTimeAsync(1_200);
  end();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(failures).toEqual(['failed 1', 'failed 2', 'failed 3']);
});

test('its two times are not taken for each other', () => {
  const wall: WallMilliseconds = systemClock.wall();
  // @ts-expect-error the compiler refuses it
  const monotonic: MonotonicMilliseconds = wall;
  expect(monotonic).toBe(wall);
});
