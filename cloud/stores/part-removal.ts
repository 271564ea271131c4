/**
 * All that there is of a device, removed for good: raw files, rows and rollups, live values, objects, copies of raw
 * files and their metadata in the buckets. What is repeated, as after a failure, goes on where it was.
 */
import { join } from 'node:path';
import { SluiceError } from '@sluice/common/errors';
import { isOfFullDisk } from '@sluice/common/reserve';
import type { Storage } from '@sluice/common/storage';
import type { Bucket, Buckets } from './buckets/bucket';
import type { Live } from './live/live';
import type { ObjectStore } from './objects/object-store';
import { parseDayKey, removeDays } from './raw-files/read-day';
import type { TimeSeries } from './time-series/time-series';

export interface PartRemovalOptions {
  /** The cloud's. */
  directory: string;
  storage: Storage;
  timeSeries: Pick<TimeSeries, 'remove'>;
  objects: ObjectStore;
  buckets: Buckets;
  live: Pick<Live, 'forget'> | undefined;
}

export interface Removed {
  /** Days of raw files. */
  days: number;
  objects: number;
  /** Copies of raw files in the bucket `data`. */
  copies: number;
}

/** Objects removed at a time: others have their turn between. */
const portion = 100;

export class PartRemoval {
  readonly #options: PartRemovalOptions;

  constructor(options: PartRemovalOptions) {
    this.#options = options;
  }

  /** @throws what stood in the way, as an object store that is away, or a full disk: then it is to be repeated */
  async remove(appId: string, devId: string): Promise<Removed> {
    const { directory, storage, timeSeries, live, buckets } = this.#options;
    // Before rows: on a full disk they are the room for a transaction, of some bytes for each row. Before their copies,
    // which the night would make again.
    const days = await removeDays(storage, join(directory, 'data'), { appId, devId });
    try {
      await timeSeries.remove(appId, devId);
    } catch (cause) {
      if (!isOfFullDisk(cause)) throw cause;
      const message = `the disk is full: of ${appId}/${devId} there are rows left, to be removed again when there is room`;
      throw new SluiceError('disk-full', message, { cause });
    }
    live?.forget(appId, devId);
    const objects = await this.#removeObjects(appId, devId);
    const copies = await removeFrom(buckets.data, appId, devId);
    await removeFrom(buckets.metadata, appId, devId);
    return { days, objects, copies };
  }

  async #removeObjects(appId: string, devId: string): Promise<number> {
    const { objects } = this.#options;
    let removed = 0;
    for (;;) {
      const entries = objects.index.search({ appIds: [appId], devId }, { limit: portion });
      if (entries.length === 0) return removed;
      removed += await objects.remove(entries);
    }
  }
}

async function removeFrom(bucket: Bucket, appId: string, devId: string): Promise<number> {
  const keys: string[] = [];
  for await (const { key } of bucket.list(`${appId}/${devId}-`)) if (isOf(key, appId, devId)) keys.push(key);
  for (const key of keys) await bucket.remove(key);
  return keys.length;
}

/** Of a raw file, or of the metadata of one; not those of a device whose name only begins as this one's. */
function isOf(key: string, appId: string, devId: string): boolean {
  const day = parseDayKey(key.replace(/\.sluice\.json$/, '.sluice'));
  return day?.appId === appId && day.devId === devId;
}
