import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@sluice/common/clock';
import { NodeStorage, type Storage } from '@sluice/common/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FileItem } from '../outbox/items';
import { Outbox } from '../outbox/outbox';
import { AdditionalPaths, type AdditionalPathsSettings, inferredFrom } from './additional-paths';

let root: string;
let data: string;
let outbox: Outbox;

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-paths-'));
  data = join(root, 'data');
  await fs.mkdir(data);
  outbox = await Outbox.open({ path: join(root, 'capture') });
});
afterEach(async () => {
  await outbox.close();
  await fs.rm(root, { recursive: true });
});

function paths(
  change: Partial<AdditionalPathsSettings> = {},
  log = pino({ level: 'silent' }),
  storage: Storage = new NodeStorage(),
) {
  return new AdditionalPaths({
    storage,
    outbox,
    settings: { paths: [data], untouchedFor: 10_000, tags: ['all'], ...change },
    main: 'main',
    captureDirectories: () => [join(root, 'capture')],
    clock: systemClock,
    log,
  });
}

/** Last written to so many seconds ago. */
async function file(name: string, age = 60): Promise<string> {
  const path = join(data, name);
  await fs.mkdir(join(path, '..'), { recursive: true });
  await fs.writeFile(path, name);
  const time = Date.now() / 1000 - age;
  await fs.utimes(path, time, time);
  return path;
}

const adopted = () => [...outbox.waiting()].map((item) => (item as FileItem).metadata.fileName).sort();

test('files of all depths are taken with the tags of the service', async () => {
  await file('a.txt');
  await file('deep/er/b.bin');
  await paths().look();
  const items = [...outbox.waiting()] as FileItem[];
  expect(items.map(({ metadata }) => [metadata.fileName, metadata.extension, metadata.tags]).sort()).toEqual([
    ['a.txt', '.txt', ['all']],
    ['deep/er/b.bin', '.bin', ['all']],
  ]);
});

test('a file is not touched before nobody has written to it for as long as configured', async () => {
  await file('old', 11);
  await file('new', 9);
  await paths().look();
  expect(adopted()).toEqual(['old']);
  await paths({ untouchedFor: 5_000 }).look();
  expect(adopted()).toEqual(['new', 'old']);
});

test('directories give tags and data sets by their names, and files do not', async () => {
  await file('tag=night/dataset=birds/tag=owl/tag=no.jpeg');
  await paths().look();
  const [item] = [...outbox.waiting()] as FileItem[];
  expect(item!.metadata).toMatchObject({ tags: ['all', 'night', 'owl'], datasets: ['birds'] });
  expect(inferredFrom('C:\\data\\tag=a\\dataset=b\\c.txt')).toEqual({ tags: ['a'], datasets: ['b'] });
  expect(inferredFrom('/tag=/dataset=/c')).toEqual({ tags: [], datasets: [] });
});

test('what was set aside, links, and the capture directory are left alone', async () => {
  await file('failed/refused.txt');
  await fs.symlink('/etc/hostname', join(data, 'link'));
  await outbox.complete();
  await paths({ paths: [root] }).look();
  expect(adopted()).toEqual([]);
});

test('what waits is bounded, and the others come when there is room', async () => {
  for (let i = 0; i < 1_005; i++) await file(`${i}`);
  const looked = paths();
  await looked.look();
  expect(outbox.adopted).toBe(1_000);
  for (const item of [...outbox.waiting()].slice(0, 10)) await outbox.delivered(item, 'cloud');
  await looked.look();
  expect(outbox.adopted).toBe(995);
});

test('a path that is not there is named once, and stops no other', async () => {
  const lines: { path?: string }[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  await file('a');
  const looked = paths({ paths: [join(root, 'absent'), data] }, log);
  await looked.look();
  await looked.look();
  expect(adopted()).toEqual(['a']);
  expect(lines.map(({ path }) => path)).toEqual([join(root, 'absent')]);
});

test('a file that may not be read is named once, not taken, and stops no other of its directory', async () => {
  for (const name of ['a', 'b', 'c']) await file(name);
  const told: string[] = [];
  const log = pino(
    { level: 'warn' },
    {
      write: (line: string) => {
        const { path, error } = JSON.parse(line);
        told.push(`${path}: ${error}`);
      },
    },
  );
  const storage = new NodeStorage();
  const open = storage.openForReading.bind(storage);
  let isClosed = true;
  storage.openForReading = async (path) => {
    if (isClosed && path.endsWith('/b')) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    return open(path);
  };
  const taking = paths({}, log, storage);
  for (let time = 0; time < 2; time++) await taking.look();
  expect(adopted()).toEqual(['a', 'c']);
  expect(told).toEqual([`${join(data, 'b')}: EACCES`]);
  isClosed = false;
  await taking.look();
  expect(adopted()).toEqual(['a', 'b', 'c']);
});
