/** A cloud's raw files on the standard output, read without the cloud. */
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { rawHead, rawText } from '@sluice/cloud/query/raw';
import { listDays } from '@sluice/cloud/stores/raw-files/read-day';
import { NodeStorage } from '@sluice/common/storage';

export interface RawOptions {
  appId?: string;
  devId?: string;
  /** First and last day of arrival, `YYYY-MM-DD`. */
  from?: string;
  to?: string;
  format: 'json' | 'csv';
}

/** @param directory the cloud's, with `data/` in it */
export async function printRawFiles(
  directory: string,
  { appId, devId, from = '', to = '9999', format }: RawOptions,
): Promise<void> {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new Error(`${directory} is no directory`);
  const storage = new NodeStorage();
  const data = join(resolve(directory), 'data');
  if ((await storage.status(data)) === undefined)
    throw new Error(`there is no cloud in ${directory}: no data/`);
  const onProblem = (problem: string) => {
    console.error(`sluice: ${problem}`);
    process.exitCode = 1;
  };
  await print(rawHead(format));
  for (const day of await listDays(storage, data, { appId, devId })) {
    if (day.date < from || day.date > to) continue;
    for await (const text of rawText({ storage, directory: data, onProblem }, day, format)) await print(text);
  }
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
