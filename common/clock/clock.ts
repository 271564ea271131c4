/** Time behind a seam, so that a whole program also runs in a simulation's virtual time. */
import type { MonotonicMilliseconds, WallMilliseconds } from './units';

export interface Clock {
  now(): MonotonicMilliseconds;
  wall(): WallMilliseconds;
  /** Runs `action` once after `delay` milliseconds; the returned function cancels. */
  after(delay: number, action: () => void): () => void;
}

/** Node runs what it should run later than this at once. */
const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(delay, action) {
    let timer: NodeJS.Timeout;
    const wait = (left: number) => {
      const step = Math.min(left, longestTimer);
      timer = setTimeout(() => (left > step ? wait(left - step) : action()), step);
      timer.unref();
    };
    wait(delay);
    return () => clearTimeout(timer);
  },
};
