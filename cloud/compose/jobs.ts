/** The nightly jobs of a cloud that runs, over its buckets. */
import type { Lifecycle } from '@sluice/common/lifecycle';
import type { Storage } from '@sluice/common/storage';
import type { Inbox } from '../inbox/inbox';
import { Jobs } from '../jobs/jobs';
import { openBuckets, openPlatformJobs } from '../jobs/platform-jobs';
import { SeriesJob, seriesJobs } from '../jobs/series-job';
import type { CloudOptions } from '../options';
import type { Stages } from './stages';

export interface JobsOptions {
  cloud: CloudOptions;
  inbox: Inbox;
  stages: Stages;
  storage: Storage;
  lifecycle: Lifecycle;
  now(): number;
}

/** Milliseconds that the nightly copy waits for raw files to be written. */
const patience = 60_000;

/** None of them runs by itself before `start`. */
export async function openJobs({
  cloud,
  inbox,
  stages,
  storage,
  lifecycle,
  now,
}: JobsOptions): Promise<Jobs> {
  const { directory, log, objects, timeZone = 'UTC' } = cloud;
  const buckets = await openBuckets(storage, directory, objects);
  await lifecycle.start('the buckets', () => ({
    close: () => {
      buckets.data.close();
      buckets.metadata.close();
    },
  }));
  const { jobs, state } = await openPlatformJobs({
    directory,
    storage,
    timeZone,
    now,
    buckets,
    isWritten: async () => {
      const raw = stages.get('raw-files')!;
      return (await raw.reached(inbox.end, patience)) || raw.status(now()).state === 'detached';
    },
    onProblem: (problem) => log.warn({ problem }, 'a job has a problem'),
  });
  const others = seriesJobs.map((name) => new SeriesJob(name, stages.timeSeries));
  return lifecycle.start('the jobs', () => new Jobs({ jobs, others, state, timeZone, log, now }));
}
