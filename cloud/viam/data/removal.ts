/**
 * Readings removed for good: from the time series, and with them the raw files of a device that are of nothing else.
 * Where only some streams of a device go, its raw files stay: a rebuild leaves out what they still have of these.
 */
import type { Storage } from '@sluice/common/storage';
import type { Capture } from '../../query/capture';
import { removeDays } from '../../stores/raw-files/read-day';
import type { TimeSeries } from '../../stores/time-series/time-series';
import type { Deletion } from './deletion';

export interface RemovalOptions {
  timeSeries: TimeSeries;
  storage: Storage;
  /** Where the raw files are. */
  directory: string;
  now(): number;
}

const day = 86_400_000;

export class Removal implements Deletion {
  readonly #options: RemovalOptions;

  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  async removeReadings(captures: readonly Capture[], before: number): Promise<void> {
    const { timeSeries, now } = this.#options;
    const ids = new Set(captures.flatMap(({ series }) => series));
    await timeSeries.removeReadings([...ids], before);
    const devices = new Map(
      captures.map(({ appId, devId }) => [JSON.stringify([appId, devId]), { appId, devId }]),
    );
    for (const device of devices.values()) {
      if (!(await this.#isAllOf(device, ids))) continue;
      if (before > now()) await this.#removeDevice(device);
      else await this.#removeDays({ ...device, before: dateOf(before - day) });
    }
  }

  /** Whether a device has no other series. */
  async #isAllOf(
    { appId, devId }: { appId: string; devId: string },
    ids: ReadonlySet<number>,
  ): Promise<boolean> {
    const found = await this.#options.timeSeries.read((connection) =>
      connection.runAndReadAll('select id from series where app_id = $1 and dev_id = $2', [appId, devId]),
    );
    return found.getRowsJS().every(([id]) => ids.has(id as number));
  }

  async #removeDevice(device: { appId: string; devId: string }): Promise<void> {
    await this.#options.timeSeries.remove(device.appId, device.devId);
    await this.#removeDays(device);
  }

  async #removeDays(of: { appId: string; devId: string; before?: string }): Promise<void> {
    const { storage, directory } = this.#options;
    await removeDays(storage, directory, of);
  }
}

function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
