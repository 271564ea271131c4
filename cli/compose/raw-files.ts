/** A cloud's raw files on the standard output, read without the cloud. */
import { once } from 'node:events';
import { createReadStream, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import { type RawFormat, rawHead, rawText } from '@sluice/cloud/query/raw';
import type { TableFormat } from '@sluice/cloud/query/task';
import { type DayName, listDays } from '@sluice/cloud/stores/raw-files/read-day';
import { NodeStorage } from '@sluice/common/storage';

export interface RawOptions {
  appId?: string;
  devId?: string;
  /** First and last day of arrival, `YYYY-MM-DD`. */
  from?: string;
  to?: string;
  format: RawFormat | TableFormat;
}

/** Megabytes of a table that are in memory; the rest lies in files of a temporary folder, as large as they become. */
const memoryMb = 400;
const spillMb = 1_000_000;

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
  const all = await listDays(storage, data, { appId, devId });
  const days = all.filter(({ date }) => date >= from && date <= to);
  if (format === 'parquet' || format === 'arrow') {
    if (process.stdout.isTTY)
      throw new Error(`${format} is nothing for a terminal: send it to a file with >`);
    for (const problem of await printTable(data, days, format)) onProblem(problem);
    return;
  }
  await print(rawHead(format));
  for (const day of days)
    for await (const text of rawText({ storage, directory: data, onProblem }, day, format)) await print(text);
}

/** @returns what could not be read */
async function printTable(directory: string, days: DayName[], format: TableFormat): Promise<string[]> {
  // Loaded only when asked for: it takes a while.
  const { Answering } = await import('@sluice/cloud/query/answer');
  const temporary = await mkdtemp(join(tmpdir(), 'sluice-raw-'));
  // However it ends, by a signal too.
  const remove = () => rmSync(temporary, { recursive: true, force: true });
  const end = () => process.exit(1);
  process.once('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, end);
  const most = Number.POSITIVE_INFINITY;
  const answering = new Answering({ spill: join(temporary, 'spill'), memoryMb, spillMb, mostBytes: most });
  try {
    const answer = join(temporary, 'answer');
    const { problems = [] } = await answering.answer({
      kind: 'raw',
      directory,
      days,
      format,
      answer,
      mostRows: most,
    });
    await pipeline(createReadStream(answer), process.stdout, { end: false });
    return problems;
  } finally {
    answering.close();
    remove();
  }
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
