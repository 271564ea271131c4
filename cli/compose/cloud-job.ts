/** One of a cloud's jobs, done by the cloud where it runs, else here. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Cloud, doorsPath } from '@sluice/cloud/cloud';
import { type CloudConfiguration, readConfiguration } from '@sluice/cloud/configuration';
import type { JobStatus } from '@sluice/cloud/jobs/jobs';
import { isSluiceError } from '@sluice/common/errors';
import { pino } from 'pino';

export interface RunOptions {
  /** The cloud's, or that of the program that it runs in. */
  directory: string;
  /** `YYYY-MM-DD` */
  date?: string;
  /** Path of the cloud's configuration. */
  configuration?: string;
  timeZone?: string;
  key?: string;
}

/** Milliseconds between two looks at what a running cloud does. */
const interval = 500;

/** @throws with what stood in the job's way */
export async function runCloudJob(job: string, options: RunOptions): Promise<void> {
  const given = resolve(options.directory);
  const inside = join(given, 'cloud');
  const directory = existsSync(join(inside, 'inbox')) ? inside : given;
  if (!existsSync(join(directory, 'inbox'))) throw new Error(`there is no cloud in ${given}`);
  const { date, configuration, timeZone } = options;
  if (date !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new Error(`${date} is no YYYY-MM-DD`);
  const configured = {
    ...(configuration === undefined ? {} : readConfiguration(configuration)),
    ...(timeZone !== undefined && { timeZone }),
  };
  const cloud = await openAlone(directory, configured);
  if (cloud === undefined) return ask(job, directory, options);
  try {
    console.log(await cloud.runJob(job, date));
  } finally {
    await cloud.close();
  }
}

/** undefined: it runs. */
async function openAlone(directory: string, configured: CloudConfiguration): Promise<Cloud | undefined> {
  const log = pino({ base: null, level: 'warn' }, pino.destination({ dest: 2, sync: true }));
  try {
    return await Cloud.startWithoutDoors({ ...configured, directory, httpPort: 0, mqttPort: 0, log });
  } catch (error) {
    if (isSluiceError((error as Error).cause, 'directory-in-use')) return undefined;
    throw error;
  }
}

async function ask(job: string, directory: string, { date, key }: RunOptions): Promise<void> {
  const { http } = JSON.parse(await readFile(doorsPath(directory), 'utf8')) as { http: string };
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const search = date === undefined ? '' : `?date=${date}`;
  const started = await fetch(`${http}/jobs/${encodeURIComponent(job)}${search}`, {
    method: 'POST',
    headers,
  });
  if (!started.ok) throw new Error(((await started.json()) as { error: string }).error);
  for (let shown = ''; ; await delay(interval)) {
    const all = (await (await fetch(`${http}/jobs`, { headers })).json()) as JobStatus[];
    const { state, progress, last } = all.find(({ name }) => name === job)!;
    const text = progress
      ? `${progress.done}${progress.total === undefined ? '' : ` of ${progress.total}`}`
      : '';
    if (text !== shown && text !== '') console.error(`${job}: ${text}`);
    shown = text;
    if (state !== 'idle') continue;
    if (last?.error !== undefined) throw new Error(`${job}: ${last.error}`);
    console.log(last?.result);
    return;
  }
}
