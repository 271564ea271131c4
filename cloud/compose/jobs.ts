/** The nightly jobs of a cloud that runs, over its buckets. */
import type { Lifecycle } from '@sluice/common/lifecycle';
import type { Storage } from '@sluice/common/storage';
import type { Inbox } from '../inbox/inbox';
import { Jobs } from '../jobs/jobs';
import { openPlatformJobs } from '../jobs/platform-jobs';
import { RetentionJob, type RetentionOptions } from '../jobs/retention';
import { SeriesJob, seriesJobs } from '../jobs/series-job';
import type { CloudOptions } from '../options';
import { localStages } from '../stages/stage';
import type { Buckets } from '../stores/buckets/bucket';
import type { Stages } from './stages';

export interface JobsOptions extends Omit<RetentionOptions, 'series'> {
  cloud: CloudOptions;
  inbox: Inbox;
  stages: Stages;
  buckets: Buckets;
  storage: Storage;
  lifecycle: Lifecycle;
  now(): number;
}

/** Milliseconds that the nightly copy waits for raw files to be written. */
const patience = 60_000;

/** None of them runs by itself before `start`. */
export async function openJobs(options: JobsOptions): Promise<Jobs> {
  const { cloud, inbox, stages, buckets, storage, lifecycle, now, objects, days } = options;
  const { directory, log, timeZone = 'UTC' } = cloud;
  const { jobs, state } = await openPlatformJobs({
    directory,
    storage,
    timeZone,
    now,
    buckets,
    isWritten: async () => {
      const raw = stages.get(localStages.rawFiles)!;
      return (await raw.reached(inbox.end, patience)) || raw.status(now()).state === 'detached';
    },
    onProblem: (problem) => log.warn({ problem }, 'a job has a problem'),
  });
  const { timeSeries: series } = stages;
  const others = [
    ...seriesJobs.map((name) => new SeriesJob(name, series)),
    new RetentionJob({ series, objects, days }),
  ];
  return lifecycle.start('the jobs', () => new Jobs({ jobs, others, state, timeZone, log, now }));
}
