/** What could not be read at a start is tried again, and taken up when it is read. */
import { asError } from '@sluice/common/errors';
import type { Collector, Tally } from './account';
import type { Item } from './items';
import type { Recovery } from './recovery-context';
import { lookAgain } from './scan';

/** Places that fail each time, at most: a disk takes its time over a bad sector, and a checkpoint waits for it. */
const mostFailures = 8;

export interface LateFiles {
  /** An item like any other from now on. */
  found(item: Item): void;
  /** It turned out that these were deleted by hand. */
  gone(collector: Collector, count: Tally): void;
}

/** Never rejects. */
export async function lookForLate(recovery: Recovery, { found, gone }: LateFiles): Promise<void> {
  const { unread, missing } = recovery.state;
  if (unread.size === 0) return;
  let failures = 0;
  for (const place of [...unread.places]) {
    if (failures === mostFailures) break;
    try {
      for (const item of await lookAgain(recovery, place)) {
        missing.found(item);
        found(item);
      }
    } catch (error) {
      failures++;
      unread.postpone(place, asError(error));
    }
  }
  missing.settle(unread, gone);
}
