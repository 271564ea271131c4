/** The jobs of a cloud's directory, whether the cloud runs or not. */
import { join } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import type { Buckets } from '../stores/buckets/bucket';
import { DirectoryBucket } from '../stores/buckets/directory-bucket';
import type { S3Options } from '../stores/buckets/s3-bucket';
import { CopyJob } from './copy';
import type { Job } from './job';
import { JobState } from './job-state';
import { MetadataJob } from './metadata';

export interface PlatformJobsOptions {
  /** The cloud's. */
  directory: string;
  storage: Storage;
  timeZone: string;
  buckets: Buckets;
  now(): number;
  /** Whether everything that arrived before today is in the raw files. */
  isWritten(): boolean | Promise<boolean>;
  onProblem(problem: string): void;
}

/** An object store, and what its two buckets are called there. */
export interface ObjectsOptions extends S3Options {
  data: string;
  metadata: string;
}

/** @param objects absent: directories below `directory` */
export async function openBuckets(
  storage: Storage,
  directory: string,
  objects: ObjectsOptions | undefined,
): Promise<Buckets> {
  const local = (name: string) => new DirectoryBucket(storage, join(directory, 'buckets', name));
  if (objects === undefined) return { data: local('data'), metadata: local('metadata') };
  // Loaded only where it is wanted: Amazon's client is large.
  const { S3Bucket } = await import('../stores/buckets/s3-bucket');
  return { data: new S3Bucket(objects, objects.data), metadata: new S3Bucket(objects, objects.metadata) };
}

export async function openPlatformJobs(
  options: PlatformJobsOptions,
): Promise<{ jobs: Job[]; state: JobState }> {
  const { directory, storage, timeZone, buckets, now, isWritten, onProblem } = options;
  const state = await JobState.open(storage, join(directory, 'state', 'jobs.json'), (problem) =>
    onProblem(problem.message),
  );
  const copy = new CopyJob({
    storage,
    directory: join(directory, 'data'),
    data: buckets.data,
    state,
    isWritten,
  });
  const metadata = new MetadataJob({ buckets, state, timeZone, now, onProblem });
  return { jobs: [copy, metadata], state };
}
