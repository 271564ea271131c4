import { readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { NodeStorage } from '@sluice/common/storage';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dayMilliseconds, rowsOf } from './cold-files';
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
let opened: TestSeries;

beforeEach(async () => {
  directory = await temporaryDirectory();
  opened = await openSeries(directory);
});

afterEach(async () => {
  await opened.series.close();
  await rm(directory, { recursive: true });
});

async function again(): Promise<void> {
  await opened.series.close();
  opened = await openSeries(directory, opened.clock.now);
}

async function parquetFiles(): Promise<string[]> {
  const names = await readdir(join(directory, 'time-series'), { recursive: true });
  return names.filter((name) => name.endsWith('.parquet')).sort();
}

describe('a row', () => {
  test('is stored once for its series and time: what comes later overwrites', async () => {
    await store(
      opened.series,
      messageOf(0, { n: 1 }, { time: noon }),
      messageOf(1, { n: 2 }, { time: noon }),
    );
    await store(opened.series, messageOf(2, { n: 3 }, { time: noon }));
    opened.clock.now = noon + 2 * dayMilliseconds;
    await opened.series.look(true);
    expect(await allRows(opened.series)).toEqual([{ part: 'device', field: 'n', time: noon, value: 3 }]);
    await store(opened.series, messageOf(3, { n: 4 }, { time: noon }));
    await opened.series.look(true);
    expect(await allRows(opened.series)).toMatchObject([{ value: 4 }]);
  });

  test('is one also when another day of its series became a file in between', async () => {
    const today = noon + dayMilliseconds;
    await store(opened.series, messageOf(0, { n: 1 }, { time: noon }));
    await store(opened.series, messageOf(1, { n: 2 }, { time: today }));
    await store(opened.series, messageOf(2, { n: 3 }, { time: today }));
    opened.clock.now = today;
    await opened.series.look(true);
    opened.clock.now += dayMilliseconds;
    await opened.series.look(true);
    expect((await allRows(opened.series)).map(({ value }) => value)).toEqual([1, 3]);
  });

  test('keeps what JSON can say: integers to the digit, any key, each type', async () => {
    const payload =
      '{"large":12345678901234567890,"__proto__":7,"a":{"b":1},"a_b":2,"s":"x\\u0000y","t":true}';
    await store(opened.series, messageOf(0, payload), messageOf(1, { s: 5 }));
    await again();
    const rows = await allRows(opened.series);
    const values = Object.fromEntries(
      rows.filter(({ time }) => time === 0).map(({ field, value }) => [`.${field}`, value]),
    );
    expect(values).toEqual({
      '.large': '12345678901234567890',
      '.__proto__': 7,
      '.a.b': 1,
      '.a_b': 2,
      '.s': 'x\0y',
      '.t': true,
    });
    expect(rows.find(({ field, time }) => field === 's' && time === 1)?.value).toBe(5);
  });

  test('of an analog block is in volts, whole numbers stay what they are', async () => {
    await store(
      opened.series,
      blocksOf(0, [100, 101, 102]),
      blocksOf(1, [7, 8, 9], { stream: 2, range: null }),
    );
    expect((await allRows(opened.series)).map(({ field, value }) => [field, value])).toEqual([
      ['board_A1', 0.1],
      ['board_A1', 0.101],
      ['board_A1', 102 * 0.001],
      ['board_A2', 7],
      ['board_A2', 8],
      ['board_A2', 9],
    ]);
  });

  test('that can never be stored is set aside, and the others of its batch are stored', async () => {
    const bad = { ...messageOf(1, { n: 1 }), line: Buffer.from('no message') };
    const aside: string[] = [];
    await opened.series.process([messageOf(0, { n: 0 }), bad, messageOf(2, { n: 2 })], 3, async (letters) => {
      aside.push(...letters.map(({ reason }) => reason));
    });
    expect(aside).toEqual([expect.stringContaining('is not JSON')]);
    expect((await allRows(opened.series)).map(({ value }) => value)).toEqual([0, 2]);
  });
});

describe('a closed day', () => {
  const counts = Array.from({ length: 500 }, (_, index) => index % 90);

  test('becomes one file a device, with rollups beside', async () => {
    await store(
      opened.series,
      blocksOf(0, counts),
      blocksOf(1, counts, { stream: 2 }),
      blocksOf(2, counts, { devId: 'other' }),
    );
    const before = await allRows(opened.series);
    opened.clock.now += dayMilliseconds;
    await opened.series.look(true);
    expect(
      (await parquetFiles()).map((path) => path.replace(/^.*files\//, '').replace(/\.\d+\./, '.N.')),
    ).toEqual(
      ['device', 'other'].flatMap((device) =>
        ['1h.', '1m.', '1s.', '5s.', ''].map((kind) => `app/${device}/2026-03-01.N.${kind}parquet`),
      ),
    );
    expect(await allRows(opened.series)).toEqual(before);
    await again();
    expect(await allRows(opened.series)).toEqual(before);
  });

  test('is written anew when rows come late, each of them once', async () => {
    await store(opened.series, blocksOf(0, counts));
    opened.clock.now += dayMilliseconds;
    await opened.series.look(true);
    await store(
      opened.series,
      messageOf(1, { late: 1 }, { time: noon + 5 }),
      blocksOf(
        2,
        counts.map((count) => count + 1),
      ),
    );
    await opened.series.look(true);
    const rows = await allRows(opened.series);
    expect(rows).toHaveLength(501);
    expect(rows.slice(0, 3).map(({ value }) => value)).toEqual([0.001, 0.002, 0.003]);
    await again();
    expect(await parquetFiles()).toHaveLength(5);
  });

  test('that is written anew says what all of its series are', async () => {
    await store(opened.series, messageOf(0, { early: 1 }, { time: noon }));
    opened.clock.now += dayMilliseconds;
    await opened.series.look(true);
    await store(opened.series, messageOf(1, { late: 1, later: 2 }, { time: noon + 5 }));
    await opened.series.look(true);
    const said = await opened.series.read(async (connection, { directory: files }) => {
      const found = await connection.runAndReadAll('select path from files');
      const paths = found.getRowsJS().map(([path]) => `'${join(files, path as string)}'`);
      const texts = await connection.runAndReadAll(
        `select decode(value) from parquet_kv_metadata([${paths}]) where decode(key) = 'series'`,
      );
      return texts.getRowsJS().map(([text]) => JSON.parse(text as string) as { stream: string }[]);
    });
    expect(said).toHaveLength(5);
    for (const series of said) expect(series.map(({ stream }) => stream)).toEqual(['early', 'late', 'later']);
  });

  test('of which not all files can be written leaves none of them, and is tried again', async () => {
    await store(opened.series, blocksOf(0, counts));
    const before = await allRows(opened.series);
    opened.clock.now += dayMilliseconds;
    const { rename } = NodeStorage.prototype;
    const full = vi.spyOn(NodeStorage.prototype, 'rename').mockImplementation(async (from, to) => {
      if (to.endsWith('.1m.parquet')) throw new Error('ENOSPC: no space left on device');
      await rename(from, to);
    });
    await expect(opened.series.look(true)).rejects.toThrow('no space left');
    full.mockRestore();
    expect(await parquetFiles()).toEqual([]);
    expect(await allRows(opened.series)).toEqual(before);
    await opened.series.look(true);
    expect(await parquetFiles()).toHaveLength(5);
    expect(await allRows(opened.series)).toEqual(before);
  });

  test('waits for late rows for some minutes before it becomes a file', async () => {
    await store(opened.series, blocksOf(0, counts));
    opened.clock.now += dayMilliseconds;
    await opened.series.look();
    expect(await parquetFiles()).toEqual([]);
    for (let look = 0; look < 6; look++) await opened.series.look();
    expect(await parquetFiles()).toHaveLength(5);
  });
});

describe('a file', () => {
  /** Rows of all files in the order in which they lie there, as runs of one series with rising times. */
  const runsOfFiles = () =>
    opened.series.read(async (connection, { directory: files }) => {
      const found = await connection.runAndReadAll('select path from files where resolution = 0');
      const paths = found.getRowsJS().map(([path]) => `'${join(files, path as string)}'`);
      const runs = await connection.runAndReadAll(`
        select series, count(*)::integer from (
          select filename, file_row_number, series, sum(case when time > before then 0 else 1 end)
            over (partition by filename order by file_row_number) as run from (
              select *, lag(time) over (partition by filename, series order by file_row_number) as before
              from read_parquet([${paths}], filename = true, file_row_number = true)))
        group by filename, run, series order by filename, min(file_row_number)`);
      return runs.getRowsJS() as [number, number][];
    });
  const messages = (keys: number, from: number, until: number) =>
    Array.from({ length: until - from }, (_, index) => {
      const payload = Object.fromEntries(Array.from({ length: keys }, (_, key) => [`k${key}`, index]));
      return messageOf(from + index, payload, { time: noon + from + index });
    });
  const whole = (keys: number, rows: number) => Array.from({ length: keys }, (_, key) => [key, rows]);

  test.each([1, 3])(
    'of %i series has each of them in the order of time, one after the other',
    async (keys) => {
      opened.clock.now += dayMilliseconds;
      await store(opened.series, ...messages(keys, 0, 20));
      await store(opened.series, ...messages(keys, 20, 30));
      await opened.series.look(true);
      expect(await runsOfFiles()).toEqual(whole(keys, 30));
      await store(opened.series, ...messages(keys, 30, 40));
      await opened.series.look(true);
      expect(await runsOfFiles()).toEqual(whole(keys, 40));
      // Late, and some of them a second time.
      await store(
        opened.series,
        messageOf(40, { k0: -1 }, { time: noon - 1 }),
        messageOf(41, { k0: -2 }, { time: noon }),
      );
      await opened.series.look(true);
      expect(await runsOfFiles()).toEqual(whole(keys, 40).map(([key, rows]) => [key, key === 0 ? 41 : rows]));
    },
  );

  test('of several that a day had while it went on has their rows in the order of time', async () => {
    const counts = new Array<number>(1_000_000).fill(7);
    const times = [0, 1, 2].map((part) => noon + part * counts.length * 10);
    for (const [part, start] of times.slice(0, 2).entries()) {
      await store(opened.series, blocksOf(part, counts, { start }));
      await opened.series.look();
    }
    expect(await runsOfFiles()).toEqual([
      [0, counts.length],
      [0, counts.length],
    ]);
    await store(opened.series, blocksOf(2, counts.slice(0, 1000), { start: times[2]! }));
    opened.clock.now += dayMilliseconds;
    await opened.series.look(true);
    expect(await runsOfFiles()).toEqual([[0, 2 * counts.length + 1000]]);
  });
});

describe('a database that its rows have left', () => {
  const rows = 250_000;
  const random = (index: number) => Math.imul(index, 2654435761) >>> 20;

  beforeEach(async () => {
    await store(
      opened.series,
      blocksOf(
        0,
        Array.from({ length: rows }, (_, index) => random(index)),
      ),
      messageOf(1, { n: 1 }, { time: noon }),
    );
    await again();
    expect(await bytesOfDatabase()).toBeGreaterThan(2 << 20);
  });

  const path = () => join(directory, 'time-series/1/hot.duckdb');
  const bytesOfDatabase = async () => (await stat(path())).size;
  /** Of all rows, wherever they are: read as objects, so many take long. */
  const summaryOf = (query: string) =>
    opened.series.read(async (connection, { directory: files }) => {
      const found = await connection.runAndReadAll('select path from files where resolution = 0');
      const paths = found.getRowsJS().map(([path]) => join(files, path as string));
      const cold = paths.length === 0 ? '' : `union all select * from ${rowsOf(paths)}`;
      const all = `(select series, time, count, number, boolean, text from points ${cold})`;
      return (await connection.runAndReadAll(query.replace('all rows', all))).getRowsJS();
    });
  const countsOfBlocks = () =>
    summaryOf(
      'select count(count), bit_xor(hash(series, time, count)) from all rows where count is not null',
    );

  test('gives their room back, and nothing else', async () => {
    const before = await countsOfBlocks();
    expect(before[0]![0]).toBe(BigInt(rows));
    const today = noon + dayMilliseconds;
    await store(opened.series, messageOf(2, { n: 2 }, { time: today }));
    opened.clock.now = today;
    const [, , read] = await Promise.all([
      opened.series.look(true),
      store(opened.series, messageOf(3, { n: 3 }, { time: today + 1 })),
      countsOfBlocks(),
    ]);
    expect(read).toEqual(before);
    expect(await bytesOfDatabase()).toBeLessThan(1 << 20);
    await store(opened.series, messageOf(4, { n: 4 }, { time: today + 2 }));
    await again();
    expect(await countsOfBlocks()).toEqual(before);
    const numbers = await summaryOf('select number from all rows where number is not null order by time');
    expect(numbers).toEqual([[1], [2], [3], [4]]);
    expect(opened.series.position()).toBe(5);
    expect(opened.problems).toEqual([]);
  });

  test('leaves to questions the files that they may be reading, and lists none', async () => {
    opened.clock.now += dayMilliseconds;
    await opened.series.look(true);
    const files = await parquetFiles();
    // There may be a million of them, while the stage and questions wait.
    const list = vi.spyOn(NodeStorage.prototype, 'list');
    await store(
      opened.series,
      blocksOf(
        2,
        Array.from({ length: rows }, (_, index) => random(index + 1)),
      ),
    );
    await opened.series.look(true);
    expect(list).not.toHaveBeenCalled();
    list.mockRestore();
    expect(await parquetFiles()).toEqual(expect.arrayContaining(files));
    expect(await parquetFiles()).toHaveLength(10);
    expect(await bytesOfDatabase()).toBeLessThan(1 << 20);
    await again();
    expect(await parquetFiles()).toHaveLength(5);
  });

  test('stays as it is where there is no room for another, and takes what comes', async () => {
    const { rename } = NodeStorage.prototype;
    const full = vi.spyOn(NodeStorage.prototype, 'rename').mockImplementation(async (from, to) => {
      if (to === path()) throw new Error('ENOSPC: no space left on device');
      await rename(from, to);
    });
    opened.clock.now += dayMilliseconds;
    await opened.series.look(true);
    full.mockRestore();
    expect(opened.problems.map(({ message }) => message)).toEqual([
      'the database of the time series is not made smaller',
    ]);
    await store(opened.series, messageOf(2, { n: 2 }, { time: opened.clock.now }));
    expect(await summaryOf('select count(*)::double from all rows')).toEqual([[rows + 2]]);
    expect(await readdir(dirname(path()))).not.toContain('hot.duckdb.tmp');
  });
});

describe('what is too old', () => {
  test('is removed after 90 days, its rollups stay', async () => {
    await store(opened.series, blocksOf(0, [1, 2, 3]));
    opened.clock.now += 90 * dayMilliseconds;
    await opened.series.look(true);
    expect(await allRows(opened.series)).toHaveLength(3);
    opened.clock.now += dayMilliseconds;
    await opened.series.look(true);
    expect(await allRows(opened.series)).toEqual([]);
    await again();
    expect(await parquetFiles()).toHaveLength(4);
  });

  test('is removed by its own policy, rollups too, and only its stream', async () => {
    await store(
      opened.series,
      blocksOf(0, [1, 2], { retention: { days: 2 } }),
      blocksOf(1, [3, 4], { stream: 2 }),
    );
    opened.clock.now += dayMilliseconds;
    await opened.series.look(true);
    opened.clock.now += 2 * dayMilliseconds;
    await opened.series.look(true);
    expect((await allRows(opened.series)).map(({ field }) => field)).toEqual(['board_A2', 'board_A2']);
    const rollups = await opened.series.read(async (connection) =>
      (await connection.runAndReadAll('select distinct series from file_series')).getRowsJS(),
    );
    expect(rollups).toHaveLength(1);
  });

  test('is removed by bytes, the oldest days first', async () => {
    const noise = Array.from({ length: 3000 }, (_, index) => (index * 7919) % 4096);
    const limit = 15_000;
    for (const day of [0, 1, 2]) {
      const start = noon + day * dayMilliseconds;
      await store(opened.series, blocksOf(day, noise, { start, retention: { tabularLimitGb: limit / 1e9 } }));
    }
    opened.clock.now = noon + 3 * dayMilliseconds;
    await opened.series.look(true);
    const rows = await allRows(opened.series);
    expect(rows.filter(({ time }) => time >= noon + 2 * dayMilliseconds)).toHaveLength(3000);
    expect(rows.filter(({ time }) => time < noon + dayMilliseconds)).toHaveLength(0);
    await again(); // Which removes what was replaced.
    const sizes = await Promise.all(
      (await parquetFiles()).map((path) => stat(join(directory, 'time-series', path))),
    );
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(limit);
  });
});

describe('a file that cannot be read', () => {
  /** Rows of a day of each device are in files; then more come late. */
  async function harm(change: (path: string) => Promise<void>): Promise<void> {
    for (const [position, devId] of ['a', 'b', 'c'].entries())
      await store(opened.series, messageOf(position, { n: position, m: 0 }, { time: noon, devId }));
    opened.clock.now = noon + dayMilliseconds;
    await opened.series.look(true);
    await harmFile(change);
    for (const [position, devId] of ['a', 'b', 'c'].entries())
      await store(
        opened.series,
        messageOf(3 + position, { n: 3 + position, m: 0 }, { time: noon + 1, devId }),
      );
  }
  async function harmFile(change: (path: string) => Promise<void>): Promise<void> {
    const path = (await parquetFiles()).find((each) => /\/a\/2026-03-01\.\d+\.parquet$/.test(each))!;
    await change(join(directory, 'time-series', path));
  }
  const namesOf = (query: string) =>
    opened.series.read(async (connection) =>
      (await connection.runAndReadAll(query)).getRowsJS().map(([name]) => name),
    );
  const hotDevices = () =>
    namesOf('select distinct dev_id from points join series on id = series order by 1');
  const overwrite = async (path: string) => writeFile(path, Buffer.alloc((await stat(path)).size, 0xaa));

  test.each([
    ['gone', (path: string) => rm(path)],
    ['cut', (path: string) => truncate(path, 100)],
    ['overwritten', overwrite],
  ])('as it is %s is set aside by name, and every other day goes on', async (_how, change) => {
    await harm(change);
    expect(opened.series.problem).toBeUndefined();
    await opened.series.look(true);
    expect(await hotDevices()).toEqual(['a']);
    const problem = expect.stringMatching(/^app\/a\/2026-03-01\.\d+\.parquet cannot be read/);
    expect(opened.series.problem).toEqual(problem);
    await opened.series.look(true);
    expect(await hotDevices()).toEqual([]);
    const left = (await allRows(opened.series)).filter(({ field }) => field === 'n');
    expect(left.map(({ part, value }) => [part, value])).toEqual([
      ['a', 3],
      ['b', 1],
      ['b', 4],
      ['c', 2],
      ['c', 5],
    ]);
    await again();
    expect(opened.series.problem).toEqual(problem);
    expect(opened.problems).toEqual([]);
  });

  test('goes with its device, and is told of no more', async () => {
    await harm(overwrite);
    await opened.series.look(true);
    const beside = async () =>
      (await readdir(join(directory, 'time-series'), { recursive: true })).filter((name) =>
        name.endsWith('.damaged'),
      );
    expect(await beside()).toHaveLength(1);
    await opened.series.remove('app', 'b');
    expect(opened.series.problem).toMatch(/^app\/a\//);
    await opened.series.remove('app', 'a');
    expect([opened.series.problem, await beside()]).toEqual([undefined, []]);
    await again();
    expect(opened.series.problem).toBeUndefined();
  });

  test('is no reason to keep what is too old of others', async () => {
    for (const [position, devId] of ['a', 'b'].entries())
      await store(
        opened.series,
        blocksOf(2 * position, [1, 2], { devId, retention: { days: 2 } }),
        blocksOf(2 * position + 1, [1, 2], { devId, stream: 2 }),
      );
    opened.clock.now = noon + dayMilliseconds;
    await opened.series.look(true);
    await harmFile(overwrite);
    opened.clock.now += 2 * dayMilliseconds;
    await opened.series.look(true);
    expect(await namesOf('select dev_id from files where resolution = 0')).toEqual(['b']);
    expect((await allRows(opened.series)).map(({ field }) => field)).toEqual(['board_A2', 'board_A2']);
  });

  test('is not set aside while the directory of all of them is away', async () => {
    await harm(async () => undefined);
    const files = join(directory, 'time-series/1/files');
    await rename(files, `${files}.away`);
    await expect(opened.series.look(true)).rejects.toThrow('cannot be written');
    expect(opened.series.problem).toMatch(/^the files of app\/. of 2026-03-01 cannot be written$/);
    await rename(`${files}.away`, files);
    await opened.series.look(true);
    expect(opened.series.problem).toBeUndefined();
    expect(await allRows(opened.series)).toHaveLength(12);
  });
});

test('takes so many bytes only, where it may, and keeps the newest days', async () => {
  const noise = Array.from({ length: 3000 }, (_, index) => (index * 7919) % 4096);
  await opened.series.close();
  opened = await openSeries(directory, noon, () => 0, 25_000);
  for (const [position, devId] of ['a', 'b', 'a', 'b', 'a', 'b'].entries()) {
    const start = noon + Math.floor(position / 2) * dayMilliseconds;
    await store(opened.series, blocksOf(position, noise, { start, devId }));
  }
  opened.clock.now = noon + 3 * dayMilliseconds;
  await opened.series.look(true);
  const rows = await allRows(opened.series);
  expect(rows.filter(({ time }) => time >= noon + 2 * dayMilliseconds).length).toBeGreaterThanOrEqual(3000);
  expect(rows.filter(({ time }) => time < noon + dayMilliseconds)).toEqual([]);
  const [[bytes]] = (await opened.series.read(async (connection) =>
    (await connection.runAndReadAll('select sum(bytes)::double from files')).getRowsJS(),
  )) as [[number]];
  expect(bytes).toBeGreaterThan(5_000);
  expect(bytes).toBeLessThanOrEqual(25_000);
});

test('stores batches once although they come again', async () => {
  await store(opened.series, messageOf(0, { n: 1 }), messageOf(1, { n: 2 }));
  await opened.series.process([messageOf(1, { n: 9 }), messageOf(2, { n: 3 })], 3, () =>
    expect.unreachable(),
  );
  expect((await allRows(opened.series)).map(({ value }) => value)).toEqual([1, 2, 3]);
  expect(opened.series.position()).toBe(3);
});

test.each(['before_header', 'before_truncate'])(
  'is opened again when a checkpoint has failed (%s), with all that it had',
  async (abort) => {
    const later = messageOf(1, { n: 1 }, { time: noon + 1 });
    await store(opened.series, messageOf(0, { n: 0 }, { time: noon }));
    await opened.series.read((connection) =>
      connection.run(`set global debug_checkpoint_abort = '${abort}'`),
    );
    await opened.series.read((connection) => connection.run("set global wal_autocheckpoint = '0KB'"));
    await expect(store(opened.series, later)).rejects.toThrow();
    await store(opened.series, later);
    opened.clock.now += 2 * dayMilliseconds;
    // What was committed before the failure was told is there twice until it is put in order.
    await opened.series.look(true);
    expect((await allRows(opened.series)).map(({ value }) => value)).toEqual([0, 1]);
  },
);

test('begins at its position after a restart', async () => {
  await store(opened.series, messageOf(41, { n: 1 }));
  await again();
  expect(opened.series.position()).toBe(42);
});

describe('what cannot be opened', () => {
  const stored = [
    { part: 'device', field: 'n', time: noon, value: 1 },
    { part: 'device', field: 'n', time: noon + 1, value: 2 },
  ];
  beforeEach(async () => {
    await store(opened.series, messageOf(0, { n: 1 }, { time: noon }));
    await opened.series.remove('app', 'other');
  });

  const current = () => join(directory, 'time-series/current');
  const deleted = () => join(directory, 'time-series/deleted.json');
  const newer = async () => {
    await opened.series.read((connection) => connection.run('update version set number = 99'));
    return async () => {
      const instance = await DuckDBInstance.create(join(directory, 'time-series/1/hot.duckdb'));
      const connection = await instance.connect();
      await connection.run('update version set number = 2');
      connection.closeSync();
      instance.closeSync();
    };
  };
  const written = (path: () => string, content: string) => async () => {
    const before = await readFile(path());
    await writeFile(path(), content);
    return () => writeFile(path(), before);
  };
  const forbidden = async () => {
    const open = vi.spyOn(DuckDBInstance, 'create');
    open.mockRejectedValue(
      new Error(`IO Error: Cannot open file "${directory}/time-series/1": Permission denied`),
    );
    return async () => open.mockRestore();
  };

  test.each<[string, () => Promise<() => Promise<unknown>>, string]>([
    ['as a newer release has written it', newer, '1/hot.duckdb is of version 99'],
    [
      'as a newer release has written which it is',
      written(current, '{"version":2,"generation":7}'),
      'current is of version 2',
    ],
    [
      'as what was deleted cannot be read',
      written(deleted, '{'),
      'deleted.json is damaged, without which what was deleted would come back',
    ],
    ['as there is no right to', forbidden, 'IO Error: Cannot open file "1": Permission denied'],
  ])('%s says why, and is opened as soon as it can be', async (_why, harm, reason) => {
    const mend = await harm();
    await again();
    expect(opened.series.problem).toBe(`it cannot be opened, and is tried again: ${reason}`);
    // Nobody knows better.
    expect(opened.series.position()).toBe(0);
    const refused = { code: 'time-series-unavailable', message: expect.stringContaining(reason) };
    await expect(store(opened.series, messageOf(1, { n: 2 }, { time: noon + 1 }))).rejects.toMatchObject(
      refused,
    );
    await expect(allRows(opened.series)).rejects.toMatchObject(refused);
    await expect(opened.series.remove('app', 'gone')).rejects.toMatchObject(refused);
    await opened.series.look();
    expect(opened.series.problem).toContain(reason);
    await mend();
    await again();
    expect(opened.series.problem).toBeUndefined();
    await store(opened.series, messageOf(1, { n: 2 }, { time: noon + 1 }));
    expect(await allRows(opened.series)).toEqual(stored);
  });

  test('is opened by itself while the stage goes on', async () => {
    const mend = await forbidden();
    await again();
    await mend();
    await opened.series.look();
    expect(opened.series.problem).toBeUndefined();
    expect(opened.series.position()).toBe(1);
    await store(opened.series, messageOf(1, { n: 2 }, { time: noon + 1 }));
    expect(await allRows(opened.series)).toEqual(stored);
  });
});
