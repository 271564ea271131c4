import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createHttp2, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceType } from '@bufbuild/protobuf';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { AuthService, DataSyncService } from '@sluice/common/viam/messages';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfiguredDataManager } from './configured-data-manager';
import { Destinations } from './destinations';
import { readMachine } from './machine/machine';

/** Takes everything: our cloud, and an entry of the platform. */
class Taker {
  /** What it took, by its first word; with the key that it was shown. */
  readonly taken: string[] = [];
  readonly keys: (string | undefined)[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      this.taken.push(/photo-\d+/.exec(body)?.[0] ?? body);
      this.keys.push(request.headers.authorization);
      response.end(JSON.stringify(request.url!.startsWith('/files/') ? { stored: true } : {}));
    });
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

let directory: string;
let data: ConfiguredDataManager;
let [cloud, first, second]: Taker[] = [];
const givers = { hold: () => () => undefined, moved: () => undefined };

const entryAt = (address: string, more: object = {}) => ({
  name: 'entry',
  type: 'platform-http',
  app_id: 'garden',
  address,
  ...more,
});
const away = { name: 'away', type: 'platform-http', app_id: 'garden', address: 'http://127.0.0.1:1' };

/** One that syncs when it is asked. */
function machine(destinations: object[]): string {
  const attributes = { capture_dir: join(directory, 'capture'), sync_disabled: true };
  return JSON.stringify({
    destinations,
    services: [{ name: 'data_manager', type: 'data_manager', attributes }],
  });
}

async function configure(...destinations: object[]): Promise<void> {
  const text = machine(destinations);
  data.configure(text, readMachine(text), givers);
  await data.followed();
}

let photos = 0;
async function photograph(): Promise<string> {
  const name = `photo-${photos++}`;
  const time = 1_700_000_000_000;
  const of = {
    part: 'main',
    owner: 'part',
    resource: 'rdk:component:camera/cam',
    method: 'GetImages',
  } as const;
  const like = { mimeType: 'image/jpeg', extension: '.jpeg', tags: [name], parameters: {} };
  await data.manager.outbox.binary({ ...of, ...like, requested: time, received: time }, Buffer.from('jpeg'));
  return name;
}

const sync = () => data.manager.syncNow();
const waiting = () => data.manager.outbox.waitingItems;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-destinations-'));
  [cloud, first, second] = await Promise.all([1, 2, 3].map(() => new Taker().open()));
  data = await openAgain(machine([entryAt(first!.address), away]));
});

function openAgain(configuration: string): Promise<ConfiguredDataManager> {
  return ConfiguredDataManager.open({
    configuration,
    plan: readMachine(configuration),
    main: 'main',
    cloud: { address: cloud!.address, appId: 'garden' },
    remote: () => undefined,
    readings: () => Promise.reject(new Error('no sensor')),
    directory,
    log: pino({ level: 'silent' }),
  });
}

afterEach(async () => {
  await data.manager.close();
  for (const taker of [cloud, first, second]) taker!.close();
  await rm(directory, { recursive: true });
});

test('a destination that is elsewhere now gets what it has not settled, and nothing twice', async () => {
  const old = await photograph();
  await sync();
  expect(first!.taken).toEqual([old]);
  const late = await photograph();
  await configure(entryAt(second!.address, { key: 'another' }), away);
  await sync();
  // Both wait for the one that is away.
  expect(waiting()).toBe(2);
  expect({ first: first!.taken, second: second!.taken }).toEqual({ first: [old], second: [late] });
  expect(second!.keys).toEqual(['Bearer another']);
});

test('one that is no more holds nothing up, and one that is new gets what waits', async () => {
  const old = await photograph();
  await sync();
  await configure(entryAt(first!.address), { ...away, name: 'other', address: second!.address });
  await sync();
  expect(second!.taken).toEqual([old]);
  expect(waiting()).toBe(0);
  const account = await data.manager.account();
  expect(Object.keys(account)).toEqual(['cloud', 'entry', 'other']);
  for (const of of Object.values(account)) expect(of).toMatchObject({ received: 1, delivered: 1, stored: 0 });
});

test('what is of no use leaves those of before, and is told as a problem until it is right', async () => {
  await configure(entryAt('mqtt://no.entry.example'));
  expect(data.problems).toMatchObject([
    { path: 'destinations', message: expect.stringMatching(/^destinations\.0\.address/) },
  ]);
  const name = await photograph();
  await sync();
  expect(first!.taken).toEqual([name]);
  expect(waiting()).toBe(1);
  await configure(entryAt(first!.address));
  expect(data.problems).toEqual([]);
  expect(waiting()).toBe(0);
});

test('our own cloud that is elsewhere now, or knows another key, is followed', async () => {
  await configure();
  await photograph();
  await sync();
  data.reach({ address: second!.address, appId: 'garden', key: 'k' });
  await data.followed();
  const late = await photograph();
  await sync();
  expect(cloud!.taken).toHaveLength(1);
  expect(second!.taken).toEqual([late]);
  expect(second!.keys).toEqual(['Bearer k']);
  expect(waiting()).toBe(0);
});

test('a destination with the same plan is the same one, whatever else changes', () => {
  const options = {
    configuration: machine([entryAt(first!.address), away]),
    main: 'main',
    cloud: { address: cloud!.address, appId: 'garden' },
    remote: () => undefined,
    isDeletedWithPart: () => false,
    log: pino({ level: 'silent' }),
  };
  const ownerOf = () => data.manager.outbox.outbox;
  const destinations = new Destinations(options);
  const before = destinations.open(ownerOf);
  destinations.configure(machine([away, entryAt(first!.address, { lines: true })]));
  const after = destinations.open(ownerOf);
  expect(after.map(({ name }) => name)).toEqual(['cloud', 'away', 'entry']);
  expect(after.map((each) => before.includes(each))).toEqual([true, true, false]);
});

test('what Viam’s cloud may have twice, as an answer was lost, is in the account, also after a start', async () => {
  const viam = await openLosingCloud();
  const configuration = JSON.stringify({
    ...JSON.parse(machine([])),
    cloud: { id: 'main-id', secret: 'of-the-test', app_address: viam.address },
  });
  data.configure(configuration, readMachine(configuration), givers);
  await data.followed();
  await photograph();
  await photograph();
  await sync();
  await sync();
  // The first was taken twice, its first answer lost.
  const { received, delivered, maybeTwice } = data.manager.account().viam!;
  expect(viam.taken).toBe(received + 1);
  expect({ delivered, maybeTwice }).toEqual({ delivered: received, maybeTwice: 1 });
  expect(data.manager.account().cloud).toMatchObject({ maybeTwice: 0 });
  await data.manager.close();
  data = await openAgain(configuration);
  expect(data.manager.account().viam).toMatchObject({ delivered, maybeTwice: 1 });
  await viam.close();
});

/** Takes what it is given; of its first answer the connection ends. */
async function openLosingCloud() {
  const cloud = { taken: 0, address: '', close: () => Promise.resolve() };
  const sessions = new Set<ServerHttp2Session>();
  const taken = () => {
    if (cloud.taken++ === 0) for (const session of sessions) session.destroy();
    return { fileId: '' };
  };
  const handler = connectNodeAdapter({
    routes: (router) => {
      const auth = { authenticate: () => ({ accessToken: 'token' }) };
      router.service(AuthService as ServiceType, auth as never);
      router.service(DataSyncService as ServiceType, { dataCaptureUpload: taken } as never);
    },
  });
  const server = createHttp2(handler as never);
  server.on('session', (session) => sessions.add(session.on('close', () => sessions.delete(session))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cloud.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cloud.close = () =>
    new Promise((resolve) => {
      for (const session of sessions) session.destroy();
      server.close(() => resolve());
    });
  return cloud;
}
