/** For tests: the system's clock, by which no start waits for a disk that fails. */
import { type Clock, systemClock } from '@sluice/common/clock';

export const hastyClock: Clock = {
  ...systemClock,
  after: (delay, action) => systemClock.after(delay < 1_000 ? 0 : delay, action),
};
