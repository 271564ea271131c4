import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync, connect as connectClient } from 'mqtt';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Cloud } from '../cloud';

let directory: string;
let cloud: Cloud;
const topic = 'pipeline/app/device';
const message = (n: number) =>
  JSON.stringify({ app_id: 'app', dev_id: 'device', time: n, payload_fields: { n } });

async function start(): Promise<void> {
  cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }) });
}

const closed = (socket: Socket) => new Promise((resolve) => socket.on('close', resolve));
const client = (options: object = {}) =>
  connectAsync(`mqtt://127.0.0.1:${cloud.mqttPort}`, { reconnectPeriod: 0, ...options });

const text = (of: string) => Buffer.concat([Buffer.from([0, of.length]), Buffer.from(of)]);

/** An MQTT 3.1.1 packet of less than 128 bytes. */
function packet(first: number, ...parts: Uint8Array[]): Buffer {
  const rest = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([first, rest.length]), rest]);
}

/** A connection that says who it is, and is answered. */
async function raw(clientId: string, clean = true): Promise<Socket> {
  const socket = connect(cloud.mqttPort, '127.0.0.1').on('error', () => undefined);
  socket.write(packet(0x10, text('MQTT'), Buffer.from([4, clean ? 2 : 0, 0, 0]), text(clientId)));
  await once(socket, 'data');
  return socket;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-mqtt-'));
  await start();
});

afterEach(async () => {
  await cloud.close();
  await rm(directory, { recursive: true });
});

describe('the broker', () => {
  // The broker itself would wait for a subscriber for 2 s, for each message anew.
  test.each([
    ['other', 'a topic of its own', Buffer.alloc(262_144)],
    [topic, 'the pipeline', message(1).replace('}', `,"text":"${'x'.repeat(262_144)}"}`)],
  ])(
    'drops a subscriber of %s (%s) that does not read, and lets no publisher wait for it',
    async (to, _, payload) => {
      const deaf = await raw('deaf');
      deaf.write(packet(0x82, Buffer.from([0, 1]), text(to), Buffer.from([0])));
      await once(deaf, 'data');
      deaf.pause();
      const gone = closed(deaf);
      const publisher = await client();
      const waits: number[] = [];
      for (let index = 0; index < 100; index++) {
        const begun = performance.now();
        await publisher.publishAsync(to, payload, { qos: 1 });
        waits.push(performance.now() - begun);
      }
      expect(Math.max(...waits)).toBeLessThan(1_800);
      deaf.resume();
      await gone;
      expect(deaf.bytesRead).toBeLessThan(50 * payload.length);
      await publisher.endAsync();
    },
    60_000,
  );

  test('closes a connection that never completes a packet, before it has taken much', async () => {
    const socket = await raw('endless');
    const gone = closed(socket);
    // The fixed header of a PUBLISH of 256 MiB, its topic, and the beginning of its payload.
    socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61]));
    let sent = 0;
    while (!socket.destroyed && sent < 256) {
      socket.write(Buffer.alloc(1 << 20));
      sent++;
      await delay(5);
    }
    await gone;
    expect(sent).toBeLessThan(64);
  });

  test('holds no more than 64 MiB of unfinished packets, and closes who has more than its share of them', async () => {
    const many = await Promise.all(Array.from({ length: 80 }, (_, index) => raw(`unfinished-${index}`)));
    let open = many.length;
    for (const socket of many) socket.on('close', () => open--);
    // A PUBLISH of 1,000,008 bytes, but for its last.
    const begun = Buffer.concat([Buffer.from([0x30, 0xc8, 0x84, 0x3d, 0, 1, 0x61]), Buffer.alloc(1_000_000)]);
    for (const socket of many) socket.write(begun);
    await expect.poll(() => open, { timeout: 20_000 }).toBe(67);
    const publisher = await client();
    await publisher.publishAsync(topic, message(1), { qos: 1 });
    await publisher.endAsync();
    for (const socket of many) socket.destroy();
    expect(cloud.counters).toMatchObject({ stored: 1 });
  }, 60_000);

  test('takes any number of messages of one connection', async () => {
    const publisher = await client();
    const payload = Buffer.alloc(500_000);
    for (let index = 0; index < 12; index++) await publisher.publishAsync('other', payload, { qos: 1 });
    expect(publisher.connected).toBe(true);
    await publisher.endAsync();
  });

  test('hands what comes to the pipeline on to its subscribers, there and away, once it is durable', async () => {
    const seen: string[] = [];
    const note = (of: string, payload: Buffer) => seen.push(`${of} ${JSON.parse(String(payload)).time}`);
    const away = { clientId: 'away', clean: false };
    const sleeper = await client(away);
    await sleeper.subscribeAsync('pipeline/#', { qos: 1 });
    await sleeper.endAsync();
    const listener = await client();
    listener.on('message', note);
    await listener.subscribeAsync('pipeline/app/+', { qos: 1 });
    const publisher = await client();
    await Promise.all([1, 2, 3].map((n) => publisher.publishAsync(topic, message(n), { qos: 1 })));
    await publisher.publishAsync(topic, message(4), { qos: 0 });
    const expected = [1, 2, 3, 4].map((n) => `${topic} ${n}`);
    await expect.poll(() => seen).toEqual(expected);
    await listener.unsubscribeAsync('pipeline/app/+');
    await publisher.publishAsync(topic, message(5), { qos: 1 });
    seen.length = 0;
    const again = connectClient(`mqtt://127.0.0.1:${cloud.mqttPort}`, { ...away, reconnectPeriod: 0 });
    again.on('message', note);
    // Those of QoS 1 wait for a session.
    await expect.poll(() => seen).toEqual([1, 2, 3, 5].map((n) => `${topic} ${n}`));
    for (const each of [again, listener, publisher]) await each.endAsync();
    expect(cloud.counters).toMatchObject({ stored: 5, failed: 0 });
  });

  test('knows a client that does nothing but publish to the pipeline to be there', async () => {
    const socket = connect(cloud.mqttPort, '127.0.0.1');
    const keepAlive = 1;
    socket.write(packet(0x10, text('MQTT'), Buffer.from([4, 2, 0, keepAlive]), text('busy')));
    await once(socket, 'data');
    for (let id = 1; id <= 12; id++) {
      socket.write(packet(0x32, text(topic), Buffer.from([0, id]), Buffer.from(message(id))));
      expect((await once(socket, 'data'))[0]).toEqual(Buffer.from([0x40, 2, 0, id]));
      await delay(200);
    }
    const begun = performance.now();
    await closed(socket);
    expect(performance.now() - begun).toBeGreaterThan(700);
  });

  test('takes packets as they are cut and mixed, and answers each', async () => {
    const socket = await raw('mixed');
    const publish = (id: number, to: string, first = 0x32) =>
      packet(first, text(to), Buffer.from([0, id]), Buffer.from(message(id)));
    const sent = Buffer.concat([
      publish(1, topic),
      packet(0xc0),
      publish(2, 'other/topic'),
      publish(3, topic, 0x34),
      publish(4, topic, 0x33),
      publish(5, topic),
    ]);
    let answers = '';
    socket.on('data', (bytes) => {
      answers += bytes.toString('hex');
    });
    for (let at = 0; at < sent.length; at += 11) {
      socket.write(sent.subarray(at, at + 11));
      await delay(1);
    }
    const expected = ['40020001', 'd000', '40020002', '50020003', '40020004', '40020005'];
    await expect.poll(() => expected.filter((answer) => !answers.includes(answer))).toEqual([]);
    expect(answers).toHaveLength(expected.join('').length);
    expect(cloud.counters).toMatchObject({ stored: 4 });
    socket.destroy();
  });

  test('refuses a topic of the pipeline with a wildcard, and acknowledges nothing of it', async () => {
    const socket = await raw('wild');
    const gone = closed(socket);
    const wild = JSON.stringify({ app_id: 'app', dev_id: '+', payload_fields: { n: 1 } });
    socket.write(packet(0x32, text('pipeline/app/+'), Buffer.from([0, 1]), Buffer.from(wild)));
    await gone;
    expect(cloud.counters).toMatchObject({ stored: 0 });
  });

  test('stores a message of QoS 2 once, although it comes again before it is released', async () => {
    const publish = (dup: boolean) =>
      packet(dup ? 0x3c : 0x34, text(topic), Buffer.from([0, 7]), Buffer.from(message(1)));
    const first = await raw('twice', false);
    first.write(publish(false));
    await once(first, 'data');
    first.destroy();
    await cloud.close();
    await start();
    const second = await raw('twice', false);
    second.write(publish(true));
    await once(second, 'data');
    second.destroy();
    expect(cloud.counters).toMatchObject({ stored: 0 });
    await cloud.caughtUp(10_000);
    const rows = await (await fetch(`http://127.0.0.1:${cloud.httpPort}/query?part=device`)).json();
    expect(rows).toHaveLength(1);
  });

  test('stores each of any number of QoS 2 messages in flight once, and keeps nothing of them but identifiers', async () => {
    const count = 3_000;
    const identifier = (id: number) => Buffer.from([id >> 8, id & 0xff]);
    const all = (dup: boolean) =>
      Buffer.concat(
        Array.from({ length: count }, (_, index) =>
          packet(dup ? 0x3c : 0x34, text(topic), identifier(index + 1), Buffer.from(message(index))),
        ),
      );
    const received = async (socket: Socket) => {
      let bytes = 0;
      socket.on('data', (chunk) => {
        bytes += chunk.length;
      });
      await expect.poll(() => bytes, { timeout: 20_000 }).toBe(4 * count);
    };
    const first = await raw('many', false);
    first.write(all(false));
    await received(first);
    first.destroy();
    expect(cloud.counters).toMatchObject({ stored: count });
    await cloud.close();
    const kept = await readFile(join(directory, 'state', 'mqtt-sessions.json'), 'utf8');
    expect(kept.length).toBeLessThan(8 * count);
    await start();
    const second = await raw('many', false);
    second.write(all(true));
    await received(second);
    expect(cloud.counters).toMatchObject({ stored: 0 });
    expect(cloud.volumes().mqttDropped).toEqual({ retained: 0, queued: 0, unreleased: 0 });
    second.destroy();
  }, 60_000);

  test('closes a connection whose QoS 2 message there is no room for, stores nothing of it, and counts it', async () => {
    await cloud.close();
    const ids = Array.from({ length: 62_500 }, (_, index) => index + 1);
    const sessions = [...Array(8).keys()].map((index) => ({
      id: `full-${index}`,
      subscriptions: [],
      queue: [],
      unreleased: ids,
    }));
    const path = join(directory, 'state', 'mqtt-sessions.json');
    await writeFile(path, JSON.stringify({ version: 2, retained: [], sessions }));
    await start();
    const socket = await raw('full-0', false);
    const gone = closed(socket);
    socket.write(packet(0x34, text(topic), Buffer.from([0xff, 0xff]), Buffer.from(message(1))));
    await gone;
    expect(cloud.counters).toMatchObject({ stored: 0 });
    expect(cloud.volumes().mqttDropped).toMatchObject({ unreleased: 1 });
  });

  test('knows the QoS 2 messages of a file that had the whole of each', async () => {
    await cloud.close();
    const whole = { cmd: 'publish', topic, payload: '', qos: 2, messageId: 7 };
    const session = { id: 'twice', subscriptions: [], queue: [], unreleased: [whole] };
    const path = join(directory, 'state', 'mqtt-sessions.json');
    await writeFile(path, JSON.stringify({ version: 1, retained: [], sessions: [session] }));
    await start();
    const socket = await raw('twice', false);
    socket.write(packet(0x3c, text(topic), Buffer.from([0, 7]), Buffer.from(message(1))));
    expect((await once(socket, 'data'))[0]).toEqual(Buffer.from([0x50, 2, 0, 7]));
    expect(cloud.counters).toMatchObject({ stored: 0 });
    socket.destroy();
  });

  test('keeps retained messages, sessions and their queues over a restart', async () => {
    const options = { clientId: 'sleeper', clean: false };
    const sleeper = await client(options);
    await sleeper.subscribeAsync('other/#', { qos: 1 });
    await sleeper.endAsync();
    const publisher = await client();
    await publisher.publishAsync('other/retained', 'kept', { qos: 1, retain: true });
    await publisher.publishAsync('other/missed', 'queued', { qos: 1 });
    await publisher.endAsync();
    await cloud.close();
    await start();
    const seen: string[] = [];
    const note = (of: string, payload: Buffer) => seen.push(`${of} ${payload}`);
    const again = connectClient(`mqtt://127.0.0.1:${cloud.mqttPort}`, { ...options, reconnectPeriod: 0 });
    again.on('message', note);
    await expect.poll(() => seen).toEqual(['other/retained kept', 'other/missed queued']);
    await again.endAsync();
    const fresh = await client({ clientId: 'fresh' });
    fresh.on('message', note);
    await fresh.subscribeAsync('other/retained');
    await expect.poll(() => seen.slice(2)).toEqual(['other/retained kept']);
    await fresh.endAsync();
  });

  test('keeps no more than a thousand messages for a session that is away', async () => {
    const options = { clientId: 'sleeper', clean: false };
    const sleeper = await client(options);
    await sleeper.subscribeAsync('other', { qos: 1 });
    await sleeper.endAsync();
    const publisher = await client();
    await Promise.all(
      Array.from({ length: 1100 }, (_, index) => publisher.publishAsync('other', String(index), { qos: 1 })),
    );
    await publisher.endAsync();
    expect(cloud.volumes().mqttDropped).toEqual({ retained: 0, queued: 100, unreleased: 0 });
  }, 30_000);
});
