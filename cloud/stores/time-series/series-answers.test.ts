import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SeriesAnswers } from './series-answers';
import { messageOf, openSeries, store, temporaryDirectory } from './test-series';
import type { TimeSeries } from './time-series';

async function withSeries(work: (series: TimeSeries) => Promise<void>): Promise<void> {
  const directory = await temporaryDirectory();
  const { series } = await openSeries(directory);
  try {
    await work(series);
  } finally {
    await series.close();
    await rm(directory, { recursive: true });
  }
}

/** @param asked gets what is asked of the database */
async function fields(series: TimeSeries, asked: string[]): Promise<unknown[]> {
  const rows = await series.read((connection, store) => {
    const { runAndReadAll } = connection;
    connection.runAndReadAll = (query, ...of) => {
      asked.push(query);
      return runAndReadAll.call(connection, query, ...of);
    };
    return store
      .readSeries('select field, kinds from series order by id')
      .finally(() => delete (connection as { runAndReadAll?: unknown }).runAndReadAll);
  });
  return rows.map((row) => [...row]);
}

test('what is asked again is not read again, until a series is new or another', () =>
  withSeries(async (series) => {
    await store(series, messageOf(0, { a: 1 }));
    const asked: string[] = [];
    expect(await fields(series, asked)).toEqual([['a', 1]]);
    await store(series, messageOf(1, { a: 2 }));
    expect(await fields(series, asked)).toEqual([['a', 1]]);
    expect(asked).toHaveLength(1);

    await store(series, messageOf(2, { a: 'text', b: true }));
    expect(await fields(series, asked)).toEqual([
      ['a', 5],
      ['b', 2],
    ]);
    expect(asked).toHaveLength(2);
  }));

test('a transaction that began before a change sees what was there, and leaves nothing of it behind', () =>
  withSeries(async (series) => {
    await store(series, messageOf(0, { a: 1 }));
    let [begun, change] = [() => {}, () => {}];
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const changed = new Promise<void>((resolve) => {
      change = resolve;
    });
    const query = 'select field from series order by id';
    const before = series.read(async (connection, { readSeries }) => {
      begun();
      await changed;
      const rows = await connection.runAndReadAll('select count(*)::integer from points');
      return [(await readSeries(query)).length, rows.getRowsJS()[0]![0]];
    });
    await hasBegun;
    await store(series, messageOf(1, { b: 1 }));
    change();
    expect(await before).toEqual([1, 1]);
    expect(await series.read(async (_, { readSeries }) => (await readSeries(query)).length)).toBe(2);
  }));

test('so many queries are kept, those asked last, and no large answers', async () => {
  const answers = new SeriesAnswers();
  const asked: string[] = [];
  const connection = {
    runAndReadAll: async (query: string) => {
      asked.push(query);
      return { getRowsJS: () => Array.from({ length: query === 'large' ? 501 : 1 }, () => [query]) };
    },
  } as never;
  const ask = async (query: string) => {
    asked.length = 0;
    await answers.of(connection, query);
    return asked.length;
  };
  for (let number = 0; number < 32; number++) await ask(`query ${number}`);
  expect(await ask('query 0')).toBe(0);
  expect(await ask('query 32')).toBe(1);
  expect(await ask('query 0')).toBe(0);
  expect(await ask('query 1')).toBe(1);
  await ask('large');
  expect(await ask('large')).toBe(1);
});
