import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NodeStorage } from '@sluice/common/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DayLimit } from './day-limit';

let directory: string;
let limit: DayLimit | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-days-'));
});

afterEach(async () => {
  await limit?.close();
  await rm(directory, { recursive: true });
});

async function put(path: string, bytes = 100): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), Buffer.alloc(bytes));
}

async function look(mostBytes: number, storage = new NodeStorage()): Promise<string[]> {
  const log = pino({ level: 'silent' });
  limit = new DayLimit({ storage, directory, mostBytes, today: () => '2026-03-04', log });
  await limit.look();
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
    .sort();
}

it('removes a day everywhere: raw files of all projects, copies, their metadata, objects', async () => {
  for (const date of ['2026-03-02', '2026-03-03']) {
    await put(`data/a/shed-${date}.json`);
    await put(`data/b/2026-attic-${date}.sluice`);
    await put(`buckets/data/a/shed-${date}.json`);
    await put(`buckets/metadata/b/2026-attic-${date}.sluice.json`);
    await put(`objects/a/shed/${date}/image-1.jpg`);
    await put(`objects/a/shed/${date}/of-2026-03-01.json`);
  }
  expect(await look(600)).toEqual([
    'buckets/data/a/shed-2026-03-03.json',
    'buckets/metadata/b/2026-attic-2026-03-03.sluice.json',
    'data/a/shed-2026-03-03.json',
    'data/b/2026-attic-2026-03-03.sluice',
    'objects/a/shed/2026-03-03/image-1.jpg',
    'objects/a/shed/2026-03-03/of-2026-03-01.json',
  ]);
});

it('leaves the day that goes on, what has room, and what is called otherwise', async () => {
  await put('data/a/shed-2026-03-04.json', 1000);
  await put('data/a/notes.txt', 1000);
  await put('buckets/data/somebody/else.parquet', 1000);
  await put('data/a/shed-2026-03-03.json', 10);
  const all = await look(1010);
  expect(all).toHaveLength(4);
  expect(await look(1009)).toEqual(all.filter((path) => !path.includes('03-03')));
});

it('goes on at the next look when a file cannot be removed', async () => {
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
