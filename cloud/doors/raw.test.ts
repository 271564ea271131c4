import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Cloud } from '../cloud';

let directory: string;
let cloud: Cloud;
const now = Date.UTC(2026, 2, 1, 12);
const day = '/raw/plant/esp/2026-03-01';
const message = (time: number, n: number) => ({
  app_id: 'plant',
  dev_id: 'esp',
  time,
  payload_fields: { n },
  tag_fields: { room: 'é' },
});
const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${cloud.httpPort}${path}`, init);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-raw-'));
  const log = pino({ level: 'silent' });
  cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log, now: () => now });
  for (const n of [1, 2.5])
    await fetch(`http://127.0.0.1:${cloud.httpPort}/pipeline`, {
      method: 'POST',
      body: JSON.stringify(message(now + n * 1000, n)),
    });
  await cloud.caughtUp(10_000);
});

afterAll(async () => {
  await cloud.close();
  await rm(directory, { recursive: true });
});

describe('a day over HTTP', () => {
  test('is JSON lines, or CSV', async () => {
    const lines = await get(day);
    expect(lines.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const messages = [message(now + 1000, 1), message(now + 2500, 2.5)];
    expect(await lines.text()).toBe(messages.map((one) => `${JSON.stringify(one)}\n`).join(''));
    expect(await (await get(`${day}?format=csv`)).text()).toBe(
      'time,stream,value,tags\r\n' +
        '2026-03-01T12:00:01.000Z,n,1,"{""room"":""é""}"\r\n2026-03-01T12:00:02.500Z,n,2.5,"{""room"":""é""}"\r\n',
    );
  });

  test('is a file of Parquet, or of Arrow, with the same values', async () => {
    const rows = [
      [now + 1000, 'plant', 'esp', 'n', '{"room":"é"}', 1, null, null],
      [now + 2500, 'plant', 'esp', 'n', '{"room":"é"}', 2.5, null, null],
    ];
    const parquet = await get(`${day}?format=parquet`);
    expect(parquet.headers.get('content-type')).toBe('application/vnd.apache.parquet');
    expect(parquet.headers.get('content-disposition')).toBe('attachment; filename="esp-2026-03-01.parquet"');
    expect(parquet.headers.get('x-rows')).toBe('2');
    const path = join(directory, 'day.parquet');
    await writeFile(path, new Uint8Array(await parquet.arrayBuffer()));
    const instance = await DuckDBInstance.create();
    const read = await (await instance.connect()).runAndReadAll(
      `select * replace (epoch_ms(time)::double as time) from '${path}'`,
    );
    expect(read.getRowsJS()).toEqual(rows);
    instance.closeSync();
    const arrow = await get(`${day}?format=arrow`);
    expect(arrow.headers.get('content-type')).toBe('application/vnd.apache.arrow.stream');
    const table = tableFromIPC(new Uint8Array(await arrow.arrayBuffer()));
    expect(table.toArray().map((row) => Object.values(row.toJSON()))).toEqual(rows);
  });

  test('is listed with all others, or on a page', async () => {
    const list = async (query = '') => (await (await get(`/raw${query}`)).json()) as { dev_id: string }[];
    const other = { ...message(now, 1), dev_id: 'other' };
    await get('/pipeline', { method: 'POST', body: JSON.stringify(other) });
    await vi.waitFor(async () => expect(await list()).toHaveLength(2), 10_000);
    const all = await list();
    expect(all.map(({ dev_id }) => dev_id)).toEqual(['esp', 'other']);
    expect([await list('?offset=0&limit=1'), await list('?offset=1&limit=10')].flat()).toEqual(all);
    expect(await list('?offset=2')).toEqual([]);
    const tooMany = await get('/raw?limit=1');
    expect([tooMany.status, await tooMany.json()]).toEqual([
      413,
      { error: expect.stringContaining('more than 1 days') },
    ]);
    for (const wrong of ['limit=10001', 'offset=-1']) expect((await get(`/raw?${wrong}`)).status).toBe(400);
  });

  test('is refused with a reason, in every format', async () => {
    for (const format of ['json', 'csv', 'parquet', 'arrow']) {
      const none = await get(`/raw/plant/esp/2026-03-02?format=${format}`);
      expect([none.status, await none.json()]).toEqual([404, { error: 'no such day' }]);
    }
    const wrong = await get(`${day}?format=xlsx`);
    expect([wrong.status, await wrong.json()]).toEqual([400, { error: expect.stringContaining('format: ') }]);
    expect((await get(`${day}?form=csv`)).status).toBe(400);
    expect((await get('/raw/plant/esp/yesterday?format=parquet')).status).toBe(400);
  });

  test('is described by OpenAPI with its formats', async () => {
    const { paths } = (await (await get('/openapi.json')).json()) as {
      paths: Record<string, { get: { parameters: { name: string; schema: object }[] } }>;
    };
    const { parameters } = paths['/raw/{app}/{device}/{date}']!.get;
    expect(parameters.find(({ name }) => name === 'format')!.schema).toMatchObject({
      enum: ['json', 'csv', 'parquet', 'arrow'],
    });
  });
});
