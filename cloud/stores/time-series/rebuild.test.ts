import { copyFile, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { NodeStorage } from '@sluice/common/storage';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Arrival } from '../../inbox/arrival';
import { RawFiles } from '../raw-files/raw-files';
import { dayMilliseconds } from './cold-files';
import {
  allRows,
  blocksOf,
  messageOf,
  noon,
  openSeries,
  store,
  type TestSeries,
  temporaryDirectory,
} from './test-series';

let directory: string;
let raw: RawFiles;
let opened: TestSeries;

const arrivals = [
  messageOf(0, { n: 1 }, { time: noon }),
  messageOf(1, { n: 2 }, { time: noon + 1 }),
  blocksOf(
    2,
    Array.from({ length: 300 }, (_, index) => index % 50),
  ),
  messageOf(3, { n: 3 }, { time: noon + 2, devId: 'other' }),
];

const reopen = async (timeZone = 'UTC', now = opened.clock.now) => {
  opened = await openSeries(directory, now, () => raw.stored(), undefined, timeZone);
};

const openRaw = async (timeZone = 'UTC') => {
  raw = await RawFiles.open({
    storage: new NodeStorage(),
    directory: join(directory, 'data'),
    state: join(directory, 'state', 'raw-files.json'),
    timeZone,
    asJson: () => false,
    first: 0,
    onProblem: (problem) => {
      throw problem;
    },
  });
};

/** What arrives reaches both stores. */
async function arrive(...given: Arrival[]): Promise<void> {
  await raw.process(given, given.at(-1)!.position + 1, () => expect.unreachable());
  await store(opened.series, ...given);
}

const current = () => join(directory, 'time-series', 'current');

const database = async () => {
  const { generation } = JSON.parse(await readFile(current(), 'utf8'));
  return join(directory, 'time-series', String(generation), 'hot.duckdb');
};

async function damage(): Promise<void> {
  const file = await open(await database(), 'r+');
  await file.write(Buffer.alloc(4096, 0xff), 0, 4096, 0);
  await file.close();
}

beforeEach(async () => {
  directory = await temporaryDirectory();
  await openRaw();
  await reopen('UTC', noon);
});

afterEach(async () => {
  await opened.series.close();
  await rm(directory, { recursive: true });
});

describe('a time series is built anew from the raw files', () => {
  let before: object[];

  beforeEach(async () => {
    await arrive(...arrivals);
    opened.clock.now += dayMilliseconds;
    await opened.series.look(true);
    before = await allRows(opened.series);
    expect(before).toHaveLength(303);
  });

  test.each([
    ['is damaged', damage],
    ['is gone', async () => rm(await database())],
    [
      'is one of nobody knows which, as `current` is damaged',
      async () => writeFile(current(), '\0'.repeat(30)),
    ],
    ['is gone with its directory', async () => rm(join(directory, 'time-series'), { recursive: true })],
  ])('when its database %s', async (_what, harm) => {
    await opened.series.close();
    await harm();
    await reopen();
    await expect(store(opened.series, messageOf(4, { n: 4 }))).rejects.toMatchObject({
      code: 'time-series-rebuilding',
    });
    await opened.series.rebuilt();
    expect(await allRows(opened.series)).toEqual(before);
    expect(opened.series.position()).toBe(4);
    await store(opened.series, messageOf(4, { n: 4 }));
    expect(await allRows(opened.series)).toHaveLength(304);
    await opened.series.close();
    await reopen();
    expect(await allRows(opened.series)).toHaveLength(304);
  });

  test('when it is asked for, and leaves nothing of the one before', async () => {
    await opened.series.read((connection) => connection.run('delete from files'));
    expect(await allRows(opened.series)).toEqual([]);
    await opened.series.rebuild();
    await opened.series.rebuilt();
    expect(await allRows(opened.series)).toEqual(before);
    const generations = (await readdir(join(directory, 'time-series'))).filter((name) => /^\d+$/.test(name));
    expect(generations).toEqual(['2']);
  });

  test('when a release before had it in one file', async () => {
    await opened.series.close();
    await rm(join(directory, 'time-series'), { recursive: true });
    await writeFile(join(directory, 'time-series.duckdb'), 'of the release before');
    await reopen();
    await opened.series.rebuilt();
    expect(await allRows(opened.series)).toEqual(before);
    expect(await readdir(directory)).not.toContain('time-series.duckdb');
  });

  test('with rollups of what is older than rows are kept', async () => {
    opened.clock.now += 91 * dayMilliseconds;
    await opened.series.look(true);
    const rollups = () =>
      opened.series.read(async (connection, { directory: files }) => {
        const found = await connection.runAndReadAll('select path from files order by path');
        const paths = found.getRowsJS().map(([path]) => `'${join(files, path as string)}'`);
        const sums = await connection.runAndReadAll(
          `select filename.regexp_extract('([^/]*/[^/]*)[.][0-9]+[.](.*)', ['day', 'kind'])::varchar, sum(rows)::double, sum(coalesce(total, first)) from read_parquet([${paths}], filename = true)
           group by 1 order by 1`,
        );
        return sums.getRowsJS();
      });
    const kept = await rollups();
    expect(kept).toHaveLength(8);
    expect(await allRows(opened.series)).toEqual([]);
    await opened.series.rebuild();
    await opened.series.rebuilt();
    await opened.series.look(true);
    expect(await rollups()).toEqual(kept);
    expect(await allRows(opened.series)).toEqual([]);
  });

  test('but not while they are away', async () => {
    await rename(join(directory, 'data'), join(directory, 'elsewhere'));
    await opened.series.rebuild();
    await opened.series.rebuilt();
    expect(opened.problems.map(({ message }) => message)).toEqual(['the raw files are away']);
    expect(await allRows(opened.series)).toEqual(before);
    await rename(join(directory, 'elsewhere'), join(directory, 'data'));
  });

  test('but not by what was deleted, even if its raw files are put back', async () => {
    const file = join(directory, 'data/app/device-2026-03-01.sluice');
    const copy = join(directory, 'copy');
    await copyFile(file, copy);
    await opened.series.remove('app', 'device');
    expect((await allRows(opened.series)).map(({ part }) => part)).toEqual(['other']);
    await mkdir(join(directory, 'data/app'), { recursive: true });
    await copyFile(copy, file);
    await opened.series.rebuild();
    await opened.series.rebuilt();
    expect((await allRows(opened.series)).map(({ part }) => part)).toEqual(['other']);
    opened.clock.now += 1000;
    await arrive(messageOf(4, { n: 5 }, { time: opened.clock.now }));
    expect((await allRows(opened.series)).map(({ value }) => value)).toEqual([5, 3]);
  });

  test('but not by what is deleted meanwhile', async () => {
    const { rename } = NodeStorage.prototype;
    let removed: Promise<void> | undefined;
    // Its rows are in what is being built then.
    const sealing = vi.spyOn(NodeStorage.prototype, 'rename').mockImplementation(async (from, to) => {
      await rename(from, to);
      if (to.includes('time-series/2/files/app/device')) removed ??= opened.series.remove('app', 'device');
    });
    await opened.series.rebuild();
    await opened.series.rebuilt();
    sealing.mockRestore();
    expect(removed).toBeDefined();
    await removed;
    expect((await allRows(opened.series)).map(({ part }) => part)).toEqual(['other']);
    await opened.series.close();
    await reopen();
    expect((await allRows(opened.series)).map(({ part }) => part)).toEqual(['other']);
  });

  test('but not by what was deleted of single streams', async () => {
    const [ids] = await opened.series.read(async (connection) =>
      (
        await connection.runAndReadAll(
          "select list(id) from series where dev_id = 'device' and field in ('n', 'board_A1')",
        )
      ).getRowsJS(),
    );
    const left = before.filter((row) => {
      const { part, time } = row as { part: string; time: number };
      return part === 'other' || time >= noon + 1000;
    });
    const files = async () =>
      opened.series.read(async (connection) =>
        (await connection.runAndReadAll('select path from files order by path')).getRowsJS(),
      );
    const all = (await files()).length;
    await opened.series.removeReadings(ids![0] as number[], noon + 1000);
    expect(await allRows(opened.series)).toEqual(left);
    expect(left).toHaveLength(201);
    // Its rollups of five seconds, of a minute and of an hour begin before.
    expect(await files()).toHaveLength(all - 3);
    await opened.series.rebuild();
    await opened.series.rebuilt();
    expect(await allRows(opened.series)).toEqual(left);
    await opened.series.removeReadings(ids![0] as number[], noon + dayMilliseconds);
    expect((await allRows(opened.series)).map(({ part }) => part)).toEqual(['other']);
    expect((await files()).length).toBe(all / 2);
  });

  test('after the raw files have what it had', async () => {
    await store(opened.series, messageOf(4, { n: 4 }, { time: noon + 9 }));
    await opened.series.rebuild();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(opened.series.progress).toBe('waiting for the raw files');
    await raw.process([messageOf(4, { n: 4 }, { time: noon + 9 })], 5, () => expect.unreachable());
    await opened.series.rebuilt();
    expect(await allRows(opened.series)).toHaveLength(304);
    expect(opened.series.position()).toBe(5);
  });
});

test('goes on with a database of a release that did not know where values come from', async () => {
  await arrive(...arrivals);
  const before = await allRows(opened.series);
  await opened.series.close();
  const instance = await DuckDBInstance.create(await database());
  const connection = await instance.connect();
  for (const change of [
    'alter table series drop column kinds',
    'alter table series drop column origin',
    'drop table batches',
    'update version set number = 1',
  ])
    await connection.run(change);
  connection.closeSync();
  instance.closeSync();
  await reopen();
  expect(opened.problems).toEqual([]);
  expect(await allRows(opened.series)).toEqual(before);
  await arrive(messageOf(4, { n: 4 }, { time: noon + 4 }), blocksOf(5, [1], { start: noon + 60_000 }));
  await opened.series.close();
  await reopen();
  const known = await opened.series.read(async (reader) =>
    (await reader.runAndReadAll('select dev_id, field, kinds, origin from series order by 1, 2')).getRowsJS(),
  );
  expect(known).toEqual([
    ['device', 'board_A1', 1, '{"main":"main","maximum":3.3}'],
    ['device', 'n', 1, null],
    ['other', 'n', null, null],
  ]);
});

test.each([
  ['UTC', '2026-03-01T12:00:00Z', ['2026-03-01T23:00:00Z', '2026-03-02T00:00:00Z']],
  // The day of the deletion ends eight hours behind UTC's, and five and three quarters before it.
  ['America/Los_Angeles', '2026-03-02T04:00:00Z', ['2026-03-02T05:00:00Z', '2026-03-02T09:00:00Z']],
  ['Asia/Kathmandu', '2026-03-01T17:00:00Z', ['2026-03-01T18:00:00Z', '2026-03-01T19:00:00Z']],
])(
  'what came after a deletion, on its day and on the next, in %s, is built anew too',
  async (zone, at, later) => {
    await opened.series.close();
    await openRaw(zone);
    await reopen(zone);
    const deleted = Date.parse(at);
    const messages = [deleted - dayMilliseconds, deleted - 3_600_000, ...later.map(Date.parse)].map(
      (time, n) => messageOf(n, { n }, { time }),
    );
    await arrive(...messages.slice(0, 2));
    opened.clock.now = deleted;
    await opened.series.remove('app', 'device');
    await arrive(...messages.slice(2));
    expect((await readdir(join(directory, 'data/app'))).length).toBe(3);
    const before = await allRows(opened.series);
    expect(before.map(({ value }) => value)).toEqual([2, 3]);
    await opened.series.rebuild();
    await opened.series.rebuilt();
    expect(await allRows(opened.series)).toEqual(before);
  },
);

test('closes while it is being rebuilt', async () => {
  await arrive(...arrivals);
  await opened.series.rebuild();
  await opened.series.close();
  await reopen();
  expect(await allRows(opened.series)).toHaveLength(303);
});
