import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuthority, type ServerIdentity } from '@sluice/common/tls';
import type { GrpcServer, User } from '@sluice/common/viam';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OwnResource } from '../resources/driver';
import { ResourceGraph } from '../resources/resource-graph';
import { DialledMachine, type DialledMachineOptions } from './dialled-machine';
import { startViamServer } from './server';

const key: User = { type: 'api-key', entity: 'main', payload: 'a-key' };
let there: ResourceGraph;
let here: ResourceGraph;
let users: User[];
let server: GrpcServer | undefined;
let machine: DialledMachine | undefined;
let told: [boolean, string][];
/** Timers of the machine under test, which a test lets run. */
let waiting: { delay: number; action: () => void }[];

const clock = {
  now: () => 0,
  wall: () => 0,
  after: (delay: number, action: () => void) => {
    const entry = { delay, action };
    waiting.push(entry);
    return () => {
      waiting = waiting.filter((each) => each !== entry);
    };
  },
};

beforeEach(() => {
  there = new ResourceGraph();
  here = new ResourceGraph();
  users = [];
  told = [];
  waiting = [];
  const methods = {
    ReadAnalogReader: ({ analog_reader_name }: { analog_reader_name: string }) => {
      if (analog_reader_name !== 'a') throw new Error(`no reader ${analog_reader_name}`);
      return { value: 7, min_range: 0, max_range: 3, step_size: 0.5 };
    },
  };
  const camera = {
    GetImages: () => ({
      images: [{ source_name: 'left', mime_type: 'image/png', image: Uint8Array.of(1, 2, 3) }],
      captured_at: 1_700_000_000_000,
    }),
  };
  there.put('own', [
    new OwnResource('rdk:component:board/b', 'fake', { methods } as never),
    new OwnResource('rdk:component:camera/c', 'fake', { methods: camera } as never),
  ]);
});

afterEach(async () => {
  machine?.close();
  await server?.close();
  [machine, server] = [undefined, undefined];
});

async function serve(port = 0, tls?: ServerIdentity): Promise<number> {
  server = await startViamServer({
    host: '127.0.0.1',
    port,
    tls,
    users: () => users,
    resources: there,
    machine: { names: () => there.names(), state: () => ({ revision: '', since: 0 }), version: '' },
    wall: () => 0,
  });
  return server.port;
}

function dial(port: number, more: Partial<DialledMachineOptions> = {}): DialledMachine {
  machine = new DialledMachine({
    remote: 'far',
    address: `127.0.0.1:${port}`,
    insecure: true,
    graph: here,
    changed: (isThere, reason) => told.push([isThere, reason]),
    clock: clock as never,
    ...more,
  });
  machine.start();
  return machine;
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Lets the next list begin. */
async function list(): Promise<void> {
  await until(() => waiting.some(({ delay }) => delay === 10_000));
  const index = waiting.findIndex(({ delay }) => delay === 10_000);
  waiting.splice(index, 1)[0]!.action();
}

const board = 'rdk:component:board/far:b';
const read = (analog_reader_name = 'a') => here.call(board, 'ReadAnalogReader', { analog_reader_name });

test('its resources are resources here, read by full and by short name', async () => {
  dial(await serve());
  await until(() => told.length === 1);
  expect(here.names()).toEqual([board, 'rdk:component:camera/far:c']);
  expect(await read()).toEqual({ value: 7, min_range: 0, max_range: 3, step_size: 0.5 });
  expect(
    await here.call('rdk:component:board/b', 'ReadAnalogReader', { analog_reader_name: 'a' }),
  ).toMatchObject({
    value: 7,
  });
});

test('an image comes with its bytes and the time it was taken', async () => {
  dial(await serve());
  await until(() => told.length === 1);
  expect(await here.call('rdk:component:camera/far:c', 'GetImages', {})).toEqual({
    images: [{ source_name: 'left', mime_type: 'image/png', image: Uint8Array.of(1, 2, 3) }],
    captured_at: 1_700_000_000_000,
  });
});

test('an error there is an error here, with its words', async () => {
  dial(await serve());
  await until(() => told.length === 1);
  await expect(read('zz')).rejects.toMatchObject({ code: 'failed', message: 'no reader zz' });
  await expect(here.call(board, 'GetGPIO', { pin: '1' })).rejects.toMatchObject({ code: 'unknown-method' });
});

test('what comes and goes there comes and goes here within a list', async () => {
  dial(await serve());
  await until(() => told.length === 1);
  there.put('own', [new OwnResource('rdk:component:sensor/s', 'fake', { methods: {} } as never)]);
  await list();
  await until(() => here.names().length === 1);
  expect(here.names()).toEqual(['rdk:component:sensor/far:s']);
});

test('shows its key, and shows it again when its token is no longer good', async () => {
  users = [key];
  const credentials = { entity: 'main', type: 'api-key', payload: 'a-key' };
  dial(await serve(), { credentials });
  await until(() => told.length === 1);
  expect(told).toEqual([[true, '']]);
  expect(await read()).toMatchObject({ value: 7 });
  // Another key of the same user: tokens of the one before are of nobody.
  users = [{ ...key, payload: 'another' }];
  await expect(read()).rejects.toThrow('invalid credentials');
  users = [key];
  expect(await read()).toMatchObject({ value: 7 });
});

test('a wrong key is told, and tried again for good', async () => {
  users = [key];
  dial(await serve(), { credentials: { entity: 'main', type: 'api-key', payload: 'wrong' } });
  await until(() => told.length === 1);
  expect(told[0]).toEqual([false, expect.stringContaining('invalid credentials')]);
  users = [{ ...key, payload: 'wrong' }];
  await list();
  await until(() => told.length === 2);
  expect(told[1]).toEqual([true, '']);
});

test('a machine that restarts keeps its resources here, and is found again by itself', async () => {
  const port = await serve();
  dial(port);
  await until(() => told.length === 1);
  await server!.close();
  await list();
  await until(() => told.length === 2);
  expect(told[1]![0]).toBe(false);
  expect(here.names()).toContain(board);
  await expect(read()).rejects.toMatchObject({ code: 'disconnected' });
  await serve(port);
  await list();
  await until(() => told.length === 3);
  expect(await read()).toMatchObject({ value: 7 });
});

test('a machine that takes connections and says nothing is away, and its list is asked for again', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  dial(port, { insecure: false });
  await until(() => told.length === 1);
  expect(told[0]).toEqual([false, expect.stringContaining('says nothing')]);
  await list();
  await until(() => waiting.some(({ delay }) => delay === 10_000));
  expect(told).toHaveLength(1);
  silent.close();
}, 20_000);

test('a machine whose authority is named is dialled over TLS, another’s is not', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-dialled-'));
  const identity = await openAuthority(directory);
  users = [key];
  const address = `localhost:${await serve(0, identity)}`;
  const credentials = { entity: 'main', type: 'api-key', payload: 'a-key' };
  const secure = { address, insecure: false, credentials };
  dial(0, secure);
  await until(() => told.length === 1);
  expect(told[0]).toEqual([false, expect.stringContaining('certificate')]);
  machine!.close();
  dial(0, { ...secure, authority: identity.authority.pem });
  await until(() => told.length === 2);
  expect(told[1]).toEqual([true, '']);
  expect(await read()).toMatchObject({ value: 7 });
  await rm(directory, { recursive: true });
});

test('a call to a machine that says nothing ends by its deadline', async () => {
  const hanging = () => new Promise<never>(() => undefined);
  there.put('own', [
    new OwnResource('rdk:component:board/b', 'fake', { methods: { ReadAnalogReader: hanging } } as never),
  ]);
  dial(await serve());
  await until(() => told.length === 1);
  const call = here.call(board, 'ReadAnalogReader', { analog_reader_name: 'a' }, { deadline: 100 });
  await expect(call).rejects.toMatchObject({ code: 'deadline' });
});
