/**
 * What the time series does by itself every minute, when somebody asks for it: closed days become files with rollups
 * beside them, and what has outlived its retention goes. It is one piece of work, whichever of its names it is asked by.
 */
import type { TimeSeries } from '../stores/time-series/time-series';
import type { Job, JobRun } from './job';

export const seriesJobs = ['compact', 'rollup'] as const;

export class SeriesJob implements Job {
  readonly name: (typeof seriesJobs)[number];
  readonly #series: Pick<TimeSeries, 'look' | 'bytes' | 'rebuilt'>;

  constructor(name: (typeof seriesJobs)[number], series: Pick<TimeSeries, 'look' | 'bytes' | 'rebuilt'>) {
    this.name = name;
    this.#series = series;
  }

  /** Of all days: what is to be done of them is known by what lies there. */
  async run({ date }: JobRun): Promise<string> {
    if (date !== undefined) throw new Error(`${this.name} is of all days`);
    await this.#series.rebuilt();
    const before = await this.#series.bytes();
    await this.#series.look(true);
    return `the time series took ${before} bytes, and takes ${await this.#series.bytes()}`;
  }
}
