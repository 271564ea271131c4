import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NodeStorage } from '@sluice/common/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DayLimit } from './day-limit';
import { ObjectIndex } from './objects/object-index';
import { type NewDescription, ObjectStore } from './objects/object-store';

let directory: string;
let objects: ObjectStore;
let limit: DayLimit | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-days-'));
  objects = await ObjectStore.open({
    directory: join(directory, 'objects'),
    storage: new NodeStorage(),
    index: new ObjectIndex(':memory:'),
  });
});

afterEach(async () => {
  await limit?.close();
  await objects.close();
  await rm(directory, { recursive: true });
});

async function put(path: string, bytes = 100): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), Buffer.alloc(bytes));
}

/** An object of 60 bytes, and what is said of it in as many hundred. */
async function putObject(devId: string, name: string, date: string): Promise<void> {
  const upload = await objects.begin();
  await upload.append(Buffer.alloc(60));
  await upload.keep({
    name,
    app_id: 'a',
    dev_id: devId,
    main: 'm',
    type: 'binary',
    captured: `${date}T12:00:00.000Z`,
    arrived: `${date}T12:00:00.000Z`,
    resource: 'rdk:component:camera/cam',
    method: 'GetImages',
    parameters: {},
    extension: '.jpg',
    tags: [],
  } as NewDescription);
}

async function look(mostBytes: number, storage = new NodeStorage()): Promise<string[]> {
  const log = pino({ level: 'silent' });
  limit = new DayLimit({ storage, directory, objects, mostBytes, today: () => '2026-03-04', log });
  await limit.look();
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
    .sort();
}

test('removes a day everywhere: raw files of all projects, copies, their metadata, objects', async () => {
  for (const date of ['2026-03-02', '2026-03-03']) {
    await put(`data/a/shed-${date}.json`);
    await put(`data/b/2026-attic-${date}.sluice`);
    await put(`buckets/data/a/shed-${date}.json`);
    await put(`buckets/metadata/b/2026-attic-${date}.sluice.json`);
    await putObject('shed', `image-of-${date}`, date);
  }
  expect(await look(900)).toEqual([
    'buckets/data/a/shed-2026-03-03.json',
    'buckets/metadata/b/2026-attic-2026-03-03.sluice.json',
    'data/a/shed-2026-03-03.json',
    'data/b/2026-attic-2026-03-03.sluice',
    'objects/a/shed/2026-03-03/image-of-2026-03-03.jpg',
    'objects/a/shed/2026-03-03/image-of-2026-03-03.json',
    'objects/days.json',
  ]);
  // Whoever searches is told of what is there.
  expect(objects.index.search({}, { limit: 10 }).map(({ name }) => name)).toEqual(['image-of-2026-03-03']);
});

test('leaves the day that goes on, what has room, and what is called otherwise', async () => {
  await put('data/a/shed-2026-03-04.json', 1000);
  await put('data/a/notes.txt', 1000);
  await put('buckets/data/somebody/else.parquet', 1000);
  await put('data/a/shed-2026-03-03.json', 10);
  const all = await look(1010);
  expect(all).toHaveLength(4);
  expect(await look(1009)).toEqual(all.filter((path) => !path.includes('03-03')));
});

test('goes on at the next look when a file cannot be removed', async () => {
  class Stubborn extends NodeStorage {
    refusals = 1;
    override async discard(path: string): Promise<void> {
      if (this.refusals-- > 0) throw new Error('busy');
      await super.discard(path);
    }
  }
  const storage = new Stubborn();
  await put('data/a/shed-2026-03-01.json');
  await put('data/a/shed-2026-03-02.json');
  expect(await look(0, storage)).toHaveLength(2);
  await limit!.look();
  expect(await readdir(join(directory, 'data/a'))).toEqual([]);
});
