import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { isMissing, type Server, startMosquitto, thatKeeps } from '../../test/servers/servers';
import { Cloud } from '../cloud';
import { BrokerDoor, type BrokerDoorOptions } from './broker';

const patient = { timeout: 20_000 };
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-broker-'));
  closers.push(() => rm(directory, { recursive: true }));
  return directory;
}

/** A door, and what it hands over, which stays on its way for as long as `isHeld`. */
async function openDoor(port: number, options: Partial<BrokerDoorOptions> = {}, isHeld = false) {
  const consumer = {
    came: [] as string[],
    problems: [] as string[],
    isHeld,
    release: [] as (() => void)[],
    door: undefined as unknown as BrokerDoor,
  };
  consumer.door = await BrokerDoor.open({
    url: `mqtt://127.0.0.1:${port}`,
    receive: async (payload) => {
      consumer.came.push(Buffer.from(payload).toString());
      if (consumer.isHeld) await new Promise<void>((resolve) => consumer.release.push(resolve));
    },
    onProblem: ({ message }) => consumer.problems.push(message),
    ...options,
  });
  closers.push(() => consumer.door.close());
  await expect.poll(() => consumer.door.isConnected, patient).toBe(true);
  return consumer;
}

describe.skipIf(isMissing('mosquitto'))('a broker of its own (skipped: mosquitto missing)', () => {
  async function startBroker(settings: readonly string[] = []): Promise<Server> {
    const broker = await startMosquitto(['max_queued_messages 0', ...settings]);
    closers.push(() => broker.close());
    return broker;
  }

  async function publisherOf({ port }: Server): Promise<MqttClient> {
    const publisher = await connectAsync(`mqtt://127.0.0.1:${port}`);
    closers.push(() => publisher.endAsync(true));
    return publisher;
  }

  const publish = (publisher: MqttClient, payloads: readonly string[], qos: 0 | 1 | 2 = 1) =>
    Promise.all(payloads.map((payload) => publisher.publishAsync('pipeline/app/device', payload, { qos })));
  const texts = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => String(from + index));

  test('hands over what is published to the pipeline, also what came while the cloud was away', async () => {
    const broker = await startBroker();
    const directory = await temporaryDirectory();
    let cloud: Cloud | undefined;
    const start = async () => {
      cloud = await Cloud.start({
        directory,
        httpPort: 0,
        mqttPort: 0,
        log: pino({ level: 'silent' }),
        broker: { url: `mqtt://127.0.0.1:${broker.port}` },
      });
      return cloud;
    };
    closers.push(async () => cloud?.close());
    const message = (n: string) =>
      JSON.stringify({ app_id: 'app', dev_id: 'device', time: Number(n), payload_fields: { n: Number(n) } });
    const first = await start();
    await expect.poll(() => first.volumes().isBrokerConnected, patient).toBe(true);
    const publisher = await publisherOf(broker);
    await publish(publisher, texts(0, 100).map(message));
    await publisher.publishAsync('other', 'nothing of it', { qos: 1 });
    await expect.poll(() => first.counters.stored, patient).toBe(100);
    await first.close();
    await publish(publisher, texts(100, 200).map(message));
    const second = await start();
    await expect.poll(() => second.counters.stored, patient).toBe(100);
    await second.caughtUp(10_000);
    const address = `http://127.0.0.1:${second.httpPort}`;
    const rows = (await (await fetch(`${address}/query?part=device`)).json()) as { value: number }[];
    expect(rows.map(({ value }) => value).sort((a, b) => a - b)).toEqual([...Array(200).keys()]);
    expect(await (await fetch(`${address}/metrics`)).text()).toContain('\nsluice_cloud_broker_up 1\n');
    expect(await (await fetch(`${address}/healthz`)).json()).toEqual({ status: 'ok' });
    await broker.kill();
    await expect
      .poll(async () => (await fetch(`${address}/healthz`)).json(), patient)
      .toEqual({ status: 'ok', warnings: ['the broker is away: nothing is taken from it'] });
  }, 60_000);

  test('has what was published to a broker that came back before it, killed and all', async () => {
    const directory = await temporaryDirectory();
    const broker = await startBroker(thatKeeps(directory));
    const first = await openDoor(broker.port);
    await publish(await publisherOf(broker), texts(0, 10));
    await expect.poll(() => first.came, patient).toEqual(texts(0, 10));
    await first.door.close();
    const saved = () => readFile(join(directory, 'mosquitto.db'), 'latin1').catch(String);
    await expect.poll(saved, patient).toContain('pipeline/#');
    await broker.kill();
    await broker.restart();
    await publish(await publisherOf(broker), texts(10, 110));
    const second = await openDoor(broker.port);
    await expect.poll(() => second.came, patient).toEqual(texts(10, 110));
    expect(second.problems).toEqual([]);
  }, 60_000);

  test.each([1, 2] as const)(
    'has again what was not durable when it died, published with QoS %i',
    async (qos) => {
      const broker = await startBroker();
      const first = await openDoor(broker.port, {}, true);
      await publish(await publisherOf(broker), texts(0, 10), qos);
      await expect.poll(() => first.came, patient).toEqual(texts(0, 10));
      await first.door.close();
      const second = await openDoor(broker.port);
      await expect.poll(() => second.came, patient).toEqual(texts(0, 10));
      await second.door.close();
      const third = await openDoor(broker.port);
      await publish(await publisherOf(broker), ['new']);
      await expect.poll(() => third.came, patient).toEqual(['new']);
    },
    60_000,
  );

  test('lets a thousand become durable together, and has no more on their way', async () => {
    const broker = await startBroker(['max_inflight_messages 0']);
    const consumer = await openDoor(broker.port, {}, true);
    await publish(await publisherOf(broker), texts(0, 1_400));
    await expect.poll(() => consumer.came.length, patient).toBe(1_000);
    consumer.isHeld = false;
    for (const release of consumer.release) release();
    await expect.poll(() => consumer.came, patient).toEqual(texts(0, 1_400));
    expect(consumer.problems).toEqual([]);
  }, 60_000);

  test('passes over what is larger than a message may be, and takes what comes after it', async () => {
    const broker = await startBroker();
    const consumer = await openDoor(broker.port);
    await publish(await publisherOf(broker), ['before', 'x'.repeat(2_000_000), 'after']);
    await expect.poll(() => consumer.came, patient).toEqual(['before', 'after']);
    expect(consumer.problems).toEqual([]);
  }, 60_000);

  test('shares messages out among those of its group', async () => {
    const broker = await startBroker();
    const one = await openDoor(broker.port, { clientId: 'one', share: 'clouds' });
    const other = await openDoor(broker.port, { clientId: 'other', share: 'clouds' });
    await publish(await publisherOf(broker), texts(0, 100));
    await expect.poll(() => one.came.length + other.came.length, patient).toBe(100);
    expect(one.came.length).toBeGreaterThan(0);
    expect(other.came.length).toBeGreaterThan(0);
    expect(new Set([...one.came, ...other.came]).size).toBe(100);
  }, 60_000);

  test('says that a broker has forgotten it', async () => {
    const broker = await startBroker();
    const consumer = await openDoor(broker.port);
    await broker.kill();
    await broker.restart();
    await expect.poll(() => consumer.problems.join(), patient).toContain('it has forgotten the session');
  }, 60_000);
});

describe('what goes over the connection', () => {
  /** A broker that lets everybody in and grants every subscription; then sends these packets. */
  async function startScripted(
    packets: readonly Buffer[],
  ): Promise<{ port: number; acknowledged: number[] }> {
    const acknowledged: number[] = [];
    const server: TcpServer = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        if (data[0] === 0x10) socket.write(Buffer.from([0x20, 3, 0, 0, 0]));
        // The identifier of a SUBSCRIBE is behind its length of one byte.
        else if (data[0] === 0x82)
          socket.write(Buffer.concat([Buffer.from([0x90, 4, data[2]!, data[3]!, 0, 1]), ...packets]));
        else for (let at = 0; data[at] === 0x40; at += 4) acknowledged.push(data.readUInt16BE(at + 2));
      });
      closers.push(async () => socket.destroy());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => server.close());
    return { port: (server.address() as AddressInfo).port, acknowledged };
  }

  const topic = 'pipeline/a/d';
  const published = (payload: string, id?: number) => {
    const identifier = id === undefined ? [] : [id >> 8, id & 0xff];
    const body = [0, topic.length, ...Buffer.from(topic), ...identifier, 0, ...Buffer.from(payload)];
    return Buffer.from([id === undefined ? 0x30 : 0x32, body.length, ...body]);
  };

  test('acknowledgements are in the order of the messages, whichever is durable first', async () => {
    const broker = await startScripted([published('a', 7), published('b', 300), published('c', 9)]);
    const release: (() => void)[] = [];
    const receive = () => new Promise<void>((resolve) => release.push(resolve));
    await openDoor(broker.port, { receive });
    await expect.poll(() => release.length, patient).toBe(3);
    release[2]!();
    release[1]!();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(broker.acknowledged).toEqual([]);
    release[0]!();
    await expect.poll(() => broker.acknowledged, patient).toEqual([7, 300, 9]);
  });

  test('what is refused at first is acknowledged when it is taken', async () => {
    const broker = await startScripted([published('a', 1)]);
    const payloads: string[] = [];
    const { problems } = await openDoor(broker.port, {
      receive: async (payload) => {
        if (payloads.push(String(payload)) === 1) throw new Error('the disk is full');
      },
    });
    await expect.poll(() => payloads.length, patient).toBe(1);
    expect(broker.acknowledged).toEqual([]);
    await expect.poll(() => broker.acknowledged, patient).toEqual([1]);
    expect(problems).toEqual(['the disk is full']);
  });

  test('of messages without acknowledgement no more are on their way than it has room for', async () => {
    const broker = await startScripted(Array.from({ length: 1_500 }, (_, n) => published(String(n))));
    const consumer = await openDoor(broker.port, {}, true);
    await expect.poll(() => consumer.came.length, patient).toBeGreaterThan(1_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(consumer.came.length).toBe(1_001);
    consumer.isHeld = false;
    for (const release of consumer.release) release();
    await expect.poll(() => consumer.came.length, patient).toBe(1_500);
    expect(broker.acknowledged).toEqual([]);
  });
});
