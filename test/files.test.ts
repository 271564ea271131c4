/** Binaries and files from the outbox to our cloud's file door: streamed, begun again when interrupted, once by name. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cloud } from '../cloud/cloud';
import { systemClock } from '../common/clock';
import { cloudUpload } from '../gateway/cloud-upload';
import type { Item } from '../gateway/outbox/items';
import { Outbox } from '../gateway/outbox/outbox';
import { destinationTypes } from '../gateway/sync/destinations';
import { Sync } from '../gateway/sync/sync';

const log = pino({ level: 'silent' });
const camera = {
  part: 'main',
  owner: 'part' as const,
  resource: 'rdk:component:camera/cam',
  method: 'GetImages',
  parameters: {},
  requested: Date.UTC(2026, 10, 21, 22, 40),
  received: Date.UTC(2026, 10, 21, 22, 40),
  extension: '.jpeg',
  tags: [],
};
const file = {
  part: 'main',
  owner: 'part' as const,
  resource: 'file',
  method: 'file',
  parameters: {},
  fileName: 'flight.log',
  extension: '.log',
  tags: ['flight'],
};

const policy = { main: 'main', deleteDataOnPartDeletion: false };
let directory: string;
let cloud: Cloud;
let outbox: Outbox;
/** Between them; cuts connections on demand, after so many requests. */
let proxy: Server;
let requestsLeft = Number.POSITIVE_INFINITY;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-files-'));
  cloud = await Cloud.start({
    directory: join(directory, 'cloud'),
    httpPort: 0,
    mqttPort: 0,
    log,
    reserve: 0,
  });
  outbox = await Outbox.open({ path: join(directory, 'capture') });
  requestsLeft = Number.POSITIVE_INFINITY;
  proxy = createServer((incoming, response) => {
    if (--requestsLeft < 0) {
      incoming.socket.destroy();
      return;
    }
    const { method, url, headers } = incoming;
    const outgoing = request({ port: cloud.httpPort, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  await outbox.close();
  await cloud.close();
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  await rm(directory, { recursive: true });
});

async function sync(): Promise<void> {
  const { port } = proxy.address() as AddressInfo;
  const sync = new Sync<Item>({
    source: {
      complete: () => outbox.complete(),
      waiting: (destination) => outbox.waiting(destination),
      delivered: (item, destination) => outbox.delivered(item, destination),
      setAside: (item, destination, reason) => outbox.setAside(item, destination, reason),
      describe: ({ key }) => key,
    },
    destinations: [
      destinationTypes['block-door'].open<Item>('cloud', {
        address: `http://127.0.0.1:${port}`,
        appId: 'home',
        main: 'main',
        read: (item) => cloudUpload(outbox, item, policy),
      }),
    ],
    settings: { disabled: false, interval: 3_600_000, threads: 2 },
    clock: systemClock,
    log,
  });
  await sync.sync();
  await sync.close();
}

/** Contents' digests of all objects, by extension. */
async function objects(): Promise<string[]> {
  const root = join(directory, 'cloud/objects/home/main');
  const days = await readdir(root).catch(() => []);
  const names = await Promise.all(
    days.map(async (day) => (await readdir(join(root, day))).map((name) => join(root, day, name))),
  );
  const contents = names.flat().filter((name) => !name.endsWith('.json'));
  return Promise.all(contents.map(async (name) => digest(await readFile(name))));
}

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('what was interrupted in the middle of a file begins again, and arrives whole, once', async () => {
  const [picture, flight] = [randomBytes(100_000), randomBytes(21_000_000)];
  const path = join(directory, 'flight.log');
  await writeFile(path, flight);
  await outbox.binary(camera, picture);
  await outbox.adopt(path, file);
  requestsLeft = 5;
  await sync();
  expect((await objects()).length).toBeLessThanOrEqual(1);
  expect((await stat(path)).size).toBe(flight.length);
  requestsLeft = Number.POSITIVE_INFINITY;
  await sync();
  expect((await objects()).sort()).toEqual([digest(picture), digest(flight)].sort());
  expect(outbox.waitingItems).toBe(0);
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('an answer that is lost makes no second object', async () => {
  const item = await outbox.binary(camera, randomBytes(1_000));
  const read = async () => cloudUpload(outbox, item, policy);
  const { port } = proxy.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}`;
  const door = destinationTypes['block-door'].open('cloud', { address, appId: 'home', main: 'main', read });
  const { signal } = new AbortController();
  expect(await door.deliver(item, signal)).toEqual({ result: 'delivered' });
  // The gateway died before it noted it.
  await sync();
  expect(await objects()).toHaveLength(1);
  expect(outbox.waitingItems).toBe(0);
});
