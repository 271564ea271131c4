import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Cloud } from './cloud';

const first = { app_id: 'test_project', dev_id: 'test_device', payload_fields: { temperature: 42 } };
const second = {
  app_id: 'test_project',
  dev_id: 'test_device',
  time: 1557244616000,
  payload_fields: { temperature: 42, foo: 'bar' },
  tag_fields: { foo: 'bar' },
  foo: 'bar',
};
const arrival = Date.parse('2026-03-01T23:59:59.500Z');
/** Without a time it keeps the server's. */
const timed = { ...first, time: arrival };
const topic = 'pipeline/test_project/test_device';
const mosquitto = spawnSync('mosquitto_pub', ['--help']).error === undefined;

let directory: string;
let cloud: Cloud;
let now: number;

async function start(): Promise<void> {
  cloud = await Cloud.start({
    directory,
    httpPort: 0,
    mqttPort: 0,
    log: pino({ level: 'silent' }),
    now: () => now,
  });
}

const address = (path: string) => `http://127.0.0.1:${cloud.httpPort}${path}`;
const post = (path: string, body: unknown) =>
  fetch(address(path), { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
const rows = async (search = '') =>
  (await fetch(address(`/query?part=test_device${search}`))).json() as Promise<object[]>;
const rawLines = async (name = 'test_device-2026-03-01.json') => {
  await cloud.caughtUp(10_000);
  return (await readFile(join(directory, 'data', 'test_project', name), 'utf8')).split('\n');
};

const storedAsSpecified = [
  { time: 1557244616000, stream: 'foo', value: 'bar', tags: { foo: 'bar' } },
  { time: 1557244616000, stream: 'temperature', value: 42, tags: { foo: 'bar' } },
  { time: arrival, stream: 'temperature', value: 42, tags: {} },
];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-cloud-'));
  now = arrival;
  await start();
});

afterEach(async () => {
  await cloud.close();
  await rm(directory, { recursive: true });
});

describe('the two example messages of the specification', () => {
  test.skipIf(!mosquitto && !process.env.CI)(
    'end in raw file and time series when mosquitto_pub sends them (skipped: mosquitto-clients missing)',
    async () => {
      for (const message of [first, second]) {
        const { status } = await published(JSON.stringify(message));
        expect(status).toBe(0);
      }
      expect(await rawLines()).toEqual([JSON.stringify(timed), JSON.stringify(second), '']);
      expect(await rows()).toEqual(storedAsSpecified);
    },
  );

  test('end there as well through HTTP', async () => {
    for (const message of [first, second]) {
      expect(await (await post('/pipeline', message)).json()).toEqual({ stored: 1, duplicates: 0 });
    }
    expect(await rawLines()).toEqual([JSON.stringify(timed), JSON.stringify(second), '']);
    expect(await rows()).toEqual(storedAsSpecified);
  });
});

/** Not `spawnSync`: the broker lives in this process. */
async function published(message: string): Promise<{ status: number | null }> {
  const port = String(cloud.mqttPort);
  const child = spawn('mosquitto_pub', [
    '-h',
    '127.0.0.1',
    '-p',
    port,
    '-q',
    '1',
    '-t',
    topic,
    '-m',
    message,
  ]);
  return new Promise((resolve) => child.on('exit', (status) => resolve({ status })));
}

describe('the MQTT door', () => {
  let client: MqttClient;

  beforeEach(async () => {
    client = await connectAsync(`mqtt://127.0.0.1:${cloud.mqttPort}`);
  });

  afterEach(() => client.endAsync());

  test('brings what it acknowledged to the raw file, in its order', async () => {
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        client.publishAsync(topic, JSON.stringify({ ...first, payload_fields: { index } }), { qos: 1 }),
      ),
    );
    const lines = await rawLines();
    expect(lines.slice(0, -1).map((line) => JSON.parse(line).payload_fields.index)).toEqual(
      Array.from({ length: 200 }, (_, index) => index),
    );
  });

  test('ignores and counts messages whose identifiers differ from the topic', async () => {
    await client.publishAsync('pipeline/test_project/another', JSON.stringify(first), { qos: 1 });
    await client.publishAsync('pipeline/another/test_device', JSON.stringify(first), { qos: 1 });
    await client.publishAsync('pipeline/test_project/test_device/more', JSON.stringify(first), { qos: 1 });
    expect(cloud.counters).toMatchObject({ stored: 0, ignored: 3, invalid: 0 });
    expect((await fetch(address('/query?part=test_device'))).status).toBe(404);
  });

  test('passes other topics on to their subscribers and stores nothing of them', async () => {
    const heard = new Promise((resolve) => client.on('message', (_, payload) => resolve(payload.toString())));
    await client.subscribeAsync('sensors/raw');
    await client.publishAsync('sensors/raw', 'any format', { qos: 1 });
    expect(await heard).toBe('any format');
    expect(cloud.counters).toMatchObject({ stored: 0, ignored: 0, invalid: 0 });
  });
});

describe('the HTTP entry point', () => {
  test.each([
    ['$ is not JSON', '{"app_id": '],
    ['$.app_id', { dev_id: 'd', payload_fields: {} }],
    ['$.dev_id', { app_id: 'a', dev_id: 7, payload_fields: {} }],
    ['$.payload_fields', { app_id: 'a', dev_id: 'd', payload_fields: [1] }],
    ['$.payload_fields', { app_id: 'a', dev_id: 'd' }],
    ['$.tag_fields', { ...first, tag_fields: 'x' }],
    ['$.time', { ...first, time: 1.5 }],
    ['$.time', { ...first, time: '1557244616000' }],
    ['$.dev_id cannot name a file', { ...first, dev_id: '../test' }],
    ['$.app_id cannot name a file', { ...first, app_id: '..' }],
    ['$.dev_id cannot name a file', JSON.stringify({ ...first, dev_id: '\ud800' })],
  ])('names %s in what it refuses', async (place, message) => {
    const response = await post('/pipeline', message);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toContain(place);
    expect(cloud.counters).toMatchObject({ stored: 0, invalid: 1 });
  });

  test('refuses a request without a body', async () => {
    expect((await fetch(address('/pipeline'), { method: 'POST' })).status).toBe(400);
    expect(cloud.counters).toMatchObject({ stored: 0, invalid: 1 });
  });

  test('refuses a message of another device than its path names', async () => {
    expect((await post('/pipeline/test_project/another', first)).status).toBe(422);
    expect(cloud.counters.ignored).toBe(1);
  });

  test('refuses requests of other web pages', async () => {
    const response = await fetch(address('/pipeline'), {
      method: 'POST',
      body: JSON.stringify(first),
      headers: { origin: 'http://elsewhere.example' },
    });
    expect(response.status).toBe(403);
  });
});

describe('the raw file of the day', () => {
  test('goes by the date of arrival', async () => {
    await post('/pipeline', second);
    now += 1000;
    await post('/pipeline', second);
    expect(await rawLines('test_device-2026-03-01.json')).toHaveLength(2);
    expect(await rawLines('test_device-2026-03-02.json')).toHaveLength(2);
  });

  test('keeps a message to the digit, on one line', async () => {
    const text =
      '{"app_id":"test_project",\r\n "dev_id":"test_device",\n\n "payload_fields":{"n":12345678901234567890,"s":"a\\nb"}}';
    await post('/pipeline', text);
    const [line] = await rawLines();
    expect(line).toBe(`${text.replace(/[\r\n]+/g, ' ').slice(0, -1)},"time":${arrival}}`);
  });
});

describe('normal form', () => {
  test('flattens nested values, keeps types, and skips null', async () => {
    const payload_fields = { a: { b: [1.5, true], c: null }, s: 'x' };
    await post('/pipeline', { ...first, payload_fields });
    expect(await rows()).toMatchObject([
      { stream: 'a_b_0', value: 1.5 },
      { stream: 'a_b_1', value: true },
      { stream: 's', value: 'x' },
    ]);
  });

  test('stores a reading once by its name, over a restart as well', async () => {
    const named = { ...second, sluice: { block: 'test_device/1-00000002/0/7', index: 3 } };
    await post('/pipeline', named);
    await post('/pipeline', named);
    await cloud.close();
    await start();
    await post('/pipeline', named);
    await post('/pipeline', { ...named, time: named.time + 1, sluice: { ...named.sluice, index: 4 } });
    expect(await rawLines()).toHaveLength(3);
    expect(await rows('&stream=temperature')).toHaveLength(2);
  });

  test('leaves a number out that no store can hold, and keeps its text', async () => {
    const text = '{"app_id":"test_project","dev_id":"test_device","payload_fields":{"large":1e999,"n":1}}';
    await post('/pipeline', text);
    expect(await rows()).toMatchObject([{ stream: 'n', value: 1 }]);
    expect((await rawLines())[0]).toContain('{"large":1e999,"n":1}');
  });

  test('keeps series apart over a restart, whatever their fields are called', async () => {
    for (const field of ['\\ud800', '\\ud801', 'n\\u0000'])
      await post('/pipeline', `{"app_id":"a","dev_id":"hostile","payload_fields":{"${field}":1}}`);
    await cloud.close();
    await start();
    for (const field of ['b', 'c', 'd'])
      await post('/pipeline', { ...first, payload_fields: { [field]: 42 } });
    expect((await rows()).map((row) => (row as { value: number }).value)).toEqual([42, 42, 42]);
  });

  test('keeps every message without a name, of which the last is the row of its time', async () => {
    await post('/pipeline', second);
    await post('/pipeline', { ...second, payload_fields: { temperature: 43 } });
    expect(await rawLines()).toHaveLength(3);
    expect(await rows('&stream=temperature')).toMatchObject([{ value: 43 }]);
  });

  test('keeps every value of a message: large integers, __proto__, names that would be one', async () => {
    const payload = '{"large":9007199254740993,"__proto__":1,"a":{"b":2},"a_b":3}';
    await post('/pipeline', `{"app_id":"test_project","dev_id":"test_device","payload_fields":${payload}}`);
    const text = await (await fetch(address('/query?part=test_device'))).text();
    expect(text).toContain('"stream":"large","value":9007199254740993,');
    expect(
      (JSON.parse(text) as { stream: string; value: number }[]).map(({ stream, value }) => [stream, value]),
    ).toEqual([
      ['__proto__', 1],
      ['a.b', 2],
      ['a_b', 3],
      ['large', expect.any(Number)],
    ]);
  });
});

test('closes although connections at its doors say nothing', async () => {
  const sockets = [cloud.mqttPort, cloud.httpPort].map((port) => connect(port, '127.0.0.1'));
  const ended = Promise.all(sockets.map((socket) => once(socket, 'close')));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  sockets[1]!.write('POST /pipeline HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{');
  await new Promise((resolve) => setTimeout(resolve, 100));
  const begun = performance.now();
  await cloud.close();
  await ended;
  expect(performance.now() - begun).toBeLessThan(5_000);
  await start();
});

test('buffers little of a client that has not shown its key', async () => {
  const socket = connect(cloud.mqttPort, '127.0.0.1').on('error', () => undefined);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  // The fixed header of a CONNECT of 256 MiB.
  socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
  socket.write(Buffer.alloc(1 << 20));
  await closed;
  expect(cloud.counters.stored).toBe(0);
});

describe('a query', () => {
  beforeEach(async () => {
    for (let index = 0; index < 5; index++) {
      await post('/pipeline', { ...first, time: index * 1000, payload_fields: { v: index, text: 'a,"b"' } });
    }
  });

  test('takes a span of time, its end excluded', async () => {
    expect(await rows('&stream=v&from=1000&to=1970-01-01T00:00:03Z')).toMatchObject([
      { value: 1 },
      { value: 2 },
    ]);
  });

  test('answers in CSV', async () => {
    const response = await fetch(address('/query?part=test_device&to=1000&format=csv'));
    expect(response.headers.get('content-type')).toContain('text/csv');
    expect(await response.text()).toBe('time,text,v\r\n1970-01-01T00:00:00.000Z,"a,""b""",0\r\n');
  });

  test('names what it does not understand', async () => {
    const response = await fetch(address('/query?part=test_device&from=yesterday'));
    expect(await response.json()).toEqual({
      error: 'from: is neither milliseconds since 1970, a date and time in ISO 8601, nor like -5m',
    });
  });

  test('lists the streams', async () => {
    expect(await (await fetch(address('/streams'))).json()).toMatchObject([
      { app_id: 'test_project', part: 'test_device', stream: 'text', values: 5 },
      { app_id: 'test_project', part: 'test_device', stream: 'v', values: 5, first: 0, last: 4000 },
    ]);
  });
});
