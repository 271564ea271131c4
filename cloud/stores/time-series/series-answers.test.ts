import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SeriesAnswers } from './series-answers';
import { messageOf, openSeries, store, type TestSeries, temporaryDirectory } from './test-series';

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

/** What was asked of the database. */
async function fields(asked: string[] = []): Promise<unknown[]> {
  const rows = await opened.series.read((connection, store) => {
    const { runAndReadAll } = connection;
    connection.runAndReadAll = (query, ...of) => {
      asked.push(query);
      return runAndReadAll.call(connection, query, ...of);
    };
    return store
      .readSeries(connection, 'select field, kinds from series order by id')
      .finally(() => delete (connection as { runAndReadAll?: unknown }).runAndReadAll);
  });
  return rows.map((row) => [...row]);
}

test('what is asked again is not read again, until a series is new or another', async () => {
  await store(opened.series, messageOf(0, { a: 1 }));
  const asked: string[] = [];
  expect(await fields(asked)).toEqual([['a', 1]]);
  await store(opened.series, messageOf(1, { a: 2 }));
  expect(await fields(asked)).toEqual([['a', 1]]);
  expect(asked).toHaveLength(1);

  await store(opened.series, messageOf(2, { a: 'text', b: true }));
  expect(await fields(asked)).toEqual([
    ['a', 5],
    ['b', 2],
  ]);
  expect(asked).toHaveLength(2);
});

test('a transaction that began before a change leaves nothing old behind it', async () => {
  await store(opened.series, messageOf(0, { a: 1 }));
  let change: () => void = () => undefined;
  const changed = new Promise<void>((resolve) => {
    change = resolve;
  });
  const query = 'select field from series order by id';
  const before = opened.series.read(async (connection, store) => {
    await connection.run('select count(*) from series');
    await changed;
    return (await store.readSeries(connection, query)).length;
  });
  await store(opened.series, messageOf(1, { b: 1 }));
  change();
  expect(await before).toBe(1);
  expect(
    await opened.series.read(async (reader, store) => (await store.readSeries(reader, query)).length),
  ).toBe(2);
});

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
