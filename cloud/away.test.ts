import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeStorage, type StorageFile } from '@sluice/common/storage';
import { connectAsync } from 'mqtt';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Cloud } from './cloud';

/** A disk that fills as a test says: as a whole, and below one directory. */
class FillingStorage extends NodeStorage {
  free = 100 * 2 ** 30;
  full: string | undefined;

  override async freeSpace(): Promise<number> {
    return this.free;
  }

  override async open(path: string): Promise<StorageFile> {
    return this.#filling(path, await super.open(path));
  }

  override async create(path: string, mode?: number): Promise<StorageFile> {
    return this.#filling(path, await super.create(path, mode));
  }

  #filling(path: string, file: StorageFile): StorageFile {
    const append = file.append.bind(file);
    file.append = async (chunks) => {
      if (this.full !== undefined && path.includes(this.full))
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC', syscall: 'write' });
      await append(chunks);
    };
    return file;
  }
}

let directory: string;
let storage: FillingStorage;
let cloud: Cloud;
let sent: number;

/** Nothing is too old to be kept. */
const begin = Date.now();
const address = (path: string) => `http://127.0.0.1:${cloud.httpPort}${path}`;
const body = (n: number) =>
  JSON.stringify({ app_id: 'app', dev_id: 'device', time: begin + n, payload_fields: { n } });
const post = async () => (await fetch(address('/pipeline'), { method: 'POST', body: body(sent) })).status;
const health = async () => {
  const response = await fetch(address('/healthz'));
  return { code: response.status, ...((await response.json()) as object) };
};
const stage = (name: string) => cloud.stages().find((each) => each.name === name)!;
const all = () => [...Array(sent).keys()];
const inRows = async () => {
  const rows = await (await fetch(address('/query?app_id=app&part=device&stream=n&limit=100000'))).json();
  return (rows as { value: number }[]).map(({ value }) => value);
};
const inRawFile = async () => {
  const [day] = (await (await fetch(address('/raw?app_id=app'))).json()) as { date: string }[];
  const text = await readFile(join(directory, 'data', 'app', `device-${day!.date}.json`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).payload_fields.n);
};

/** As they are acknowledged, whatever stores do. */
async function send(count: number): Promise<void> {
  for (const end = sent + count; sent < end; sent++) expect(await post()).toBe(200);
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-away-'));
  storage = new FillingStorage();
  sent = 0;
  cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }), storage });
});

afterEach(async () => {
  await cloud.close();
  await rm(directory, { recursive: true });
});

describe('a store that is away', () => {
  test.each([
    [
      'whose directory is gone',
      () => rename(join(directory, 'data'), join(directory, 'elsewhere')),
      () => rename(join(directory, 'elsewhere'), join(directory, 'data')),
    ],
    [
      'whose disk is full',
      async () => {
        storage.full = join(directory, 'data');
      },
      async () => {
        storage.full = undefined;
      },
    ],
  ])(
    '%s is noticed by no door and no other store, is told of, and catches up',
    async (_how, leave, comeBack) => {
      await send(10);
      await cloud.caughtUp(10_000);
      await leave();
      await send(50);
      await vi.waitFor(() => expect(stage('raw-files').state).toBe('failing'), 10_000);
      await send(50);
      await vi.waitFor(() => expect(stage('time-series').behind.arrivals).toBe(0), 10_000);
      expect(await inRows()).toEqual(all());
      expect(await health()).toMatchObject({
        code: 503,
        problems: [expect.stringMatching(/^raw-files is failing, \d+ arrivals/)],
      });
      await comeBack();
      await vi.waitFor(() => expect(stage('raw-files').behind.arrivals).toBe(0), { timeout: 40_000 });
      expect(await inRawFile()).toEqual(all());
      expect(await health()).toEqual({ code: 200, status: 'ok' });
    },
    90_000,
  );
});

test('a store that cannot be opened at the start is noticed by no door, is told of, and catches up', async () => {
  const current = join(directory, 'state/time-series/current');
  await send(10);
  await cloud.caughtUp(10_000);
  await cloud.close();
  const before = await readFile(current);
  await writeFile(current, '{"version":99,"generation":1}');
  cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }), storage });
  await send(20);
  await vi.waitFor(() => expect(stage('raw-files').behind.arrivals).toBe(0), 10_000);
  expect(await health()).toMatchObject({
    code: 503,
    problems: [expect.stringMatching(/^time-series is failing, .*current is of version 99$/)],
  });
  expect((await fetch(address('/query?part=device&stream=n'))).status).toBe(503);
  await writeFile(current, before);
  await cloud.compact();
  await vi.waitFor(() => expect(stage('time-series').behind.arrivals).toBe(0), { timeout: 40_000 });
  expect(await inRows()).toEqual(all());
  expect(await health()).toEqual({ code: 200, status: 'ok' });
}, 90_000);

test('a project whose raw file cannot be written disturbs no other, neither over HTTP nor over MQTT', async () => {
  // A directory where the file would be; of the next day too, should it become that meanwhile.
  for (const later of [0, 86_400_000]) {
    const date = new Date(begin + later).toISOString().slice(0, 10);
    await mkdir(join(directory, 'data', 'badapp', `device-${date}.json`), { recursive: true });
  }
  const client = await connectAsync(`mqtt://127.0.0.1:${cloud.mqttPort}`, { reconnectPeriod: 0 });
  const closed = vi.fn();
  client.once('close', closed);
  const bad = 12;
  for (let n = 0; n < bad; n++) {
    const message = body(1000 + n).replace('"app"', '"badapp"');
    const answer = await fetch(address('/pipeline'), { method: 'POST', body: message });
    expect(answer.status).toBe(200);
    await client.publishAsync('pipeline/badapp/device', body(2000 + n).replace('"app"', '"badapp"'), {
      qos: 1,
    });
    await send(1);
    await client.publishAsync('pipeline/app/device', body(sent++), { qos: 1 });
  }
  expect(await cloud.caughtUp(20_000)).toBe(true);
  expect(closed).not.toHaveBeenCalled();
  await client.endAsync();
  expect(await inRawFile()).toEqual(all());
  expect(await inRows()).toEqual(all());
  expect(stage('raw-files')).toMatchObject({ state: 'running', deadLetters: 2 * bad });
  const letters = (await (await fetch(address('/dead-letters/raw-files'))).json()) as { app_id: string }[];
  expect(new Set(letters.map(({ app_id }) => app_id))).toEqual(new Set(['badapp']));
  const rows = await fetch(address('/query?app_id=badapp&part=device&stream=n&limit=1000'));
  expect(await rows.json()).toHaveLength(2 * bad);
}, 60_000);

test('raw files that are away hold no more than the inbox may: a door then says who is behind, and loses nothing', async () => {
  await cloud.close();
  cloud = await Cloud.start({
    ...{ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }), storage },
    inboxBytes: 3000,
  });
  storage.full = join(directory, 'data');
  const answers: unknown[] = [];
  await vi.waitFor(
    async () => {
      const answer = await fetch(address('/pipeline'), { method: 'POST', body: body(sent) });
      if (answer.status === 200) sent++;
      else answers.push([answer.status, await answer.json()]);
      expect(answers).toHaveLength(1);
    },
    { timeout: 30_000, interval: 10 },
  );
  expect(answers).toEqual([[507, { error: 'stage-behind', stage: 'raw-files' }]]);
  expect(sent).toBeGreaterThan(10);
  expect(stage('raw-files').state).toBe('failing');
  storage.full = undefined;
  await vi.waitFor(async () => expect(await post()).toBe(200), { timeout: 60_000, interval: 500 });
  sent++;
  await vi.waitFor(async () => expect(await inRawFile()).toEqual(all()), 20_000);
  expect(await inRows()).toEqual(all());
}, 120_000);

describe('a disk that fills', () => {
  test('is told of before it is full', async () => {
    storage.free = 900 * 2 ** 20;
    await vi.waitFor(async () => expect(await health()).toHaveProperty('warnings'), 10_000);
    expect(await health()).toEqual({
      code: 200,
      status: 'ok',
      warnings: ['the disk fills: 900 MiB are left'],
    });
    expect(await post()).toBe(200);
  });

  test('is refused at the doors when it is full, while stages go on, and taken again when there is room', async () => {
    await send(20);
    storage.free = 200 * 2 ** 20;
    await vi.waitFor(async () => expect(await post()).toBe(507), 10_000);
    expect(await health()).toMatchObject({ code: 503, problems: ['the disk is full: nothing is taken'] });
    const client = await connectAsync(`mqtt://127.0.0.1:${cloud.mqttPort}`, { reconnectPeriod: 0 });
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    const published = vi.fn();
    client.publish('pipeline/app/device', body(7), { qos: 1 }, (error) =>
      published(error === undefined || error === null),
    );
    await closed;
    expect(published).not.toHaveBeenCalledWith(true);
    await client.endAsync(true);
    await vi.waitFor(() => expect(stage('raw-files').behind.arrivals).toBe(0), 30_000);
    storage.free = 100 * 2 ** 30;
    await vi.waitFor(async () => expect((await health()).code).toBe(200), 10_000);
    const before = sent;
    await send(20);
    await cloud.caughtUp(10_000);
    const read = await inRawFile();
    // What was posted while it was waited for that the disk is full.
    expect(new Set(read)).toEqual(new Set(all()));
    expect(read.slice(-20)).toEqual(all().slice(before));
  }, 120_000);

  test('although nobody has foreseen it acknowledges nothing that is not kept, and recovers by itself', async () => {
    await send(5);
    storage.full = join(directory, 'inbox');
    expect(await post()).toBe(503);
    storage.full = undefined;
    await send(5);
    await cloud.caughtUp(10_000);
    expect(await inRawFile()).toEqual(all());
    expect(await inRows()).toEqual(all());
  }, 120_000);
});
