import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { connect, Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { type Clock, systemClock } from '@sluice/common/clock';
import { openAuthority } from '@sluice/common/tls';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Outbox } from '../outbox/outbox';
import { limits } from './limits';
import { LinkServer } from './link-server';
import { type Listener, linkPath, linkProtocol, listen } from './listener';
import { connectPart } from './reference-connection';

const part = { part: 'esp-home', secret: 'correct horse', boot: { counter: 1, random: 2 } };
let root: string;
let directory: Outbox;
let server: LinkServer;
let listener: Listener;
let log: string[];
/** Timers that would take long, to be run at will. */
let delayed: { delay: number; action: () => void }[];

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-listener-'));
  directory = await Outbox.open({ path: root });
  log = [];
  delayed = [];
  server = newServer();
  listener = await listen({ server, port: 0, unprovedPerAddress: 4 });
});

function newServer(): LinkServer {
  const write = (fields: object, message: string) => log.push(`${message} ${JSON.stringify(fields)}`);
  const clock: Clock = {
    ...systemClock,
    after: (delay, action) => {
      const entry = { delay, action };
      delayed.push(entry);
      return () => void delayed.splice(delayed.indexOf(entry), 1);
    },
  };
  return new LinkServer({
    directory,
    parts: {
      secret: (name) => (name === part.part || name.startsWith('part-') ? part.secret : undefined),
      configuration: () => undefined,
    },
    log: { info: write, warn: write, error: write },
    clock,
  });
}

afterEach(async () => {
  await listener.close();
  await directory.close();
  await fs.rm(root, { recursive: true });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function open(): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${listener.port}${linkPath}`, linkProtocol);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

test('an oversized message ends the session before it is in memory, and is counted', async () => {
  const connection = await connectPart({ ...part, port: listener.port });
  await connection.part.until(() => connection.part.open);
  connection.part.send({ blocks: [new Uint8Array(limits.message + 1)] });
  await connection.closed;
  expect(server.counters.refusals).toEqual({ oversized: 1 });
});

test('text instead of a message is refused', async () => {
  const socket = await open();
  socket.send('hello');
  await until(() => server.counters.refusals.malformed === 1);
  await until(() => socket.readyState === socket.CLOSED);
});

test('a connection that says nothing is ended after the time for the handshake', async () => {
  const socket = await open();
  await until(() => delayed.some(({ delay }) => delay === limits.handshake));
  delayed.find(({ delay }) => delay === limits.handshake)!.action();
  await until(() => socket.readyState === socket.CLOSED);
  expect(server.counters.refusals).toEqual({ 'handshake-timeout': 1 });
});

test('of those that say nothing only so many are served from one address, the next when one has gone', async () => {
  const sockets = await Promise.all([open(), open(), open(), open()]);
  let served = false;
  const late = open().then((socket) => {
    served = true;
    return socket;
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(served).toBe(false);
  sockets[0]!.terminate();
  sockets.push(await late);
  expect(server.counters.refusals).toEqual({});
  for (const socket of sockets) socket.terminate();
});

test('fifty parts that dial in the same moment from one address are taken one after the other', async () => {
  const connections = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      connectPart({ ...part, part: `part-${index}`, port: listener.port }),
    ),
  );
  for (const connection of connections) await connection.part.until(() => connection.part.open);
  expect(server.connected).toHaveLength(50);
  expect(server.counters.refusals).toEqual({});
  for (const connection of connections) connection.close();
});

test('connections that never speak leave places for parts', async () => {
  await listener.close();
  server = newServer();
  listener = await listen({ server, port: 0, connections: 8 });
  const from = { host: '127.0.0.1', localAddress: '127.0.0.2' };
  const silent: Socket[] = Array.from({ length: 20 }, () => connect({ ...from, port: listener.port }));
  for (const socket of silent) socket.on('error', () => undefined);
  await until(() => (server.counters.refusals['too-many-connections'] ?? 0) === 18);
  const connection = await connectPart({ ...part, port: listener.port });
  await connection.part.until(() => connection.part.open);
  connection.close();
  for (const socket of silent) socket.destroy();
});

test('requests that never end are cut off and counted, and a part delivers meanwhile', async () => {
  await listener.close();
  server = newServer();
  listener = await listen({ server, port: 0, requestTime: 400 });
  const slow: Socket[] = Array.from({ length: 20 }, () => connect(listener.port, '127.0.0.1'));
  const cut = Promise.all(slow.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  for (const socket of slow) socket.on('error', () => undefined).write('GET /link HTTP/1.1\r\nX: ');
  const connection = await connectPart({ ...part, port: listener.port });
  await connection.part.until(() => connection.part.open);
  await cut;
  expect(server.counters.refusals).toEqual({ http: 20 });
  expect(server.isConnected(part.part)).toBe(true);
  connection.close();
});

test('what is not HTTP is counted and closed', async () => {
  const socket = connect(listener.port, '127.0.0.1');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('\x16\x03\x01rubbish\r\n\r\n');
  await closed;
  expect(server.counters.refusals).toEqual({ http: 1 });
});

test('no secret is ever in the log', async () => {
  const connection = await connectPart({ ...part, secret: 'battery staple', port: listener.port });
  await connection.closed;
  expect(server.counters.refusals).toEqual({ proof: 1 });
  expect(log.join()).toContain('esp-home');
  expect(log.join()).not.toMatch(/horse|battery/);
});

test('a port that is in use is an error of the one who listens, and of nobody else', async () => {
  const uncaught: Error[] = [];
  const onUncaught = (error: Error) => uncaught.push(error);
  process.on('uncaughtException', onUncaught);
  const second = listen({ server: newServer(), port: listener.port });
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE', port: listener.port });
  await new Promise((resolve) => setImmediate(resolve));
  process.off('uncaughtException', onUncaught);
  expect(uncaught).toEqual([]);
});

test('a connection that cannot be accepted is counted, and others are accepted after it', async () => {
  const listening = vi.spyOn(Server.prototype, 'listen');
  const other = await listen({ server, port: 0 });
  const http = listening.mock.contexts[0] as Server;
  listening.mockRestore();
  http.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
  expect(server.counters.refusals.accept).toBe(1);
  expect(log.at(-1)).toContain('accept EMFILE');
  const { part: connected, close } = await connectPart({ ...part, port: other.port });
  await connected.until(() => connected.gatewayProved);
  close();
  await other.close();
});

test('a certificate that is renewed is shown to whoever comes from then on, and nobody is cut off', async () => {
  const names = async (port: number) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { subjectaltname } = socket.getPeerCertificate();
    return { socket, subjectaltname };
  };
  const before = await openAuthority(join(root, 'tls'), ['before.home']);
  const secure = await listen({ server, port: 0, tls: before });
  const first = await names(secure.port);
  expect(first.subjectaltname).toContain('before.home');
  const after = await openAuthority(join(root, 'tls'), ['after.home']);
  expect(after.authority.pem).toBe(before.authority.pem);
  secure.renew(after);
  const second = await names(secure.port);
  expect(second.subjectaltname).toContain('after.home');
  expect(first.socket.destroyed).toBe(false);
  first.socket.destroy();
  second.socket.destroy();
  await secure.close();
});
