/** What a gateway delivers to the IoT platform: its MQTT topic by a real broker, its HTTP entry, our own cloud as both. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect as connectSocket, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { connectAsync, type MqttClient } from 'mqtt';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Cloud } from '../cloud/cloud';
import { destinationTypes } from '../gateway/sync/destinations';
import type { PlatformUpload } from '../gateway/sync/destinations/platform-messages';
import { type CaptureFileMetadata, encodeHead, encodeRecord } from '../modules/block/file';
import { IntegerEncoder } from '../modules/block/integer-encoder';
import { until } from './running';

const metadata: CaptureFileMetadata = {
  part: 'esp-home',
  boot: { counter: 1, random: 2 },
  stream: 3,
  owner: 'part',
  resource: 'rdk:component:board/my-esp32',
  method: 'Analogs',
  parameters: { reader_name: 'A1' },
  kind: 'integer',
  period: { numerator: 10, denominator: 1 },
  range: { min: 0, max: 2.45, step: 0.5, unit: 'V' },
  tags: [],
};
const item = {};
const never = new AbortController().signal;
const counted = (count: number) => Array.from({ length: count }, (_, index) => index);

let directory: string;
/** Ended in the opposite order. */
let running: (() => unknown)[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-platform-'));
  running = [];
  doubted = 0;
});
afterEach(async () => {
  for (const end of running.reverse()) await end();
  await rm(directory, { recursive: true });
});

function readings(values: readonly number[], of: Partial<CaptureFileMetadata> = {}): PlatformUpload {
  const parts: Uint8Array[] = [encodeHead({ ...metadata, ...of })];
  const mapping = { known: true, offset: 1_700_000_000_000 };
  const { boot, stream, period } = metadata;
  const encoder = new IntegerEncoder({
    boot,
    stream,
    period,
    target: 512,
    sink: {
      block: (bytes, length, sequence, readings) =>
        void parts.push(encodeRecord({ sequence, readings, mapping, bytes: bytes.slice(0, length) })),
    },
  });
  encoder.start(1_000);
  for (const value of values) {
    encoder.staged[encoder.count++] = value;
    if (encoder.count === encoder.capacity) encoder.flush();
  }
  encoder.seal();
  return { type: 'blocks', file: Buffer.concat(parts) };
}

const image: PlatformUpload = {
  type: 'binary',
  name: 'a-name-of-its-own',
  metadata: {
    part: 'main',
    owner: 'part',
    resource: 'rdk:component:camera/cam',
    method: 'GetImages',
    parameters: {},
    tags: ['door'],
    mimeType: 'image/jpeg',
  },
  bytes: 12_345,
  time: 1_700_000_000_000,
};

async function startCloud(): Promise<Cloud> {
  const log = pino({ level: 'silent' });
  const cloud = await Cloud.start({ directory: join(directory, 'cloud'), httpPort: 0, mqttPort: 0, log });
  running.push(() => cloud.close());
  return cloud;
}

async function inCloud(cloud: Cloud): Promise<number[]> {
  await cloud.caughtUp(10_000);
  const answer = await fetch(`http://127.0.0.1:${cloud.httpPort}/query?part=esp-home&stream=my-esp32_A1`);
  return ((await answer.json()) as { value: number }[]).map(({ value }) => value / 0.5);
}

/** Messages that a destination has told of as perhaps being there twice. */
let doubted = 0;
const onDoubt = (_: object, messages: number) => {
  doubted += messages;
};

interface Open<Options> {
  upload?: PlatformUpload | undefined;
  more?: Partial<Options>;
}

function openMqtt(
  address: string,
  { upload = image, more = {} }: Open<{ user: string; password: string }> = {},
) {
  const read = async () => upload;
  const topic = destinationTypes['platform-mqtt'].open('topic', {
    ...{ address, appId: 'garden', read, onDoubt },
    ...more,
  });
  running.push(() => topic.close?.());
  return topic;
}

function openHttp(
  address: string,
  { upload = image, more = {} }: Open<{ key: string; lines: boolean }> = {},
) {
  const read = async () => upload;
  return destinationTypes['platform-http'].open('entry', {
    ...{ address, appId: 'garden', read, onDoubt },
    ...more,
  });
}

describe('our own cloud as the platform', () => {
  test('has each reading once from its MQTT topic, also when it is delivered twice', async () => {
    const cloud = await startCloud();
    const values = counted(1_000);
    const topic = openMqtt(`mqtt://127.0.0.1:${cloud.mqttPort}`, { upload: readings(values) });
    expect(await topic.deliver(item, never)).toEqual({ result: 'delivered' });
    expect(await topic.deliver({}, never)).toEqual({ result: 'delivered' });
    expect(await inCloud(cloud)).toEqual(values);
  }, 60_000);

  test.each([true, false])(
    'has each reading once from its HTTP entry, many a request: %s',
    async (lines) => {
      const cloud = await startCloud();
      const values = counted(lines ? 1_000 : 300);
      const address = `http://127.0.0.1:${cloud.httpPort}/pipeline`;
      const entry = openHttp(address, { upload: readings(values), more: { lines } });
      expect(await entry.deliver(item, never)).toEqual({ result: 'delivered' });
      expect(await entry.deliver({}, never)).toEqual({ result: 'delivered' });
      expect(await inCloud(cloud)).toEqual(values);
    },
    60_000,
  );

  test('is told that there is a binary, and what it is', async () => {
    const cloud = await startCloud();
    const entry = openHttp(`http://127.0.0.1:${cloud.httpPort}/pipeline`);
    expect(await entry.deliver(item, never)).toEqual({ result: 'delivered' });
    await cloud.caughtUp(10_000);
    const answer = await fetch(
      `http://127.0.0.1:${cloud.httpPort}/query?part=main&stream=cam_GetImages_bytes`,
    );
    expect(await answer.json()).toMatchObject([{ value: 12_345 }]);
  }, 60_000);
});

describe('an HTTP entry', () => {
  let entry: Server;
  let asked: { body: string; key: string | undefined }[];
  /** Of a request by its number: the status, or `cut`. */
  let answer: (request: number, body: string) => number | 'cut';

  beforeEach(async () => {
    asked = [];
    answer = () => 200;
    entry = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      const status = answer(asked.push({ body, key: request.headers.authorization }), body);
      if (status === 'cut') request.socket.destroy();
      else response.writeHead(status).end(status === 200 ? '' : 'as it was told');
    });
    entry.listen(0, '127.0.0.1');
    await once(entry, 'listening');
    running.push(() => entry.close());
  });
  const address = () => `http://127.0.0.1:${(entry.address() as AddressInfo).port}/pipeline`;

  test('gets the messages of the platform’s form, with the key', async () => {
    const upload = readings([1, 2]);
    await openHttp(address(), { upload, more: { key: 'k' } }).deliver(item, never);
    expect(asked.map(({ key }) => key)).toEqual(['Bearer k', 'Bearer k']);
    const [first] = asked.map(({ body }) => JSON.parse(body)).sort((a, b) => a.time - b.time);
    expect(first).toEqual({
      app_id: 'garden',
      dev_id: 'esp-home',
      time: 1_700_000_001_000,
      payload_fields: { 'my-esp32_A1': 0.5 },
      unit: 'V',
      tag_fields: { method: 'Analogs', owner: 'part', resource: 'rdk:component:board/my-esp32' },
      sluice: { block: 'esp-home/1-00000002/3/0', index: 0 },
    });
  });

  test.each([400, 413, 415, 422])(
    'that answers %s refuses that message for good, and takes the others',
    async (status) => {
      answer = (_, body) => (JSON.parse(body).payload_fields['my-esp32_A1'] === 1 ? status : 200);
      const delivery = await openHttp(address(), { upload: readings([1, 2, 3]) }).deliver(item, never);
      // Counts stand for volts: 2 is 1 V.
      expect(delivery).toEqual({
        result: 'refused',
        reason: `message 2: the platform answered ${status}: as it was told`,
      });
      expect(asked).toHaveLength(3);
    },
  );

  test.each<[number | 'cut', 'item' | 'destination']>([
    [401, 'destination'],
    [403, 'destination'],
    [429, 'destination'],
    [500, 'item'],
    [503, 'destination'],
    ['cut', 'destination'],
  ])('that answers %s is tried again', async (status, of) => {
    answer = () => status;
    const delivery = await openHttp(address(), { upload: readings([1, 2]) }).deliver(item, never);
    expect(delivery).toMatchObject({ result: 'again', of });
    // What was answered is not there.
    expect(doubted).toBe(status === 'cut' ? 2 : 0);
  });

  test('that is cut off again and again may have as much twice as at the first time', async () => {
    answer = () => 'cut';
    const lines = openHttp(address(), { upload: readings([1, 2, 3]), more: { lines: true } });
    for (let attempt = 0; attempt < 3; attempt++)
      expect(await lines.deliver(item, never)).toMatchObject({ result: 'again' });
    expect(doubted).toBe(3);
  });

  test('that fails in the middle gets the rest, and at most a portion twice', async () => {
    const values = counted(2_000);
    answer = (request) => (request === 700 ? 503 : 200);
    const destination = openHttp(address(), { upload: readings(values) });
    expect(await destination.deliver(item, never)).toMatchObject({ result: 'again' });
    expect(await destination.deliver(item, never)).toEqual({ result: 'delivered' });
    const names = asked.map(({ body }) => JSON.stringify(JSON.parse(body).sluice));
    expect(new Set(names).size).toBe(2_000);
    expect(names.length).toBeLessThanOrEqual(2_000 + 256);
    // Those behind the one that failed were taken, and came again; that one itself was not.
    expect(doubted).toBe(names.length - 2_000 - 1);
  }, 60_000);

  test('that is not there is tried again', async () => {
    const gone = address();
    entry.close();
    expect(await openHttp(gone).deliver(item, never)).toMatchObject({ result: 'again', of: 'destination' });
    expect(doubted).toBe(0);
  });
});

const mosquittoMissing = spawnSync('mosquitto', ['-h']).error !== undefined;

describe.skipIf(mosquittoMissing && !process.env.CI)(
  'a real broker (skipped when mosquitto is missing)',
  () => {
    let port: number;
    let broker: ChildProcess | undefined;
    let seen: { topic: string; line: string }[];

    async function run(...lines: string[]): Promise<void> {
      const free = createTcpServer().listen(0, '127.0.0.1');
      await once(free, 'listening');
      port = (free.address() as AddressInfo).port;
      free.close();
      const inMemory = ['max_queued_messages 0', 'max_inflight_messages 0', 'user root'];
      const text = [`listener ${port} 127.0.0.1`, ...inMemory, ...lines].join('\n');
      await writeFile(join(directory, 'mosquitto.conf'), `${text}\n`);
      await again();
    }

    async function again(): Promise<void> {
      broker = spawn('mosquitto', ['-c', join(directory, 'mosquitto.conf')], { stdio: 'ignore' });
      running.push(() => broker?.kill('SIGKILL'));
      const isListening = () =>
        new Promise<boolean>((resolve) => {
          const socket = connectSocket({ port, host: '127.0.0.1' }, () => resolve(true));
          socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
        });
      await until(isListening, 10_000, 'mosquitto listens');
    }

    async function subscribe(): Promise<MqttClient> {
      seen = [];
      const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
      running.push(() => client.endAsync(true));
      client.on('message', (topic, payload) => seen.push({ topic, line: payload.toString() }));
      await client.subscribeAsync('pipeline/#', { qos: 1 });
      return client;
    }

    test('has every message under its topic when the delivery is done', async () => {
      await run('allow_anonymous true');
      await subscribe();
      const topic = openMqtt(`mqtt://127.0.0.1:${port}`, { upload: readings(counted(3_000)) });
      expect(await topic.deliver(item, never)).toEqual({ result: 'delivered' });
      await until(() => seen.length >= 3_000, 10_000, 'all are there');
      expect(new Set(seen.map(({ topic }) => topic))).toEqual(new Set(['pipeline/garden/esp-home']));
      const values = seen.map(({ line }) => JSON.parse(line).payload_fields['my-esp32_A1'] / 0.5);
      expect(values.sort((a, b) => a - b)).toEqual(counted(3_000));
    }, 60_000);

    test('that is killed in the middle gets the rest when it is back, and at most a portion twice', async () => {
      await run('allow_anonymous true');
      await subscribe();
      const topic = openMqtt(`mqtt://127.0.0.1:${port}`, { upload: readings(counted(20_000)) });
      const delivery = topic.deliver(item, never);
      await until(() => seen.length > 2_000, 10_000, 'it is under way');
      broker!.kill('SIGKILL');
      expect(await delivery).toMatchObject({ result: 'again', of: 'destination' });
      const once = doubted;
      expect(once).toBeGreaterThan(0);
      expect(once).toBeLessThanOrEqual(256);
      expect(await topic.deliver(item, never)).toMatchObject({ result: 'again', reason: /not reached/ });
      expect(doubted).toBe(once);
      const before = new Set(seen.map(({ line }) => line));
      await again();
      await subscribe();
      expect(await topic.deliver(item, never)).toEqual({ result: 'delivered' });
      await until(
        () => new Set([...before, ...seen.map(({ line }) => line)]).size >= 20_000 - 256,
        10_000,
        'the rest',
      );
      expect(seen.length + before.size).toBeLessThanOrEqual(20_000 + 256);
    }, 60_000);

    test('that takes no large messages refuses those for good, and takes the others', async () => {
      await run('allow_anonymous true', 'max_packet_size 400');
      await subscribe();
      const tags = ['long'.repeat(60)];
      const long = openMqtt(`mqtt://127.0.0.1:${port}`, { upload: readings([1, 2], { tags }) });
      expect(await long.deliver(item, never)).toMatchObject({
        result: 'refused',
        reason: /^message 1: the broker takes 400 bytes, not \d+\nmessage 2: /,
      });
      const short = openMqtt(`mqtt://127.0.0.1:${port}`, { upload: readings([1, 2]) });
      expect(await short.deliver(item, never)).toEqual({ result: 'delivered' });
    }, 60_000);

    test('that lets nobody publish there, or does not know who calls, is tried again', async () => {
      await writeFile(join(directory, 'acl'), 'topic read pipeline/#\n', { mode: 0o600 });
      await run('allow_anonymous true', `acl_file ${join(directory, 'acl')}`);
      const refused = openMqtt(`mqtt://127.0.0.1:${port}`);
      expect(await refused.deliver(item, never)).toMatchObject({
        result: 'again',
        of: 'destination',
        reason: /Not authorized/,
      });
      broker!.kill('SIGKILL');
      spawnSync('mosquitto_passwd', ['-b', '-c', join(directory, 'passwords'), 'gateway', 'open sesame']);
      await run('allow_anonymous false', `password_file ${join(directory, 'passwords')}`);
      const address = `mqtt://127.0.0.1:${port}`;
      expect(await openMqtt(address).deliver(item, never)).toMatchObject({
        result: 'again',
        of: 'destination',
      });
      const known = openMqtt(address, { more: { user: 'gateway', password: 'open sesame' } });
      expect(await known.deliver(item, never)).toEqual({ result: 'delivered' });
    }, 60_000);
  },
);
