import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cloud } from '../cloud';

let directory: string;
let cloud: Cloud;
const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
const time = hour - 1000;

const address = (path: string) => `http://127.0.0.1:${cloud.httpPort}${path}`;
const post = (path: string, body: object) =>
  fetch(address(path), { method: 'POST', body: JSON.stringify(body) });
const get = (path: string) => fetch(address(path));

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-questions-'));
  cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }) });
  for (const [app_id, n] of [
    ['plant', 1],
    ['home', 2],
  ] as const)
    for (const dev_id of [app_id, 'shared'])
      await post('/pipeline', {
        app_id,
        dev_id,
        time,
        payload_fields: { n, t: 'x' },
        tag_fields: { room: 'é' },
      });
});

afterAll(async () => {
  await cloud.close();
  await rm(directory, { recursive: true });
});

describe('questions over HTTP', () => {
  test('are answered as a file of their format, named for what it has', async () => {
    const csv = await get('/query?part=plant&stream=n&format=csv');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="plant-n.csv"');
    expect(csv.headers.get('x-rows')).toBe('1');
    expect(await csv.text()).toBe(`time,room,n\r\n${new Date(time).toISOString()},é,1\r\n`);
    expect(
      await (await get('/query?part=plant&stream=n&stream=t&every=1h&aggregate=count,mean')).json(),
    ).toMatchObject([
      { time: hour - 3_600_000, stream: 'n', count: 1, mean: 1 },
      { time: hour - 3_600_000, stream: 't', count: 1, mean: null },
    ]);
  });

  test('name what is unknown, with the nearest names, and what is wrong', async () => {
    const unknown = await get('/query?part=plnt');
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      { error: "there is no part 'plnt'", part: 'plnt', nearest: ['plant'] },
    ]);
    const two = await get('/query?part=shared');
    expect([two.status, await two.json()]).toMatchObject([400, { app_ids: ['home', 'plant'] }]);
    for (const [asked, error] of [
      ['', 'part: '],
      ['part=plant&from=-5q', 'from: '],
      ['part=plant&every=x', 'every: '],
      ['part=plant&every=1m&aggregate=median', 'aggregate: '],
      ['part=plant&tag=room', 'tag: '],
      ['part=plant&unknown=1', 'query: '],
    ]) {
      const answer = await get(`/query?${asked}`);
      expect([answer.status, await answer.json()]).toEqual([400, { error: expect.stringContaining(error!) }]);
    }
  });

  test('may be SQL that reads', async () => {
    const answer = await post('/sql', {
      sql: 'select part, max(value) as most from readings group by part order by part',
    });
    expect(await answer.json()).toEqual([
      { part: 'home', most: 2 },
      { part: 'plant', most: 1 },
      { part: 'shared', most: 2 },
    ]);
    expect((await post('/sql', { sql: 'delete from readings' })).status).toBe(400);
    const none = await post('/sql', { sql: 'selec 1' });
    expect([none.status, await none.json()]).toEqual([
      400,
      { error: 'sql: Parser Error: syntax error at or near "selec"' },
    ]);
  });

  test('take SQL as it is typed, too: as the body, and in the address', async () => {
    const sql = "select max(value) as most from readings where part = 'plant'";
    const typed = await fetch(address('/sql?format=csv'), { method: 'POST', body: sql });
    expect(await typed.text()).toBe('most\r\n1\r\n');
    expect(await (await get(`/sql?sql=${encodeURIComponent(sql)}`)).json()).toEqual([{ most: 1 }]);
    for (const body of ['', '{ "sql": '])
      expect((await fetch(address('/sql'), { method: 'POST', body })).status).toBe(400);
    expect(await (await get('/sql')).json()).toEqual({
      error: 'sql: is missing: a SELECT, as the body, as ?sql=…, or as {"sql": …} in JSON',
    });
  });

  test('have the span that is called last, and the newest values', async () => {
    const count = async (query: string) =>
      ((await (await get(`/query?part=plant&stream=n&${query}`)).json()) as unknown[]).length;
    expect(await count('last=3650d')).toBe(await count('from=-3650d'));
    expect(await count('newest=1')).toBe(1);
    // As it was called before.
    expect(await count('last=1')).toBe(1);
    const wrong = await get('/query?part=plant&last=noon');
    expect([wrong.status, await wrong.json()]).toEqual([
      400,
      { error: 'last: is no duration, as 90s, 10m, 1h or 7d, nor a number of values' },
    ]);
    expect((await get('/query?part=plant&last=1h&from=-2h')).status).toBe(400);
  });

  test('tell of streams all, or a page, and of so many lists at once', async () => {
    type Listed = { app_id: string; part: string; stream: string }[];
    const list = async (query: string) => (await (await get(`/streams?${query}`)).json()) as Listed;
    const all = await list('');
    expect(all.length).toBeGreaterThan(4);
    const pages = [await list('offset=0&limit=3'), await list('offset=3&limit=10000')];
    expect(pages[0]).toHaveLength(3);
    expect(pages.flat()).toEqual(all);
    expect(await list('offset=1000')).toEqual([]);
    const tooMany = await get('/streams?limit=3');
    expect([tooMany.status, await tooMany.json()]).toEqual([
      413,
      { error: expect.stringContaining('more than 3 streams') },
    ]);
    for (const wrong of ['limit=10001', 'offset=-1'])
      expect((await get(`/streams?${wrong}`)).status).toBe(400);
    const answers = await Promise.all(Array.from({ length: 60 }, () => get('/streams')));
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain(200);
    expect(answers.find(({ status }) => status === 503)?.headers.get('retry-after')).toBe('1');
    expect((await get('/streams')).status).toBe(200);
  });

  test('are described by OpenAPI', async () => {
    const { openapi, paths } = (await (await get('/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, { get?: { parameters: { name: string }[] } }>;
    };
    expect(openapi).toMatch(/^3\./);
    expect(paths['/query']!.get!.parameters.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'part',
        'stream',
        'from',
        'to',
        'every',
        'aggregate',
        'last',
        'newest',
        'format',
      ]),
    );
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/pipeline', '/gaps', '/sql', '/streams']));
    const methods = Object.entries(paths).flatMap(([path, of]) =>
      Object.entries(of as Record<string, { summary?: string }>).map(([name, { summary }]) => [
        `${name} ${path}`,
        summary,
      ]),
    );
    expect(methods.length).toBeGreaterThan(20);
    expect(methods.filter(([, summary]) => summary === undefined)).toEqual([]);
  });
});

describe('a part that is deleted', () => {
  test('is gone from rows, streams and raw files, and no rebuild brings it back', async () => {
    await post('/pipeline', { app_id: 'plant', dev_id: 'old', payload_fields: { n: 1 } });
    await cloud.caughtUp(10_000);
    const files = async () =>
      (await readdir(join(directory, 'data', 'plant'))).filter((name) => name.startsWith('old-'));
    expect(await files()).toHaveLength(1);
    const deleted = await fetch(address('/parts/plant/old'), { method: 'DELETE' });
    expect(await deleted.json()).toEqual({ days: 1, objects: 0, copies: 0 });
    expect(await files()).toEqual([]);
    expect(await (await get('/streams?part=old')).json()).toEqual([]);
    expect((await post('/time-series/rebuild', {})).status).toBe(202);
    await expect.poll(async () => (await get('/query?part=home')).status, { timeout: 30_000 }).toBe(200);
    expect((await get('/query?part=old')).status).toBe(404);
    expect(await (await get('/query?part=home&stream=n')).json()).toMatchObject([{ value: 2 }]);
  });
});
