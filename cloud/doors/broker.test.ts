import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Cloud } from '../cloud';

const mosquitto = spawnSync('mosquitto', ['-h']).error === undefined;
let directory: string;
let port: number;
let broker: ChildProcess;
let cloud: Cloud;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return free;
}

const start = () =>
  Cloud.start({
    directory: join(directory, 'cloud'),
    httpPort: 0,
    mqttPort: 0,
    log: pino({ level: 'silent' }),
    broker: { url: `mqtt://127.0.0.1:${port}` },
  });
const client = () => connectAsync(`mqtt://127.0.0.1:${port}`);
const message = (n: number) =>
  JSON.stringify({ app_id: 'app', dev_id: 'device', time: n, payload_fields: { n } });
const rows = async () => {
  await cloud.caughtUp(10_000);
  return (await (await fetch(`http://127.0.0.1:${cloud.httpPort}/query?part=device`)).json()) as {
    value: number;
  }[];
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-broker-'));
  port = await freePort();
  const configuration = join(directory, 'mosquitto.conf');
  await writeFile(configuration, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n`);
  broker = spawn('mosquitto', ['-c', configuration]);
  await expect
    .poll(
      () =>
        client().then(
          (it) => it.endAsync().then(() => true),
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
});

afterEach(async () => {
  await cloud?.close();
  broker.kill();
  await rm(directory, { recursive: true });
});

describe.skipIf(!mosquitto && !process.env.CI)('a broker of its own (skipped: mosquitto missing)', () => {
  test('hands over what is published to the pipeline, also what came while the cloud was away', async () => {
    cloud = await start();
    await expect.poll(() => cloud.volumes().brokerConnections, { timeout: 10_000 }).toBe(16);
    const publisher = await client();
    const publish = (from: number, to: number) =>
      Promise.all(
        Array.from({ length: to - from }, (_, index) =>
          publisher.publishAsync('pipeline/app/device', message(from + index), { qos: 1 }),
        ),
      );
    await publish(0, 100);
    await publisher.publishAsync('other', 'nothing of it', { qos: 1 });
    await expect.poll(() => cloud.counters.stored, { timeout: 10_000 }).toBe(100);
    await cloud.close();
    await publish(100, 200);
    cloud = await start();
    await expect.poll(() => cloud.counters.stored, { timeout: 20_000 }).toBe(100);
    expect((await rows()).map(({ value }) => value).sort((a, b) => a - b)).toEqual([...Array(200).keys()]);
    await publisher.endAsync();
  }, 60_000);
});
