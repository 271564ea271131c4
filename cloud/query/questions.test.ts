import { readdirSync, readFileSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { runs } from '../../test/chance';
import { dayMilliseconds } from '../stores/time-series/cold-files';
import {
  blocksOf as blocksOfPart,
  messageOf as messageOfPart,
  noon,
  openSeries,
  store,
  type TestSeries,
  temporaryDirectory,
} from '../stores/time-series/test-series';
import { gapsSchema, questionSchema, sqlSchema } from './question';
import { type Answer, Questions } from './questions';
import { listStreams } from './streams';

let directory: string;
let opened: TestSeries;
let questions: Questions;
let part: string;
let other: string;
let parts = 0;

const everybody = () => true;
type Row = Record<string, unknown> & { time: number; value: unknown };

async function open(options: Partial<Parameters<typeof Questions.open>[0]> = {}): Promise<void> {
  questions = await Questions.open({
    timeSeries: opened.series,
    directory: join(directory, 'questions'),
    now: () => opened.clock.now,
    onProblem: (problem) => opened.problems.push(problem),
    processes: 1,
    ...options,
  });
}

const messageOf = (position: number, payload: string | object, options: object = {}) =>
  messageOfPart(position, payload, { devId: part, ...options });
const blocksOf = (position: number, counts: readonly number[], options: object = {}) =>
  blocksOfPart(position, counts, { devId: part, ...options });
const ask = (asked: object, mayRead: (appId: string) => boolean = everybody) =>
  questions.ask(questionSchema.parse({ part, ...asked }), mayRead);
const textOf = async (answer: Promise<Answer>) => text((await answer).content);
const rows = async (asked: object = {}) => JSON.parse(await textOf(ask(asked))) as Row[];

// One store and one process for all: each test has a part of its own.
beforeAll(async () => {
  directory = await temporaryDirectory();
  opened = await openSeries(directory);
  await open();
});

beforeEach(() => {
  part = `part-${++parts}`;
  other = `other-${parts}`;
});

afterAll(async () => {
  await questions.close();
  await opened.series.close();
  await rm(directory, { recursive: true });
});

/** Days that are closed become files. */
async function seal(days = 2): Promise<void> {
  opened.clock.now += days * dayMilliseconds;
  await opened.series.look(true);
}

describe('rows', () => {
  const counts = Array.from({ length: 400 }, (_, index) => index % 50);

  test('come from the database and from files alike, in volts, or as counts', async () => {
    await store(opened.series, blocksOf(0, counts));
    const before = await rows();
    expect(before).toHaveLength(400);
    expect(before[7]).toEqual({
      time: noon + 70,
      stream: 'board_A1',
      value: 7 * 0.001,
      unit: 'V',
      tags: { method: 'Analogs', owner: 'part', resource: 'rdk:component:board/board' },
    });
    await seal();
    expect(await rows()).toEqual(before);
    expect((await rows({ raw: 'true' }))[7]).toMatchObject({ value: 7 });
  });

  test('are each there once, the later arrival’s, wherever they are', async () => {
    await store(
      opened.series,
      messageOf(0, { n: 1 }, { time: noon }),
      messageOf(1, { n: 2 }, { time: noon + 5 }),
    );
    await seal();
    await store(
      opened.series,
      messageOf(2, { n: 3 }, { time: noon }),
      messageOf(3, { n: 4 }, { time: noon }),
    );
    expect((await rows()).map(({ value }) => value)).toEqual([4, 2]);
    expect(await rows({ every: '1h' })).toMatchObject([
      { count: 2, min: 2, max: 4, mean: 3, first: 4, last: 2 },
    ]);
  });

  test('are of a span, in an order, so many, or the last of each stream', async () => {
    await store(opened.series, blocksOf(0, counts), blocksOf(1, counts, { stream: 2 }));
    await seal();
    await store(opened.series, blocksOf(2, [60, 61], { start: opened.clock.now }));
    const times = async (asked: object) => (await rows(asked)).map(({ time }) => time);
    expect(await times({ from: String(noon + 20), to: String(noon + 40), stream: 'board_A2' })).toEqual([
      noon + 20,
      noon + 30,
    ]);
    expect(await times({ stream: 'board_A1', limit: '2' })).toEqual([noon, noon + 10]);
    expect(await times({ stream: 'board_A1', order: 'desc', limit: '2' })).toEqual([
      opened.clock.now + 10,
      opened.clock.now,
    ]);
    const last = await rows({ last: '3' });
    expect(last.map(({ stream, value }) => [stream, value])).toEqual([
      ['board_A2', 47 * 0.001],
      ['board_A2', 48 * 0.001],
      ['board_A1', 49 * 0.001],
      ['board_A2', 49 * 0.001],
      ['board_A1', 60 * 0.001],
      ['board_A1', 61 * 0.001],
    ]);
    opened.clock.now += 60_000;
    expect(await rows({ from: '-2m' })).toHaveLength(2);
    expect(await rows({ from: '-2m', to: '-90s' })).toHaveLength(0);
  });

  test('are chosen by tags, of several streams and parts at once', async () => {
    for (const [position, devId, room] of [
      [0, part, 'a'],
      [1, part, 'b'],
      [2, other, 'a'],
    ] as const)
      await store(
        opened.series,
        messageOf(position, { n: position, m: 1 }, { devId, tags: { room, n: 'x' } }),
      );
    expect((await rows({ tag: 'room:b' })).map(({ value }) => value)).toEqual([1, 1]);
    expect(await rows({ stream: ['n', 'm'], tag: ['room:a', 'n:x'] })).toHaveLength(2);
    expect(await rows({ part: [part, other], stream: 'n' })).toMatchObject([
      { part, app_id: 'app', value: 0 },
      { part, app_id: 'app', value: 1 },
      { part: other, app_id: 'app', value: 2 },
    ]);
  });

  test('keep integers to the digit and each type', async () => {
    await store(
      opened.series,
      messageOf(0, '{"n":12345678901234567890}'),
      messageOf(1, { n: 'text' }),
      messageOf(2, { n: true }),
    );
    const answer = await textOf(ask({}));
    expect(answer).toContain('"value":12345678901234567890,');
    expect((JSON.parse(answer) as Row[]).slice(1).map(({ value }) => value)).toEqual(['text', true]);
  });
});

describe('what is unknown or unclear', () => {
  beforeEach(async () => {
    await store(opened.series, messageOf(0, { temperature: 1 }, { devId: `kitchen-${parts}` }));
    await store(
      opened.series,
      messageOf(1, { n: 1 }, { devId: `both-${parts}` }),
      messageOf(2, { n: 2 }, { devId: `both-${parts}`, appId: 'second' }),
    );
  });

  test('is told with the nearest names', async () => {
    await expect(ask({ part: `kitchn-${parts}` })).rejects.toMatchObject({
      status: 404,
      details: { nearest: expect.arrayContaining([`kitchen-${parts}`]) },
    });
    await expect(ask({ part: `kitchen-${parts}`, stream: 'temperatur' })).rejects.toMatchObject({
      status: 404,
      message: "there is no stream 'temperatur'",
      details: { nearest: ['temperature'] },
    });
  });

  test('never mixes projects: a part of two is asked for by project', async () => {
    await expect(ask({ part: `both-${parts}` })).rejects.toMatchObject({
      status: 400,
      details: { app_ids: ['app', 'second'] },
    });
    expect(await rows({ part: `both-${parts}`, app_id: 'second' })).toMatchObject([{ value: 2 }]);
  });

  test('tells nothing of projects that the asker may not read', async () => {
    const second = (appId: string) => appId === 'second';
    expect(JSON.parse(await textOf(ask({ part: `both-${parts}` }, second)))).toMatchObject([{ value: 2 }]);
    await expect(ask({ part: `kitchen-${parts}` }, second)).rejects.toMatchObject({
      status: 404,
      details: { nearest: [] },
    });
    expect(await listStreams(opened.series, { part: `both-${parts}`, limit: 10 }, second)).toMatchObject([
      { app_id: 'second' },
    ]);
    const sql = sqlSchema.parse({ part: `both-${parts}`, sql: 'select distinct app_id from readings' });
    expect(JSON.parse(await textOf(questions.sql(sql, second)))).toEqual([{ app_id: 'second' }]);
  });
});

describe('other formats', () => {
  beforeEach(async () => {
    await store(
      opened.series,
      messageOf(0, { b: 1, a: '=1+1', foo: 'x"y' }, { time: noon, tags: { foo: 'é', room: '-k' } }),
      messageOf(1, { b: 2 }, { time: noon + 1, tags: { foo: 'é', room: '-k' }, unit: 'V' }),
    );
  });

  test('CSV has a column a field and a tag, ISO times, and no formulas', async () => {
    expect(await textOf(ask({ format: 'csv' }))).toBe(
      'time,foo (tag),room,a,b,b_unit,foo\r\n' +
        '2026-03-01T12:00:00.000Z,é,\'-k,\'=1+1,1,,"x""y"\r\n' +
        "2026-03-01T12:00:00.001Z,é,'-k,,2,V,\r\n",
    );
  });

  test('CSV has a column an aggregate', async () => {
    const csv = await textOf(
      ask({ format: 'csv', every: '1m', aggregate: 'min,count', stream: 'b', tag: 'room:-k' }),
    );
    expect(csv).toBe(
      'time,foo,room,b_min,b_count,b_unit\r\n' +
        "2026-03-01T12:00:00.000Z,é,'-k,1,1,\r\n2026-03-01T12:00:00.000Z,é,'-k,2,1,V\r\n",
    );
  });

  test('Parquet and Arrow have the same rows', async () => {
    const path = join(directory, 'answer.parquet');
    const answer = await ask({ format: 'parquet', stream: 'b' });
    await writeFile(path, answer.content);
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    const read = await connection.runAndReadAll(
      `select epoch_ms(time)::double, part, stream, value, unit from '${path}'`,
    );
    const expected = [
      [noon, part, 'b', 1, null],
      [noon + 1, part, 'b', 2, 'V'],
    ];
    expect(read.getRowsJS()).toEqual(expected);
    instance.closeSync();
    const pieces: Uint8Array[] = [];
    for await (const piece of (await ask({ format: 'arrow', stream: 'b' })).content) pieces.push(piece);
    const table = tableFromIPC(Buffer.concat(pieces));
    expect(
      table.toArray().map((row) => [Number(row.time), row.part, row.stream, row.value, row.unit]),
    ).toEqual(expected);
    const empty = tableFromIPC(await collect(ask({ format: 'arrow', stream: 'b', to: '0' })));
    expect([empty.numRows, empty.schema.fields.length]).toEqual([0, 9]);
  });
});

async function collect(answer: Promise<Answer>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of (await answer).content) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('SQL', () => {
  const sql = (text: string) => questions.sql(sqlSchema.parse({ part, sql: text }), everybody);

  beforeEach(async () => {
    await store(
      opened.series,
      blocksOf(
        0,
        Array.from({ length: 300 }, (_, index) => index),
      ),
    );
    await seal();
    await store(opened.series, messageOf(1, { n: 5 }, { time: opened.clock.now }));
  });

  test('reads rows of files and of the database, rollups and streams', async () => {
    const answer = await textOf(
      sql('select stream, count(*) as rows, max(value) as high from readings group by 1 order by 1 -- !'),
    );
    expect(JSON.parse(answer)).toEqual([
      { stream: 'board_A1', rows: 300, high: 299 * 0.001 },
      { stream: 'n', rows: 1, high: 5 },
    ]);
    expect(
      JSON.parse(
        await textOf(sql("select count, min, max from rollups_1s where stream = 'board_A1' order by time")),
      ),
    ).toEqual([
      { count: 100, min: 0, max: 0.099 },
      { count: 100, min: 0.1, max: 0.199 },
      { count: 100, min: 0.2, max: 0.299 },
    ]);
  });

  test('reads no file of a project that the asker may not read, even if its path is known', async () => {
    const path = await opened.series.read(async (connection, store) => {
      const found = await connection.runAndReadAll(`select path from files where dev_id = '${part}' limit 1`);
      return join(store.directory, found.getRowsJS()[0]![0] as string);
    });
    const asked = sqlSchema.parse({ sql: `select * from read_parquet('${path}')` });
    await expect(questions.sql(asked, (appId) => appId === 'second')).rejects.toMatchObject({ status: 400 });
    expect(
      (await questions.sql(sqlSchema.parse({ part, ...asked, from: undefined }), everybody)).rows,
    ).toBeGreaterThan(0);
  });

  test.each([
    ['drop view readings', 'is no SELECT'],
    ['select 1; select 2', 'is 2 statements'],
    ["copy (select 1) to '/tmp/sluice-x.csv'", 'Permission'],
    ["select * from read_text('/etc/passwd')", 'Permission'],
    ["attach '/tmp/x.duckdb'", 'is no SELECT'],
    ['select nothing_of_the_kind from readings', 'nothing_of_the_kind'],
  ])('only reads what is the time series: %s', async (text, reason) => {
    await expect(sql(text)).rejects.toMatchObject({ status: 400, message: expect.stringContaining(reason) });
  });

  test.each([
    "select current_setting('allowed_paths')",
    "select ('allowed_paths').CURRENT_SETTING()",
    'select value from system.main.duckdb_settings()',
    'with x as (from duckdb_views) select (select max(sql) from x)',
    'select pg_get_viewdef(oid) from pg_class',
    'from pg_catalog.pg_views',
    'from Information_Schema."Views"',
    'select sql from sqlite_master',
    "from query('select sql from duckdb_views()')",
    "select stream from readings order by (select any_value(sql) from query_table(['duckdb_views']))",
  ])('tells nothing of where files lie: %s', async (text) => {
    await expect(sql(text)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('is not to be asked'),
    });
  });

  test('tells which tables and columns there are, and of what it does not read only the name', async () => {
    const tables = await textOf(sql('select table_name from information_schema.tables order by 1'));
    expect(tables).toContain('{"table_name":"readings"}');
    expect(await textOf(sql('select column_name from (describe readings)'))).toContain('"tags"');
    await expect(sql("from read_text('/srv/some data/passwd')")).rejects.toMatchObject({
      message: expect.stringMatching(/^sql: Permission Error: Cannot access file "passwd"/),
    });
  });
});

describe('gaps', () => {
  test('are told between the blocks of a stream, with how many readings they had', async () => {
    const arrival = blocksOf(
      0,
      Array.from({ length: 6000 }, (_, index) => (index * 7919) % 4096),
    );
    if (arrival.kind !== 'blocks') throw new Error('no blocks');
    const { blocks } = arrival;
    expect(blocks.length).toBeGreaterThan(8);
    await store(opened.series, {
      ...arrival,
      blocks: blocks.filter(({ sequence }) => sequence !== 3 && sequence !== 4),
    });
    const asked = (format: 'json' | 'csv') =>
      textOf(questions.gaps(gapsSchema.parse({ part, format }), everybody));
    const gaps = async () => JSON.parse(await asked('json')) as { from: number; to: number }[];
    const lost = blocks[3]!.readings + blocks[4]!.readings;
    expect(await gaps()).toMatchObject([{ stream: 'board_A1', cause: 'blocks', blocks: 2, readings: lost }]);
    const [{ from, to }] = (await gaps()) as [{ from: number; to: number }];
    const [head, line] = (await asked('csv')).split('\r\n').map((text) => text.split(','));
    const cell = (name: string) => line![head!.indexOf(name)];
    expect([cell('from'), cell('to')]).toEqual([new Date(from).toISOString(), new Date(to).toISOString()]);
    await store(opened.series, { ...arrival, position: 1, blocks: blocks.slice(3, 5) });
    expect(await gaps()).toEqual([]);
  });
});

describe('bounds', () => {
  const reopen = async (options: Parameters<typeof open>[0]) => {
    await questions.close();
    await open(options);
  };

  // What comes behind is asked within the usual bounds.
  afterAll(() => reopen({}));

  test('take room on the disk when they are answered, not while they wait', async () => {
    let [borrowed, borrowing, mostBorrowing] = [0, 0, 0];
    const withRoom = async <T>(work: () => Promise<T>) => {
      borrowed++;
      mostBorrowing = Math.max(mostBorrowing, ++borrowing);
      return work().finally(() => borrowing--);
    };
    await reopen({ withRoom });
    await store(opened.series, messageOf(0, { n: 1 }));
    await Promise.all([1, 2, 3].map(() => rows()));
    expect({ borrowed, mostBorrowing }).toEqual({ borrowed: 3, mostBorrowing: 1 });
  });

  test('refuse what takes too long, and what waits too long, and go on', async () => {
    await reopen({ taking: 4000, waiting: 1000, mostWaiting: 2 });
    await store(opened.series, messageOf(0, { n: 1 }));
    expect(await rows()).toHaveLength(1);
    const heavy = sqlSchema.parse({
      sql: 'select sum(a.range * b.range) as x from range(10000000) a, range(10000000) b',
    });
    const refused = await Promise.allSettled([1, 2, 3, 4, 5].map(() => questions.sql(heavy, everybody)));
    const statuses = refused.map((result) => (result.status === 'rejected' ? result.reason.status : 200));
    expect(statuses.sort()).toEqual([503, 503, 503, 503, 504]);
    expect(await rows()).toHaveLength(1);
  });

  test.runIf(process.platform === 'linux')('go on when the process that begins the others dies', async () => {
    await store(opened.series, messageOf(0, { n: 1 }));
    expect(await rows()).toHaveLength(1);
    const [starter] = childrenOf(process.pid, 'query/starter');
    process.kill(starter!, 'SIGKILL');
    await vi.waitFor(() => expect(childrenOf(process.pid, 'query/starter')).not.toContain(starter));
    expect(await rows()).toHaveLength(1);
    expect(childrenOf(process.pid, 'query/starter')).toHaveLength(1);
  });

  test.runIf(process.platform === 'linux')('leave the processor to those who write', async () => {
    await store(opened.series, messageOf(0, { n: 1 }));
    expect(await rows()).toHaveLength(1);
    const [starter] = childrenOf(process.pid, 'query/starter');
    const answering = childrenOf(starter!, 'query/child');
    expect(answering.length).toBeGreaterThan(0);
    const threads = answering.flatMap((id) => readdirSync(`/proc/${id}/task`).map(Number));
    for (const thread of threads) expect(getPriority(thread)).toBe(Math.min(getPriority() + 5, 19));
  });

  test('are told when an answer is too large', async () => {
    await reopen({ mostBytes: 2000 });
    await store(
      opened.series,
      blocksOf(
        0,
        Array.from({ length: 400 }, (_, index) => index),
      ),
    );
    await expect(ask({})).rejects.toMatchObject({ status: 413 });
  });

  test('leave no file behind', async () => {
    await store(opened.series, messageOf(0, { n: 1 }));
    await rows();
    (await ask({})).content.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await readdir(join(directory, 'questions'))).toEqual([]);
  });
});

/** Processes that another has begun, by what is in their command. */
function childrenOf(parent: number, command: string): number[] {
  const ids = readdirSync('/proc').filter((id) => /^\d+$/.test(id));
  const found = ids.filter((id) => {
    try {
      const of = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1];
      return of === String(parent) && readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(command);
    } catch {
      return false; // It has ended.
    }
  });
  return found.map(Number);
}

/** What a stream of numbers must answer: of rows by their last arrival. */
function expectedBuckets(rows: ReadonlyMap<number, number>, from: number, to: number, every: number) {
  const buckets = new Map<number, { time: number; value: number }[]>();
  for (const [time, value] of [...rows].sort(([a], [b]) => a - b)) {
    if (time < from || time >= to) continue;
    const bucket = Math.floor(time / every) * every;
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), { time, value }]);
  }
  return [...buckets].map(([time, members]) => {
    const values = members.map(({ value }) => value);
    return {
      time,
      count: values.length,
      min: Math.min(...values),
      max: Math.max(...values),
      mean: values.reduce((sum, value) => sum + value, 0) / values.length,
      first: values[0]!,
      last: values.at(-1)!,
    };
  });
}

describe('rollups', () => {
  const minutes = Array.from({ length: 30_000 }, (_, index) => (index * 7919) % 4096);
  const inMinutes = { every: '1m', raw: 'true' };
  const expectedOf = (counts: readonly number[]) =>
    expectedBuckets(new Map(counts.map((count, index) => [noon + 10 * index, count])), 0, Infinity, 60_000);
  const buckets = async (asked: object = inMinutes) =>
    (await rows(asked)).map(({ stream: _, tags: __, unit: ___, ...bucket }) => bucket);

  test('of a day that was written anew are those of its new file', async () => {
    await store(opened.series, blocksOf(opened.series.position(), minutes));
    await seal();
    expect(await buckets()).toEqual(expectedOf(minutes));
    const late = minutes.map((count) => (count + 100) % 4096);
    await store(opened.series, blocksOf(opened.series.position(), late));
    expect(await buckets()).toEqual(expectedOf(late));
    await opened.series.look(true);
    expect(await buckets()).toEqual(expectedOf(late));
  });

  test('have nothing of before the span, also where no row comes after its beginning', async () => {
    await store(opened.series, blocksOf(opened.series.position(), [1, 2, 3]));
    await seal();
    for (const every of ['1s', '5s'])
      expect(await buckets({ every, from: String(noon + 500), to: String(noon + 20_000) })).toEqual([]);
  });

  test('of days that an earlier release closed are answered by those that it made', async () => {
    await store(opened.series, blocksOf(opened.series.position(), minutes));
    await seal();
    const inFives = { every: '5s', raw: 'true' };
    const before = await buckets(inFives);
    expect(before).toHaveLength(60);
    await opened.series.read((connection) =>
      connection.run(`delete from files where resolution = 5000 and dev_id = '${part}'`),
    );
    expect(await buckets(inFives)).toEqual(before);
  });

  test('outlive their rows, and go with their part', async () => {
    for (const devId of [part, other])
      await store(opened.series, blocksOf(opened.series.position(), minutes, { devId }));
    await seal();
    const { now } = opened.clock;
    await seal(91);
    expect(await rows()).toEqual([]);
    expect(await buckets()).toEqual(expectedOf(minutes));
    // Of the minute that the span begins in there are no rows any more: it is taken whole.
    expect(await buckets({ ...inMinutes, from: String(noon + 90_000) })).toEqual(
      expectedOf(minutes).slice(1),
    );
    opened.clock.now = now;
    await opened.series.remove('app', part);
    expect(await buckets()).toEqual([]);
    expect(await buckets({ ...inMinutes, part: other })).toEqual(expectedOf(minutes));
  });

  test('say what rows say, whatever came when, in whatever order, and was put into files when', async () => {
    const at = fc.integer({ min: noon - dayMilliseconds, max: noon + 5000 });
    const near = fc.integer({ min: noon - 3000, max: noon + 3000 });
    const row = fc.record({
      time: fc.oneof(at, near),
      value: fc.integer({ min: -50, max: 50 }).map((n) => n / 4),
    });
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.array(row, { minLength: 1, maxLength: 30 }) },
      { weight: 2, arbitrary: fc.constant('look' as const) },
    );
    const every = fc.constantFrom(250, 1000, 7000, 60_000, 3_600_000, 86_400_000);
    const span = fc.record({
      from: fc.oneof(at, near),
      length: fc.integer({ min: 1, max: 3 * dayMilliseconds }),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 5 }),
        every,
        span,
        async (steps, every, { from, length }) => {
          const devId = `${part}-${run++}`;
          const expected = new Map<number, number>();
          for (const given of steps) {
            if (given === 'look') await opened.series.look(true);
            else {
              for (const { time, value } of given) expected.set(time, value);
              const messages = given.map(({ time, value }, index) =>
                messageOf(opened.series.position() + index, { n: value }, { time, devId }),
              );
              await store(opened.series, ...messages);
            }
          }
          if (expected.size === 0) return;
          const to = from + length;
          const asked = { part: devId, from: String(from), to: String(to) };
          const stored = await rows(asked);
          const sorted = [...expected]
            .sort(([a], [b]) => a - b)
            .filter(([time]) => time >= from && time < to);
          expect(stored.map(({ time, value }) => [time, value])).toEqual(sorted);
          const buckets = await rows({ ...asked, every: String(every) });
          expect(buckets.map(({ stream: _, tags: __, ...bucket }) => bucket)).toEqual(
            expectedBuckets(expected, from, to, every),
          );
        },
      ),
      runs(8),
    );
  }, 240_000);
});

describe('a file that cannot be read', () => {
  test.each([
    ['gone', (path: string) => rm(path)],
    ['cut', async (path: string) => writeFile(path, readFileSync(path).subarray(0, 200))],
    ['damaged in the middle', async (path: string) => writeFile(path, readFileSync(path).fill(0xff, 8, 60))],
  ])('as it is %s hinders no question: what the others have is answered', async (_how, change) => {
    const today = opened.clock.now;
    await store(
      opened.series,
      messageOf(0, { n: 1 }, { time: today - dayMilliseconds }),
      messageOf(1, { n: 2 }, { time: today }),
    );
    await seal();
    const path = await opened.series.read(async (connection, { directory: files }) => {
      const found = await connection.runAndReadAll(
        `select path from files where dev_id = '${part}' and resolution = 0 order by day`,
      );
      return join(files, found.getRowsJS()[0]![0] as string);
    });
    await change(path);
    expect((await rows()).map(({ value }) => value)).toEqual([2]);
    expect(opened.series.problem).toContain(`${part}/${basename(path)}`);
  });
});
