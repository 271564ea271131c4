/** The port with clients that are no SDK: raw HTTP/2, TLS, reflection, a viam-server's sequence. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistryFromDescriptors, FileDescriptorProto, FileDescriptorSet } from '@bufbuild/protobuf';
import { Code, type ConnectError, createPromiseClient } from '@connectrpc/connect';
import { createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { openAuthority, type ServerIdentity } from '@sluice/common/tls';
import type { GrpcServer, User } from '@sluice/common/viam';
import {
  AuthService,
  Health,
  plainOf,
  reflectionServices,
  ServingStatus,
} from '@sluice/common/viam/messages';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { CallError } from '../../proto/call-error';
import { OwnResource } from '../resources/driver';
import { ResourceGraph } from '../resources/resource-graph';
import { DataManagerResource } from './data-manager';
import { startViamServer } from './server';
import { resourceServices, robotService } from './service-types';

let directory: string;
let identity: ServerIdentity;
let server: GrpcServer;
let graph: ResourceGraph;
let users: User[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-viam-port-'));
  identity = await openAuthority(directory);
});
afterAll(() => rm(directory, { recursive: true }));

const failing = (code: string) => () => {
  throw new CallError(code, `it is ${code}`);
};

beforeEach(async () => {
  users = [];
  graph = new ResourceGraph();
  const board = (name: string, methods: object) =>
    new OwnResource(`rdk:component:board/${name}`, 'fake', { methods } as never);
  graph.put('own', [
    board('b', {
      ReadAnalogReader: ({ analog_reader_name }: { analog_reader_name: string }) => ({
        value: analog_reader_name.length,
        min_range: 0,
        max_range: 1,
        step_size: 0.5,
      }),
      GetGPIO: ({ pin }: { pin: string }) => failing(pin)(),
    }),
  ]);
  server = await startViamServer({
    host: '127.0.0.1',
    port: 0,
    tls: identity,
    users: () => users,
    resources: graph,
    machine: {
      names: () => graph.names(),
      state: () => ({ revision: 'r1', since: 1_700_000_000_000 }),
      version: '1',
    },
    wall: () => 0,
  });
});
afterEach(() => server.close());

const plain = () => `http://127.0.0.1:${server.port}`;
const board = () => resourceServices.get('viam.component.board.v1.BoardService')!;
// biome-ignore lint/suspicious/noExplicitAny: its messages are known at run time only
type Client = any;
const client = (service: unknown, transport: unknown): Client =>
  createPromiseClient(service as never, transport as never);
const grpc = () => createGrpcTransport({ baseUrl: plain(), httpVersion: '2' });

/** Head and trailers of what a method without a body is answered, as a Go client sees them. */
async function raw(
  path: string,
): Promise<{ head: IncomingHttpHeaders; trailers: IncomingHttpHeaders; bytes: number }> {
  const session = connectHttp2(plain());
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  let [head, trailers, bytes] = [{}, {}, 0];
  stream.on('response', (headers) => {
    head = headers;
  });
  stream.on('trailers', (headers) => {
    trailers = headers;
  });
  stream.on('data', (data: Buffer) => {
    bytes += data.length;
  });
  stream.end(Buffer.alloc(5));
  await once(stream, 'close');
  session.close();
  return { head, trailers, bytes };
}

test.each([
  '/proto.rpc.webrtc.v1.SignalingService/OptionalWebRTCConfig',
  '/proto.rpc.webrtc.v1.SignalingService/Call',
  '/viam.robot.v1.RobotService/Nonsense',
])('%s is UNIMPLEMENTED in an answer of nothing but its head, with its content type', async (path) => {
  const { head, bytes } = await raw(path);
  expect(head).toMatchObject({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' });
  expect(bytes).toBe(0);
});

test('a method that is not served is UNIMPLEMENTED with its content type', async () => {
  const { head, trailers } = await raw('/viam.robot.v1.RobotService/StopAll');
  expect(head['content-type']).toMatch(/^application\/grpc/);
  expect({ ...head, ...trailers }['grpc-status']).toBe('12');
});

test('over gRPC-web and HTTP/1.1 too', async () => {
  const path = '/proto.rpc.webrtc.v1.SignalingService/Call';
  const headers = { 'content-type': 'application/grpc-web+proto' };
  const answer = await fetch(plain() + path, { method: 'POST', headers, body: Buffer.alloc(5) });
  expect(answer.headers.get('content-type')).toBe('application/grpc-web+proto');
  expect(answer.headers.get('grpc-status')).toBe('12');
  expect((await answer.arrayBuffer()).byteLength).toBe(0);
});

test('tells the APIs of its resources, each with the service that it is called by', async () => {
  const { resourceRpcSubtypes } = await client(robotService, grpc()).resourceRPCSubtypes({});
  expect(resourceRpcSubtypes.map((each: object) => plainOf(each))).toEqual([
    {
      subtype: expect.objectContaining({ namespace: 'rdk', type: 'component', subtype: 'board', name: '' }),
      proto_service: 'viam.component.board.v1.BoardService',
    },
  ]);
});

test('what is no gRPC is told what is here', async () => {
  const answer = await fetch(`${plain()}/`);
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('gRPC');
});

test.each([
  ['gRPC in plaintext', () => grpc()],
  ['gRPC-web over HTTP/1.1', () => createGrpcWebTransport({ baseUrl: plain(), httpVersion: '1.1' })],
  [
    'gRPC over TLS',
    () =>
      createGrpcTransport({
        baseUrl: `https://localhost:${server.port}`,
        httpVersion: '2',
        nodeOptions: { ca: identity.authority.pem },
      }),
  ],
  [
    'gRPC-web over TLS and HTTP/1.1',
    () =>
      createGrpcWebTransport({
        baseUrl: `https://localhost:${server.port}`,
        httpVersion: '1.1',
        nodeOptions: { ca: identity.authority.pem },
      }),
  ],
])('reads an analog by %s', async (_name, transport) => {
  const { value, stepSize } = await client(board(), transport()).readAnalogReader({
    boardName: 'b',
    analogReaderName: 'three',
  });
  expect([value, stepSize]).toEqual([5, 0.5]);
});

test.each([
  ['failed', Code.Unknown],
  ['wrong-argument', Code.Unknown],
  ['unknown-method', Code.Unimplemented],
  ['disconnected', Code.Unavailable],
  ['deadline', Code.DeadlineExceeded],
  ['busy', Code.ResourceExhausted],
])('an error "%s" of a resource has the code of a viam-server', async (code, expected) => {
  const error: ConnectError = await client(board(), grpc())
    .getGPIO({ name: 'b', pin: code })
    .catch((reason: ConnectError) => reason);
  expect(error.code).toBe(expected);
  expect(error.rawMessage).not.toBe('');
});

test('a call ends by its client’s deadline, and by the door’s where he has none', async () => {
  const deadlines: number[] = [];
  const hanging = (_: object, { deadline }: { deadline: number }) => {
    deadlines.push(deadline);
    return deadlines.length === 1 ? new Promise<never>(() => undefined) : { high: true };
  };
  const slow = { methods: { GetGPIO: hanging } } as never;
  graph.put('slow', [new OwnResource('rdk:component:board/slow', 'fake', slow)]);
  const asked = { name: 'slow', pin: '1' };
  const begun = performance.now();
  const call = client(board(), grpc()).getGPIO(asked, { timeoutMs: 300 });
  await expect(call).rejects.toMatchObject({ code: Code.DeadlineExceeded });
  expect(performance.now() - begun).toBeLessThan(5_000);
  await client(board(), grpc()).getGPIO(asked);
  expect(deadlines[0]).toBeLessThanOrEqual(300);
  expect(deadlines[1]).toBe(10_000);
});

test('a resource that is not there is UNKNOWN, named in full', async () => {
  const error: ConnectError = await client(board(), grpc())
    .getGPIO({ name: 'nowhere', pin: '1' })
    .catch((reason: ConnectError) => reason);
  expect([error.code, error.rawMessage]).toEqual([
    Code.Unknown,
    'resource rdk:component:board/nowhere not found',
  ]);
});

test('tells the state of the machine and of each resource', async () => {
  const status = await client(robotService, grpc()).getMachineStatus({});
  expect(status.state).toBe(2);
  expect(status.config.revision).toBe('r1');
  expect(
    status.resources.map((each: { name: { name: string }; state: number }) => [each.name.name, each.state]),
  ).toEqual([['b', 3]]);
});

test('the data manager tells how its sync does', async () => {
  const state = { failures: 2, lastError: 'away' };
  const syncing = { sync: async () => ({}), state: () => state, account: () => ({}) };
  graph.put('data manager', [new DataManagerResource('dm', syncing)]);
  const manager = resourceServices.get('viam.service.datamanager.v1.DataManagerService')!;
  const { result } = await client(manager, grpc()).getStatus({ name: 'dm' });
  expect(result.toJson()).toEqual(state);
});

test('is healthy, also for who shows nothing', async () => {
  users = [{ type: 'api-key', entity: 'a', payload: 'k' }];
  const health = client(Health, grpc());
  for (const service of ['', 'viam.robot.v1.RobotService'])
    expect((await health.check({ service })).status).toBe(ServingStatus.SERVING);
  await expect(health.check({ service: 'a.B' })).rejects.toMatchObject({ code: Code.NotFound });
});

test('with users nothing is called without a token', async () => {
  users = [{ type: 'api-key', entity: 'a', payload: 'k' }];
  const error: ConnectError = await client(robotService, grpc())
    .resourceNames({})
    .catch((reason: ConnectError) => reason);
  expect([error.code, error.rawMessage]).toEqual([Code.Unauthenticated, 'authentication required']);
});

test.each([0, 1])(
  'reflection %i hands out descriptors from which every message can be read',
  async (version) => {
    const reflection = client(reflectionServices[version], grpc());
    const ask = async (messageRequest: object) => {
      for await (const { messageResponse } of reflection.serverReflectionInfo(
        (async function* () {
          yield { host: '', messageRequest };
        })(),
      ))
        return messageResponse;
    };
    const { value } = await ask({ case: 'listServices', value: '' });
    const names: string[] = value.service.map(({ name }: { name: string }) => name);
    expect(names).toContain('viam.component.board.v1.BoardService');
    for (const symbol of names) {
      const answer = await ask({ case: 'fileContainingSymbol', value: symbol });
      expect([symbol, answer.case]).toEqual([symbol, 'fileDescriptorResponse']);
      const file = answer.value.fileDescriptorProto.map((bytes: Uint8Array) =>
        FileDescriptorProto.fromBinary(bytes),
      );
      // Clients want what a file imports before it.
      const registry = createRegistryFromDescriptors(new FileDescriptorSet({ file: file.reverse() }));
      expect(registry.findService(symbol)?.typeName).toBe(symbol);
    }
    expect((await ask({ case: 'fileContainingSymbol', value: 'a.B' })).case).toBe('errorResponse');
  },
);

test('a connection that says nothing yet holds up no other, and ends with the server', async () => {
  const silent = connect(server.port, '127.0.0.1');
  await once(silent, 'connect');
  silent.write('P');
  expect((await client(robotService, grpc()).resourceNames({})).resources).toHaveLength(1);
  const ended = once(silent, 'close');
  await server.close();
  await ended;
});

test('serves the network by TLS and with users only', async () => {
  const open = (tls: ServerIdentity | undefined, listed: User[]) =>
    startViamServer({
      host: '0.0.0.0',
      port: 0,
      tls,
      users: () => listed,
      resources: graph,
      machine: { names: () => [], state: () => ({ revision: '', since: 0 }), version: '' },
      wall: () => 0,
    });
  const user = { type: 'api-key', entity: 'a', payload: 'k' };
  await expect(open(identity, [])).rejects.toThrow('no user');
  await expect(open(undefined, [user])).rejects.toThrow('TLS');
  await (await open(identity, [user])).close();
});

test('lets who may only look read, and set nothing', async () => {
  users = [{ type: 'api-key', entity: 'anna', payload: 'key', readOnly: true }];
  const transport = createGrpcTransport({ baseUrl: plain(), httpVersion: '2' });
  const { accessToken } = await client(AuthService, transport).authenticate({
    entity: 'anna',
    credentials: { type: 'api-key', payload: 'key' },
  });
  const headers = { authorization: `Bearer ${accessToken}` };
  const b = client(board(), transport);
  expect((await b.readAnalogReader({ boardName: 'b', analogReaderName: 'abc' }, { headers })).value).toBe(3);
  await expect(b.setGPIO({ name: 'b', pin: '1', high: true }, { headers })).rejects.toMatchObject({
    code: Code.PermissionDenied,
  });
});
