/** What every store does by itself in its time, when somebody asks for it: what has outlived its retention goes. */
import type { TimeSeries } from '../stores/time-series/time-series';
import type { Job, JobRun } from './job';

export interface RetentionOptions {
  series: Pick<TimeSeries, 'look' | 'bytes' | 'rebuilt'>;
  /** Resolves to how many were removed. */
  objects: { look(): Promise<number> };
  /** Absent: days are kept. */
  days: { look(): Promise<void> } | undefined;
}

export class RetentionJob implements Job {
  readonly name = 'retention';
  readonly #options: RetentionOptions;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  async run({ date }: JobRun): Promise<string> {
    if (date !== undefined) throw new Error(`${this.name} is of all days`);
    const { series, objects, days } = this.#options;
    await series.rebuilt();
    const before = await series.bytes();
    await series.look(true);
    const removed = await objects.look();
    await days?.look();
    return `the time series took ${before} bytes, and takes ${await series.bytes()}; ${removed} objects removed`;
  }
}
