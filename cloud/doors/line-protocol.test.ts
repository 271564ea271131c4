import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { HttpError, InfluxDB, Point, setLogger } from '@influxdata/influxdb-client';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Cloud } from '../cloud';

let directory: string;
let cloud: Cloud;

const url = (path = '') => `http://127.0.0.1:${cloud.httpPort}${path}`;
const write = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(url(path), { method: 'POST', body, headers });
const values = async (stream: string, part = 'cpu') => {
  await cloud.caughtUp(10_000);
  return (await fetch(url(`/query?part=${part}&stream=${stream}`))).json() as Promise<{ value: unknown }[]>;
};

// What it was refused is looked at here.
setLogger({ error: () => undefined, warn: () => undefined });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-influx-'));
  cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }) });
});

afterEach(async () => {
  await cloud.close();
  await rm(directory, { recursive: true });
});

describe('InfluxDB’s line protocol over HTTP', () => {
  test('of version 1 ends in rows', async () => {
    expect(
      (await write('/write?db=app&precision=ms', 'cpu,host=a load=0.5 1000\ncpu,host=b load=1 2000\n'))
        .status,
    ).toBe(204);
    expect(await values('load')).toEqual([
      { time: 1000, stream: 'load', value: 0.5, tags: { host: 'a' } },
      { time: 2000, stream: 'load', value: 1, tags: { host: 'b' } },
    ]);
  });

  test('of version 2 comes from InfluxDB’s own client, packed', async () => {
    const client = new InfluxDB({ url: url(), token: 'any' });
    const writer = client.getWriteApi('any', 'app', 'ns', { gzipThreshold: 0 });
    for (let index = 0; index < 100; index++)
      writer.writePoint(new Point('cpu').tag('host', 'a b').intField('n', index).timestamp(`${index}000000`));
    await writer.close();
    expect((await values('n')).map(({ value }) => value)).toEqual([...Array(100).keys()]);
  });

  test('names lines that are wrong, to that client as well, and takes the others', async () => {
    const answer = await write(
      '/api/v2/write?bucket=app',
      'cpu load=1 1000000\ncpu load=\ncpu load=3 3000000',
    );
    expect(answer.status).toBe(400);
    const message = "partial write: 1 lines refused, 2 taken: line 2: the field load has no value: ''";
    expect(await answer.json()).toEqual({ code: 'invalid', message, error: message });
    expect((await values('load')).map(({ value }) => value)).toEqual([1, 3]);
    const writer = new InfluxDB({ url: url(), token: 'any' }).getWriteApi('any', 'app', 'ns', {
      maxRetries: 0,
    });
    writer.writeRecord('cpu');
    const error = await writer.close().catch((problem) => problem);
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ statusCode: 400, message: expect.stringContaining('line 1') });
  });

  test('refuses what names no project or no such precision, and what unpacks to more than a request may have', async () => {
    for (const path of [
      '/write',
      '/write?db=',
      '/write?db=app&precision=d',
      '/api/v2/write?bucket=app&precision=m',
    ])
      expect((await write(path, 'cpu load=1')).status, path).toBe(400);
    expect((await write('/write?db=a%2Fb', 'cpu load=1')).status).toBe(400);
    const packed = (body: Uint8Array<ArrayBuffer>) =>
      write('/write?db=app', body, { 'content-encoding': 'gzip' });
    expect((await packed(new Uint8Array(gzipSync(Buffer.alloc(20 << 20, '# '))))).status).toBe(400);
    expect((await packed(new Uint8Array([1, 2, 3]))).status).toBe(400);
    expect((await packed(new Uint8Array(gzipSync('cpu load=5 7')))).status).toBe(204);
    expect((await values('load')).map(({ value }) => value)).toEqual([5]);
  });

  test('answers what clients of version 1 ask before they write', async () => {
    expect((await fetch(url('/ping'))).status).toBe(204);
    expect(await (await write('/query?q=CREATE%20DATABASE%20%22app%22', '')).json()).toEqual({
      results: [{ statement_id: 0 }],
    });
    expect((await write('/query', new URLSearchParams({ q: 'DROP DATABASE app' }).toString())).status).toBe(
      400,
    );
  });
});
