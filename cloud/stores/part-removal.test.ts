import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StrictDisk } from '@sluice/common/storage/strict';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bucket, Buckets } from './buckets/bucket';
import { DirectoryBucket } from './buckets/directory-bucket';
import { ObjectIndex } from './objects/object-index';
import { type NewDescription, ObjectStore } from './objects/object-store';
import { PartRemoval } from './part-removal';

let directory: string;
let objects: ObjectStore;
let buckets: Buckets;
let removal: PartRemoval;
let told: string[];
const storage = new StrictDisk(1).mount();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-removal-'));
  objects = await ObjectStore.open({
    directory: join(directory, 'objects'),
    storage,
    index: new ObjectIndex(':memory:'),
  });
  buckets = {
    data: new DirectoryBucket(storage, join(directory, 'buckets/data')),
    metadata: new DirectoryBucket(storage, join(directory, 'buckets/metadata')),
  };
  told = [];
  removal = new PartRemoval({
    directory,
    storage,
    objects,
    buckets,
    timeSeries: { remove: async (appId, part) => void told.push(`${appId}/${part}`) },
    live: { forget: (_appId, part) => void told.push(part) },
  });
});

afterEach(async () => {
  await objects.close();
  await rm(directory, { recursive: true });
});

async function put(bucket: Bucket, key: string): Promise<void> {
  await bucket.put(key, { size: 1, type: 'text/plain', pieces: () => [Buffer.from('x')] });
}

async function putObject(devId: string, name: string): Promise<void> {
  const upload = await objects.begin();
  await upload.append(Buffer.from('image'));
  await upload.keep({
    name,
    app_id: 'lab',
    dev_id: devId,
    main: 'm1',
    type: 'binary',
    captured: '2026-11-21T12:00:00.000Z',
    arrived: '2026-11-21T12:00:00.000Z',
    resource: 'rdk:component:camera/cam',
    method: 'GetImages',
    parameters: {},
    extension: '.jpeg',
    tags: [],
  } as NewDescription);
}

async function keysIn(bucket: Bucket): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of bucket.list()) keys.push(key);
  return keys;
}

test('takes a device out of every store, and nothing of a device whose name begins as its', async () => {
  const days = ['shed-2026-11-20', 'shed-2-2026-11-20'];
  for (const day of days) {
    await storage.makeDirectory(join(directory, 'data/lab'));
    await storage.write(join(directory, `data/lab/${day}.json`), [Buffer.from('{}')]);
    await put(buckets.data, `lab/${day}.json`);
    await put(buckets.data, `lab/${day}.sluice`);
    await put(buckets.metadata, `lab/${day}.json`);
    await put(buckets.metadata, `lab/${day}.sluice.json`);
  }
  for (let index = 0; index < 250; index++) await putObject('shed', `image-${index}`);
  await putObject('shed-2', 'image');
  expect(await removal.remove('lab', 'shed')).toEqual({ days: 1, objects: 250, copies: 2 });
  expect(told).toEqual(['lab/shed', 'shed']);
  expect((await storage.list(join(directory, 'data/lab'))).map(({ name }) => name)).toEqual([
    'shed-2-2026-11-20.json',
  ]);
  expect(await keysIn(buckets.data)).toEqual(['lab/shed-2-2026-11-20.json', 'lab/shed-2-2026-11-20.sluice']);
  expect(await keysIn(buckets.metadata)).toEqual([
    'lab/shed-2-2026-11-20.json',
    'lab/shed-2-2026-11-20.sluice.json',
  ]);
  expect(objects.index.search({}, { limit: 10 }).map(({ devId }) => devId)).toEqual(['shed-2']);
});

test('goes on where it was when it is asked again', async () => {
  await putObject('shed', 'image');
  await put(buckets.data, 'lab/shed-2026-11-20.json');
  const { data } = buckets;
  const list = () => {
    throw new Error('the store is away');
  };
  buckets.data = { ...data, list };
  await expect(removal.remove('lab', 'shed')).rejects.toThrow();
  buckets.data = data;
  expect(await removal.remove('lab', 'shed')).toEqual({ days: 0, objects: 0, copies: 1 });
});

test('rows that there is no room to remove are told as such, when the raw files are gone', async () => {
  const data = join(directory, 'data/lab');
  await storage.makeDirectory(data);
  await storage.write(join(data, 'rover-2026-11-20.json'), [Buffer.from('{}')]);
  const remove = async () => {
    expect(await storage.list(data)).toEqual([]);
    throw new Error('IO Error: Could not write file: No space left on device');
  };
  const live = { forget: () => expect.unreachable('its rows are there') };
  const full = new PartRemoval({ directory, storage, objects, buckets, timeSeries: { remove }, live });
  await expect(full.remove('lab', 'rover')).rejects.toMatchObject({ code: 'disk-full', status: 507 });
});
