import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeStorage } from '@sluice/common/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ObjectIndex } from './object-index';
import { ObjectRetention } from './object-retention';
import { type NewDescription, ObjectStore } from './object-store';

const day = 86_400_000;
const now = Date.UTC(2026, 10, 21, 12);
let directory: string;
let objects: ObjectStore;
let retention: ObjectRetention;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-retention-'));
  objects = await open('index.db');
});

afterEach(async () => {
  await retention.close();
  await objects.close();
  await rm(directory, { recursive: true });
});

async function open(index: string): Promise<ObjectStore> {
  const store = await ObjectStore.open({
    directory: join(directory, 'objects'),
    storage: new NodeStorage(),
    index: new ObjectIndex(join(directory, index)),
  });
  retention = new ObjectRetention({ objects: store, now: () => now, log: pino({ level: 'silent' }) });
  return store;
}

/** An object of 1,000 bytes. @param captured wall ms */
async function put(name: string, captured: number, more: object): Promise<void> {
  const upload = await objects.begin();
  await upload.append(Buffer.alloc(1_000));
  await upload.keep({
    name,
    app_id: 'lab',
    dev_id: 'm1',
    main: 'm1',
    type: 'binary',
    captured: new Date(captured).toISOString(),
    arrived: new Date(now).toISOString(),
    resource: 'rdk:component:camera/cam',
    method: 'GetImages',
    parameters: {},
    extension: '.jpeg',
    tags: [],
    ...more,
  } as NewDescription);
}

const names = () => objects.index.search({}, { limit: 100 }).map(({ name }) => name);

test('removes what is older than the days of its stream’s policy, whole days in UTC', async () => {
  const midnight = Math.floor(now / day) * day;
  const policy = { retention: { days: 2 } };
  await put('too-old', midnight - 2 * day - 1, policy);
  await put('old', midnight - 2 * day, policy);
  await put('other', midnight - 9 * day, { method: 'GetPointCloud' });
  expect(await retention.look()).toBe(1);
  expect(names()).toEqual(['other', 'old']);
  expect(await readdir(join(directory, 'objects/lab/m1/2026-11-18'))).toEqual([]);
});

test('removes the oldest of a stream beyond the gigabytes of its policy', async () => {
  const policy = { retention: { binaryLimitGb: 2_500 / 1e9 } };
  for (let index = 0; index < 5; index++) await put(`of-${index}`, now + index, policy);
  await put('of-another-device', now - day, { ...policy, dev_id: 'm2' });
  expect(await retention.look()).toBe(3);
  expect(names()).toEqual(['of-another-device', 'of-3', 'of-4']);
});

test('goes by the policy of the newest object, whichever came last, also when the index is made again', async () => {
  await put('third', now, {});
  await put('first', now - 9 * day, { retention: { days: 1 } });
  await put('second', now - 8 * day, { retention: { days: 1 } });
  expect(await retention.look()).toBe(0);
  await put('fourth', now + 1, { retention: { days: 3 } });
  await retention.close();
  await objects.close();
  objects = await open('another-index.db');
  expect(await retention.look()).toBe(2);
  expect(names()).toEqual(['third', 'fourth']);
});

test('takes what is no number for no policy', async () => {
  await put('a', now - 9 * day, { retention: { days: '1', binaryLimitGb: null } });
  expect(await retention.look()).toBe(0);
});
