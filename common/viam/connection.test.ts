import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MethodKind, type ServiceType } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAuthority, type ServerIdentity } from '../tls';
import { ViamConnection, type ViamConnectionOptions } from './connection';
import { Gate, type Shown, type User } from './gate';
import { GrpcServer } from './grpc-server';
import { message, text } from './messages';

const Word = message('test.Word', [text(1, 'word')]);
const Echo = {
  typeName: 'test.Echo',
  methods: { say: { name: 'Say', I: Word, O: Word, kind: MethodKind.Unary } },
} as const satisfies ServiceType;

const credentials = { entity: 'ada', type: 'api-key', payload: 'her-key' };
let users: User[];
/** What was shown to the server, in order. */
let shown: Shown[];
let server: GrpcServer;
let connection: ViamConnection | undefined;

class CountingGate extends Gate {
  override authenticate(who: Shown): string {
    shown.push(who);
    return super.authenticate(who);
  }
}

async function serve(tls?: ServerIdentity): Promise<void> {
  const gate = new CountingGate({ users: () => users, wall: () => 0, lifetime: 1_000 });
  const say = async ({ word }: { word: string }) => {
    if (word === 'hang') await new Promise(() => undefined);
    return { word };
  };
  server = await GrpcServer.start({
    host: '127.0.0.1',
    port: 0,
    tls,
    gate,
    services: [{ service: Echo, implementation: { say } }],
  });
}

function open(address: string, more: Partial<ViamConnectionOptions> = {}): ViamConnection {
  connection = new ViamConnection({ address, patience: 1_000, ...more });
  return connection;
}

function say(to: ViamConnection, word: string, timeoutMs = 5_000): Promise<{ word: string }> {
  const { signal } = new AbortController();
  return to.call(() => to.client(Echo).say!({ word }, { signal, timeoutMs }), signal);
}

const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error) => ConnectError.from(error).code,
  );

/** Between a connection and the server. A connection that is held says nothing, and is not closed. */
class Wire {
  connections = 0;
  isHeld = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(to: number) {
    this.#server = createServer((near) => {
      this.connections++;
      this.#keep(near);
      if (this.isHeld) return;
      const far = this.#keep(connect(to, '127.0.0.1'));
      near.on('data', (bytes) => this.isHeld || far.write(bytes));
      far.on('data', (bytes) => this.isHeld || near.write(bytes));
    });
  }

  async open(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on('error', () => undefined);
  }
}

beforeEach(() => {
  [users, shown] = [[], []];
});
afterEach(async () => {
  connection?.close();
  await server.close();
});

test('shows who calls once for all calls that begin at once, and once again when the token is no longer good', async () => {
  users = [{ type: 'api-key', entity: 'ada', payload: 'her-key' }];
  await serve();
  const to = open(`http://127.0.0.1:${server.port}`, { credentials });
  const all = () => Promise.all(Array.from({ length: 10 }, (_, index) => say(to, `${index}`)));
  expect((await all()).map(({ word }) => Number(word))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(shown).toEqual([credentials]);
  // Tokens of the key before are nobody's, though the key is the same again.
  users = [{ type: 'api-key', entity: 'ada', payload: 'another' }];
  expect(await failure(say(to, 'a'))).toBe(Code.Unauthenticated);
  users = [{ type: 'api-key', entity: 'ada', payload: 'her-key' }];
  shown.length = 0;
  await all();
  expect(shown).toHaveLength(1);
});

test('a call that is given up does not wait for who is asked', async () => {
  await serve();
  const silent = new Wire(server.port);
  silent.isHeld = true;
  const to = open(`http://127.0.0.1:${await silent.open()}`, { credentials, patience: 60_000 });
  const giving = new AbortController();
  const call = to.call(() => Promise.resolve('begun'), giving.signal);
  giving.abort(new Error('given up'));
  await expect(call).rejects.toThrow('given up');
  silent.close();
});

test('a peer that has vanished without a word is dialled anew', async () => {
  await serve();
  const wire = new Wire(server.port);
  const to = open(`http://127.0.0.1:${await wire.open()}`, { pingAfter: 100 });
  expect(await say(to, 'a')).toMatchObject({ word: 'a' });
  wire.isHeld = true;
  const lost = say(to, 'b', 60_000);
  // It would wait for a minute: it is the ping that ends it.
  expect(await failure(lost)).not.toBe(Code.DeadlineExceeded);
  wire.isHeld = false;
  expect(await say(to, 'c')).toMatchObject({ word: 'c' });
  expect(wire.connections).toBe(2);
  wire.close();
});

test('a peer that is slow is not taken for one that has vanished', async () => {
  await serve();
  const to = open(`http://127.0.0.1:${server.port}`, { pingAfter: 50 });
  expect(await failure(say(to, 'hang', 500))).toBe(Code.DeadlineExceeded);
  expect(await say(to, 'a')).toMatchObject({ word: 'a' });
});

test('one that takes the connection and says nothing is given up in time, and dialled anew', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-connection-'));
  const identity = await openAuthority(directory);
  await serve(identity);
  const wire = new Wire(server.port);
  wire.isHeld = true;
  const address = `https://localhost:${await wire.open()}`;
  const to = open(address, { patience: 200, authority: identity.authority.pem });
  let isBegun = false;
  const call = to.call(async () => {
    isBegun = true;
  }, new AbortController().signal);
  expect(await failure(call)).toBe(Code.Unavailable);
  expect(isBegun).toBe(false);
  wire.isHeld = false;
  expect(await say(to, 'a')).toMatchObject({ word: 'a' });
  wire.close();
  to.close();
  const stranger = open(address.replace(/\d+$/, `${server.port}`));
  expect(await failure(say(stranger, 'a'))).not.toBeUndefined();
  await rm(directory, { recursive: true });
});

test('behind its close nothing is open, and nothing is called', async () => {
  await serve();
  const wire = new Wire(server.port);
  const to = open(`http://127.0.0.1:${await wire.open()}`);
  await say(to, 'a');
  const underWay = failure(say(to, 'hang'));
  to.close();
  expect(await underWay).toBe(Code.Canceled);
  expect(await failure(say(to, 'b'))).toBe(Code.Canceled);
  expect(wire.connections).toBe(1);
  wire.close();
});
