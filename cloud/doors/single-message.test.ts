import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserList, Users } from '@sluice/common/access';
import { SluiceError } from '@sluice/common/errors';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Cloud } from '../cloud';
import { Reception } from '../reception';

let directory: string;
let cloud: Cloud;
const keys: Record<string, string> = {};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-single-'));
  const path = join(directory, 'users.json');
  const list = new UserList(path);
  keys.device = await list.add('device', 'device', ['lab']);
  keys.viewer = await list.add('viewer', 'viewer', ['lab']);
  cloud = await Cloud.start({
    directory,
    httpPort: 0,
    mqttPort: 0,
    log: pino({ level: 'silent' }),
    access: { host: '127.0.0.1', users: new Users({ path, onProblem: () => undefined }) },
  });
});
afterAll(async () => {
  await cloud.close();
  await rm(directory, { recursive: true });
});

interface Sent {
  path?: string;
  key?: string | undefined;
  headers?: Record<string, string>;
  body?: string;
}

/** A query, which means nothing here, is what only the routes take. */
const throughRoutes = (path: string) => `${path}?`;

const valid = (of: object = {}) =>
  JSON.stringify({ app_id: 'lab', dev_id: 'd', time: 1_700_000_000_000, payload_fields: { x: 1 }, ...of });

async function answer({
  path = '/pipeline',
  key = keys.device,
  headers = {},
  body = valid(),
}: Sent): Promise<{ status: number | undefined; type: string | undefined; body: unknown }> {
  const sent = request({
    port: cloud.httpPort,
    host: '127.0.0.1',
    path,
    method: 'POST',
    headers: {
      'content-length': Buffer.byteLength(body),
      ...(key && { authorization: `Bearer ${key}` }),
      ...headers,
    },
  });
  sent.end(body);
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', async (response) => {
      let text = '';
      for await (const piece of response) text += piece;
      const { statusCode: status, headers } = response;
      resolve({ status, type: headers['content-type'], body: JSON.parse(text) });
    });
  });
}

describe('one message over HTTP is answered as by the routes', () => {
  test.each<[string, number, Sent]>([
    ['a good one', 200, {}],
    ['one to its topic', 200, { path: '/pipeline/lab/d' }],
    ['one to another device’s topic', 422, { path: '/pipeline/lab/other' }],
    ['one that is no JSON', 400, { body: '{' }],
    ['none', 400, { body: '' }],
    ['one whose project is not the sender’s', 403, { body: valid({ app_id: 'elsewhere' }) }],
    ['one without a key', 401, { key: '' }],
    ['one with a wrong key', 401, { key: 'sluice_0123456789ab_wrong' }],
    ['one of somebody who may not write', 403, { key: 'viewer' }],
    ['one of a foreign web page', 403, { headers: { origin: 'https://elsewhere.example' } }],
    ['one to a place that is none', 403, { path: '/pipeline/lab' }],
    ['lines', 200, { headers: { 'content-type': 'application/x-ndjson' }, body: `${valid()}\n${valid()}` }],
  ])('%s', async (_, status, sent) => {
    const of = { ...sent, key: sent.key && (keys[sent.key] ?? sent.key) };
    const path = sent.path ?? '/pipeline';
    const straight = await answer(of);
    expect(straight.status).toBe(status);
    expect(straight).toEqual(await answer({ ...of, path: throughRoutes(path) }));
  });

  test('one that was stored before', async () => {
    const body = valid({ sluice: { block: 'd/1-a/1/1', index: 0 } });
    await answer({ body });
    const again = { status: 200, body: { stored: 0, duplicates: 1 } };
    expect(await answer({ body })).toMatchObject(again);
    expect(await answer({ body, path: throughRoutes('/pipeline') })).toMatchObject(again);
  });

  test.each([
    [507, new SluiceError('disk-full', 'no room below /secret')],
    [500, new Error('cannot write /secret')],
  ])('one that is not kept, with %s', async (status, error) => {
    const received = vi.spyOn(Reception.prototype, 'receiveAll').mockRejectedValue(error);
    try {
      const straight = await answer({});
      expect(straight.status).toBe(status);
      expect(JSON.stringify(straight.body)).not.toContain('/secret');
      expect(straight).toEqual(await answer({ path: throughRoutes('/pipeline') }));
    } finally {
      received.mockRestore();
    }
  });
});

test('a message that comes in pieces is taken when it is whole, and one that is broken off is not', async () => {
  const before = cloud.counters.stored;
  const body = valid();
  const head = `POST /pipeline HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${keys.device}\r\nContent-Length: ${body.length}\r\n\r\n`;
  const open = () => connect({ port: cloud.httpPort, host: '127.0.0.1' });
  const broken = open();
  broken.end(head + body.slice(0, 20));
  await new Promise((resolve) => broken.on('close', resolve).resume());
  const whole = open();
  whole.write(head + body.slice(0, 20));
  await new Promise((resolve) => setTimeout(resolve, 20));
  whole.write(body.slice(20));
  const [text] = await new Promise<[Buffer]>((resolve) => whole.once('data', (bytes) => resolve([bytes])));
  whole.destroy();
  expect(text.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\{"stored":1,"duplicates":0\}$/);
  expect(cloud.counters.stored).toBe(before + 1);
});
