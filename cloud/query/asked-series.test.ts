import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReadSeries } from '../stores/time-series/series-answers';
import { seriesOf } from './asked-series';

/** In what is read of it, so many rows. */
let read = 0;
let instance: DuckDBInstance;
let connection: DuckDBConnection;
const most = 10_000;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
  await connection.run(`create table series (id integer, app_id varchar, dev_id varchar, field varchar, tags varchar,
    minimum double, step double, unit varchar, kinds integer, origin varchar)`);
  await connection.run(`insert into series select range, 'app' || range % 4, 'part' || range % 1000, 'f' || range % 100,
    '{"n":"' || range || '","room":"a\\"b"}', null, null, null, null, null from range(200000)`);
});
afterAll(() => instance.closeSync());

const readSeries: ReadSeries = async (query) => {
  const rows = (await connection.runAndReadAll(query)).getRowsJS();
  read += rows.length;
  return rows;
};
const everybody = () => true;

test('a question about more series than one may be about reads no more of them', async () => {
  read = 0;
  await expect(seriesOf(readSeries, { stream: undefined, tag: undefined }, everybody)).rejects.toMatchObject({
    status: 413,
    message: expect.stringContaining('more than 10000 series'),
  });
  expect(read).toBeLessThan(most + 100);
});

test('one about few among many reads only those', async () => {
  read = 0;
  const asked = { part: ['part42'], app_id: 'app2', stream: ['f42'], tag: [{ key: 'room', value: 'a"b' }] };
  const series = await seriesOf(readSeries, asked, everybody);
  expect(series).toHaveLength(200);
  expect(new Set(series.map(({ appId, part, stream }) => `${appId} ${part} ${stream}`))).toEqual(
    new Set(['app2 part42 f42']),
  );
  const tag = [{ key: 'n', value: '42' }];
  expect(await seriesOf(readSeries, { ...asked, tag }, everybody)).toMatchObject([{ id: 42 }]);
  expect(await seriesOf(readSeries, { ...asked, tag: [{ key: 'm', value: '42' }] }, everybody)).toEqual([]);
  expect(read).toBeLessThan(400);
});

test('series that the asker may not read are no hindrance', async () => {
  const asked = { part: ['part42'], stream: undefined, tag: undefined };
  const second = (appId: string) => appId === 'app2';
  expect(await seriesOf(readSeries, asked, second)).toHaveLength(200);
  expect(await seriesOf(readSeries, { ...asked, part: undefined }, () => false)).toEqual([]);
});

test('what is unknown is named', async () => {
  const asked = { part: ['part42'], stream: ['f4', 'f42'], tag: undefined };
  await expect(seriesOf(readSeries, asked, everybody)).rejects.toMatchObject({
    status: 404,
    message: "there is no stream 'f4'",
    details: { nearest: ['f42'] },
  });
});
