import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NodeStorage } from '@sluice/common/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isMissing, minioKeys, startMinio } from '../../test/servers/servers';
import type { Buckets } from '../stores/buckets/bucket';
import type { Job } from './job';
import { Jobs } from './jobs';
import { type ObjectsOptions, openBuckets, openPlatformJobs } from './platform-jobs';

const log = pino({ level: 'silent' });
const storage = new NodeStorage();
const day = '2019-05-21';
const at = (time: string) => Date.parse(`${day}T${time}Z`);
const line = (time: number | undefined, payload_fields: object) =>
  `${JSON.stringify({ app_id: 'test_project', dev_id: 'test_device', time, payload_fields })}\n`;
/** Three messages, as the specification's example metadata describes them. */
const three = [
  line(at('07:00:00'), { temperature: 21.5, light: 800 }),
  line(at('08:00:00'), { temperature: 22, moisture: 40 }),
  line(at('09:00:00'), { conductivity: 350, moisture: null }),
].join('');
const example = `{
  "filename": "test_project/test_device-2019-05-21.json",
  "date_start": "2019-05-21",
  "date_end": "2019-05-21",
  "app_id": "test_project",
  "dev_id": "test_device",
  "keys": [
    "conductivity",
    "light",
    "moisture",
    "temperature"
  ],
  "num_events": 3
}`;

let directory: string;
let now: number;
let buckets: Buckets;
let jobs: Jobs;
let problems: string[];
let written: boolean;

async function openJobs(objects?: ObjectsOptions): Promise<void> {
  buckets = await openBuckets(storage, directory, objects);
  const opened = await openPlatformJobs({
    directory,
    storage,
    timeZone: 'UTC',
    buckets,
    now: () => now,
    isWritten: () => written,
    onProblem: (problem) => problems.push(problem),
  });
  jobs = new Jobs({ ...opened, timeZone: 'UTC', log, now: () => now });
}

async function raw(name: string, text: string): Promise<void> {
  const path = join(directory, 'data', name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function objectOf(bucket: 'data' | 'metadata', key: string): Promise<string | undefined> {
  if ((await buckets[bucket].status(key)) === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of buckets[bucket].read(key)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-jobs-'));
  now = Date.parse('2019-05-22T00:10:00Z');
  problems = [];
  written = true;
  await openJobs();
});

afterEach(async () => {
  await jobs.close();
  await rm(directory, { recursive: true });
});

const key = 'test_project/test_device-2019-05-21.json';

describe('a night', () => {
  test('copies yesterday’s files, and makes their metadata as the specification’s example has it', async () => {
    await raw(key, three);
    await raw('test_project/test_device-2019-05-22.json', line(now, { temperature: 1 }));
    await jobs.night();
    expect(await objectOf('data', key)).toBe(three);
    expect(await objectOf('metadata', key)).toBe(example);
    expect(await objectOf('data', 'test_project/test_device-2019-05-22.json')).toBeUndefined();
  });

  test.skipIf(isMissing('minio'))(
    'does the same with an S3 server (skipped: MinIO is not on this machine)',
    { timeout: 60_000 },
    async () => {
      const minio = await startMinio();
      try {
        await jobs.close();
        const endpoint = `http://127.0.0.1:${minio.port}`;
        await openJobs({ endpoint, region: 'us-east-1', ...minioKeys, data: 'data', metadata: 'metadata' });
        await raw(key, three);
        await jobs.night();
        expect(await objectOf('data', key)).toBe(three);
        expect(await objectOf('metadata', key)).toBe(example);
        buckets.data.close();
        buckets.metadata.close();
      } finally {
        await minio.close();
      }
    },
  );

  test('catches up after days off, and does nothing twice', async () => {
    await raw('a/x-2019-05-18.json', three);
    await raw('a/x-2019-05-21.json', three);
    await jobs.night();
    const before = await buckets.data.status('a/x-2019-05-18.json');
    await raw('a/x-2019-05-25.json', three);
    await raw('b/y-2019-05-23.json', three);
    now = Date.parse('2019-05-26T00:10:00Z');
    await jobs.night();
    expect(await objectOf('data', 'a/x-2019-05-25.json')).toBe(three);
    expect(await objectOf('metadata', 'b/y-2019-05-23.json')).toContain('"num_events": 3');
    expect(await buckets.data.status('a/x-2019-05-18.json')).toEqual(before);
    expect(await jobs.run('copy')).toBe('0 of 4 files copied, the others had been');
  });

  test('copies a file again that has grown late, and what was interrupted', async () => {
    await raw(key, three);
    await jobs.night();
    await raw(key, three + line(at('10:00:00'), { rain: 1 }));
    await storage.makeDirectory(join(directory, 'buckets/data/test_project'));
    await writeFile(join(directory, 'buckets/data/test_project/other-2019-05-20.json.next'), 'torn');
    now += 86_400_000;
    await jobs.night();
    expect(await objectOf('metadata', key)).toContain('"num_events": 4');
  });

  test('waits for what is not written yet, and makes up for it', async () => {
    await raw(key, three);
    written = false;
    await jobs.night();
    expect(jobs.status()[0]!.last!.error).toContain('not all in the raw files');
    expect(await objectOf('data', key)).toBeUndefined();
    written = true;
    await jobs.night();
    expect(await objectOf('data', key)).toBe(three);
  });
});

describe('metadata', () => {
  test('is made of objects that others have put there, also of other names', async () => {
    await buckets.data.put('upload/archive', { size: 0, type: '', pieces: () => [Buffer.from(three)] });
    await jobs.run('metadata');
    expect(JSON.parse((await objectOf('metadata', 'upload/archive.json'))!)).toMatchObject({
      filename: 'upload/archive',
      app_id: 'test_project',
      dev_id: 'test_device',
      num_events: 3,
    });
  });

  test('has the days of the measurements, not of their arrival', async () => {
    const late = line(Date.parse('2019-05-03T23:00:00Z'), { temperature: 1 });
    await raw(key, late + three);
    await jobs.night();
    expect(await objectOf('metadata', key)).toMatch(
      /"date_start": "2019-05-03",\n {2}"date_end": "2019-05-21"/,
    );
  });

  test('passes what is no message, tells of it, and leaves an object without any alone', async () => {
    await raw(key, `{"torn\n${three}7\n`);
    await raw('test_project/none-2019-05-21.json', 'nothing\n');
    await jobs.night();
    expect(await objectOf('metadata', key)).toContain('"num_events": 3');
    expect(problems).toContain(`${key}: 2 lines are no messages`);
    expect(await objectOf('metadata', 'test_project/none-2019-05-21.json')).toBeUndefined();
  });

  test('of an object without any time has the day on which it was put', async () => {
    await raw(key, line(undefined, { temperature: 1 }));
    await jobs.run('copy');
    await utimes(join(directory, 'buckets/data', key), new Date(now), new Date(now));
    await jobs.run('metadata');
    expect(await objectOf('metadata', key)).toContain('"date_start": "2019-05-22"');
  });
});

describe('a job that is asked for', () => {
  test('does one day alone, whatever was done before', async () => {
    await raw(key, three);
    await raw('a/x-2019-05-18.json', three);
    expect(await jobs.run('copy', '2019-05-18')).toBe('1 of 1 files copied, the others had been');
    expect(await objectOf('data', key)).toBeUndefined();
    await expect(jobs.run('copy', '2019-05-22')).rejects.toThrow('2019-05-22 is not over');
    await expect(jobs.run('sweep')).rejects.toThrow("there is no job 'sweep'");
  });

  test('shows its progress, its result and its failure', async () => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const job: Job = {
      name: 'slow',
      async run({ progress }) {
        progress(3, 7);
        await opened;
        throw new Error('the store is away');
      },
    };
    const { state } = await openPlatformJobs({
      directory,
      storage,
      timeZone: 'UTC',
      buckets,
      now: () => now,
      isWritten: () => true,
      onProblem: () => undefined,
    });
    const others = new Jobs({ jobs: [job], state, timeZone: 'UTC', log, now: () => now });
    const run = others.run('slow');
    await vi.waitFor(() =>
      expect(others.status()).toMatchObject([{ state: 'running', progress: { done: 3, total: 7 } }]),
    );
    open();
    await expect(run).rejects.toThrow('the store is away');
    expect(others.status()).toMatchObject([{ state: 'idle', last: { error: 'the store is away' } }]);
    await others.close();
  });

  test('is as far as it came after a restart, and begins again where its state is damaged', async () => {
    await raw(key, three);
    await jobs.night();
    const state = join(directory, 'state', 'jobs.json');
    expect(JSON.parse(await readFile(state, 'utf8'))).toMatchObject({
      night: '2019-05-22',
      through: { copy: '2019-05-21' },
    });
    await writeFile(state, '{');
    await openJobs();
    expect(problems.at(-1)).toContain('cannot be read');
    await jobs.night();
    expect(await objectOf('metadata', key)).toBe(example);
  });
});
