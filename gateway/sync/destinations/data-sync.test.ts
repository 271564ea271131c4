/** Viam's cloud, played by a stand-in from what real ones were seen to do, with the failures of a real one. */

import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { MethodKind, type ServiceType, Value } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { AuthService, DataSyncService, plainOf, SensorData } from '@sluice/common/viam/messages';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type CaptureFileMetadata, encodeHead, encodeRecord } from '../../../modules/block/file';
import { IntegerEncoder } from '../../../modules/block/integer-encoder';
import type { Destination } from '../destination';
import { type DataSyncOptions, type DataSyncUpload, dataSync } from './data-sync';

const metadata: CaptureFileMetadata = {
  part: 'esp-home',
  boot: { counter: 1, random: 2 },
  stream: 3,
  owner: 'main',
  resource: 'rdk:component:board/my-esp32',
  method: 'Analogs',
  parameters: { reader_name: 'A1' },
  kind: 'integer',
  period: { numerator: 10, denominator: 1 },
  range: { min: 0, max: 2_450, step: 0.5, unit: 'mV' },
  tags: ['t1'],
};

interface Seen {
  method: string;
  metadata: Record<string, unknown>;
  /** As their rows are stored. */
  readings: Record<string, unknown>[];
  bytes: number;
  packets: number;
}

let server: Http2Server;
const sessions = new Set<ServerHttp2Session>();
let address: string;
let authentications: unknown[];
let good: Set<string>;
let seen: Seen[];
/** Of the next uploads: what happens before and after they are taken. */
let before: ((context: HandlerContext) => void | Promise<void>)[];
let after: (() => void | Promise<void>)[];
let doubts: number[];
/** ms that it takes for each packet of a stream. */
let pause: number;
const opened: Destination<object>[] = [];
const never = () => new Promise<never>(() => undefined);

const failing = (code: Code) => () => {
  throw new ConnectError('as it was told', code);
};

beforeEach(async () => {
  [authentications, good, seen, before, after, doubts] = [[], new Set(), [], [], [], []];
  pause = 0;
  const taken = async (context: HandlerContext, take: () => Promise<Omit<Seen, 'method'>>) => {
    if (!good.has(context.requestHeader.get('authorization') ?? ''))
      throw new ConnectError('authentication required', Code.Unauthenticated);
    await before.shift()?.(context);
    seen.push({ method: context.method.name, ...(await take()) });
    await after.shift()?.();
    return { binaryDataId: 'id' };
  };
  const unary = (request: never, context: HandlerContext) =>
    taken(context, async () => {
      const { metadata, sensor_contents } = plainOf(request) as unknown as {
        metadata: Record<string, unknown>;
        sensor_contents: Uint8Array[];
      };
      const readings = sensor_contents.map((bytes) => plainOf(SensorData.fromBinary(bytes)));
      return {
        metadata,
        readings,
        bytes: sensor_contents.reduce((sum, each) => sum + each.length, 0),
        packets: 1,
      };
    });
  const streamed = (requests: AsyncIterable<never>, context: HandlerContext) =>
    taken(context, async () => {
      const entry = { metadata: {}, readings: [] as Seen['readings'], bytes: 0, packets: 0 };
      for await (const request of requests) {
        await new Promise((resolve) => setTimeout(resolve, pause));
        const plain = plainOf(request) as Record<string, never>;
        entry.packets++;
        const { upload_metadata, sensor_metadata, ...file } = (plain.metadata ?? {}) as Record<string, never>;
        if (plain.metadata) entry.metadata = upload_metadata ?? file;
        if (sensor_metadata) entry.readings.push(sensor_metadata);
        const { data } = (plain.file_contents ?? plain) as unknown as { data?: Uint8Array };
        entry.bytes += data?.length ?? 0;
      }
      return entry;
    });
  const { methods } = DataSyncService;
  const handlers = Object.fromEntries(
    Object.entries(methods).map(([name, { kind }]) => [name, kind === MethodKind.Unary ? unary : streamed]),
  );
  const handler = connectNodeAdapter({
    routes: (router) => {
      router.service(
        AuthService as ServiceType,
        {
          authenticate: (request: unknown) => {
            const { entity, credentials } = plainOf(request as object) as never as {
              entity: string;
              credentials: { type: string; payload: string };
            };
            authentications.push({ entity, ...credentials });
            if (credentials.payload !== 's')
              throw new ConnectError('invalid credentials', Code.Unauthenticated);
            const token = `token-${authentications.length}`;
            good.add(`Bearer ${token}`);
            return { accessToken: token };
          },
        } as never,
      );
      router.service(DataSyncService as ServiceType, handlers as never);
    },
  });
  server = createServer(handler as never);
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  for (const destination of opened.splice(0)) await destination.close?.();
  for (const session of sessions) session.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** A capture file of these counts, 100 a second from second 1 of the boot on. */
function file(
  values: readonly number[],
  of: Partial<CaptureFileMetadata> = {},
  offset = 1_700_000_000_000,
): Uint8Array {
  const parts: Uint8Array[] = [encodeHead({ ...metadata, ...of })];
  const mapping = { known: offset !== 0, offset };
  const encoder = new IntegerEncoder({
    boot: metadata.boot,
    stream: metadata.stream,
    period: metadata.period,
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
  return Buffer.concat(parts);
}

const blocks = (
  values: readonly number[],
  of?: Partial<CaptureFileMetadata>,
  offset?: number,
): DataSyncUpload => ({
  type: 'blocks',
  file: file(values, of, offset),
});

function open(upload: DataSyncUpload | undefined, more: Partial<DataSyncOptions<object>> = {}) {
  const destination = dataSync.open<object>('viam', {
    address,
    main: 'main',
    partId: 'main-id',
    credentials: { type: 'robot-secret', entity: 'main-id', payload: 's' },
    read: async () => upload,
    onDoubt: (_, readings) => doubts.push(readings),
    ...more,
  });
  const item = {};
  opened.push(destination);
  return (signal = new AbortController().signal) => destination.deliver(item, signal);
}

const content = (bytes: number) => ({
  bytes,
  pieces: async function* () {
    for (let left = bytes; left > 0; left -= 262_144) yield new Uint8Array(Math.min(left, 262_144)).fill(7);
  },
});
const annotations = {
  bboxes: [
    {
      label: 'cat',
      confidence: 0.75,
      x_min_normalized: 0.25,
      y_min_normalized: 0,
      x_max_normalized: 0.5,
      y_max_normalized: 1,
    },
  ],
  classifications: [{ label: 'color' }],
};
const image = (bytes: number, of: { mimeType?: string } = { mimeType: 'image/jpeg' }): DataSyncUpload => ({
  type: 'binary',
  metadata: {
    ...of,
    part: 'main',
    resource: 'rdk:component:camera/cam',
    method: 'GetImages',
    parameters: {},
    requested: 1_700_000_000_000,
    received: 1_700_000_000_025.5,
    extension: '.bin',
    tags: ['x'],
    datasets: ['d1'],
    annotations,
  },
  ...content(bytes),
});

test('a command that was captured is told as the object that it is', async () => {
  const parameters = { docommand_input: '{"command": "health"}' };
  expect(await open(blocks([1], { parameters }))()).toEqual({ result: 'delivered' });
  const [{ metadata: told }] = seen as [Seen];
  const { docommand_input: any } = told.method_parameters as Record<string, { value: Uint8Array }>;
  expect(Value.fromBinary(any!.value).toJson()).toEqual({ command: 'health' });
});

test('shows the secret once, and uploads readings as a viam-server does', async () => {
  expect(await open(blocks([100, 200, 300]))()).toEqual({ result: 'delivered' });
  expect(authentications).toEqual([{ entity: 'main-id', type: 'robot-secret', payload: 's' }]);
  expect(seen).toHaveLength(1);
  const [{ method, metadata: told, readings }] = seen as [Seen];
  expect(method).toBe('DataCaptureUpload');
  expect(told).toMatchObject({
    part_id: 'main-id',
    component_type: 'rdk:component:board',
    component_name: 'my-esp32',
    method_name: 'Analogs',
    type: 2,
    file_extension: '.dat',
    tags: ['t1'],
  });
  const parameters = told.method_parameters as Record<string, { type_url: string; value: Uint8Array }>;
  expect(parameters.reader_name!.type_url).toBe('type.googleapis.com/google.protobuf.Value');
  expect(Buffer.from(parameters.reader_name!.value).toString()).toContain('A1');
  expect(readings).toHaveLength(3);
  expect(readings[1]).toMatchObject({
    metadata: { time_requested: 1_700_000_001_010, time_received: 1_700_000_001_010 },
    struct: { value: 200, min_range: 0, max_range: 2.45, step_size: 0.0005 },
  });
});

test('shows an API key by its id', async () => {
  const credentials = { type: 'api-key', entity: 'key-id', payload: 's' } as const;
  expect(await open(blocks([1]), { credentials })()).toEqual({ result: 'delivered' });
  expect(authentications).toEqual([{ entity: 'key-id', type: 'api-key', payload: 's' }]);
});

test("a part's own stream goes under its own id, the main part's own under the main's", async () => {
  await open(blocks([1], { owner: 'part' }))();
  await open(blocks([1], { owner: 'part', part: 'main' }))();
  expect(seen.map(({ metadata: { part_id } }) => part_id)).toEqual(['esp-home', 'main-id']);
});

test('readings of a boot that never knew the time say so', async () => {
  await open(blocks([1], {}, 0))();
  expect(seen[0]!.metadata.tags).toEqual(['t1', 'time_unknown']);
});

test('many readings go in requests of a megabyte, each once', async () => {
  const values = Array.from({ length: 10_000 }, (_, index) => index % 4096);
  expect(await open(blocks(values))()).toEqual({ result: 'delivered' });
  expect(seen.length).toBeGreaterThan(1);
  for (const { bytes } of seen) expect(bytes).toBeLessThanOrEqual(1_000_000);
  const stored = seen.flatMap(({ readings }) =>
    readings.map(({ struct }) => (struct as { value: number }).value),
  );
  expect(stored).toEqual(values);
});

test('what was acknowledged of a file is not sent again after a failure', async () => {
  const deliver = open(blocks(Array.from({ length: 10_000 }, (_, index) => index % 4096)));
  before = [() => undefined, failing(Code.Unavailable)];
  expect(await deliver()).toMatchObject({ result: 'again', of: 'destination' });
  expect(await deliver()).toEqual({ result: 'delivered' });
  expect(seen.flatMap(({ readings }) => readings)).toHaveLength(10_000);
});

test('a lost answer doubles that request and no other, and says so', async () => {
  const deliver = open(blocks(Array.from({ length: 10_000 }, (_, index) => index % 4096)));
  after = [
    () => undefined,
    () => {
      for (const session of sessions) session.destroy();
    },
  ];
  expect(await deliver()).toMatchObject({ result: 'again', of: 'destination' });
  expect(await deliver()).toEqual({ result: 'delivered' });
  const lost = seen[1]!.readings.length;
  expect(doubts).toEqual([lost]);
  expect(seen.flatMap(({ readings }) => readings)).toHaveLength(10_000 + lost);
});

test.each([
  [Code.InvalidArgument, { result: 'refused' }],
  [Code.Unavailable, { result: 'again', of: 'destination' }],
  [Code.ResourceExhausted, { result: 'again', of: 'destination' }],
  [Code.DeadlineExceeded, { result: 'again', of: 'destination' }],
  [Code.Internal, { result: 'again', of: 'item' }],
  [Code.PermissionDenied, { result: 'again', of: 'item' }],
])('the code %i of an upload means %o', async (code, expected) => {
  before = [failing(code)];
  const delivery = await open(blocks([1]))();
  expect(delivery).toMatchObject(expected);
  expect(JSON.stringify(delivery)).toContain('as it was told');
});

test('a wrong secret fails the destination, and is in no reason', async () => {
  const credentials = { type: 'robot-secret', entity: 'main-id', payload: 'a-wrong-secret' } as const;
  const delivery = await open(blocks([1]), { credentials })();
  expect(delivery).toMatchObject({ result: 'again', of: 'destination' });
  expect(JSON.stringify(delivery)).toContain('invalid credentials');
  expect(JSON.stringify(delivery)).not.toContain('a-wrong-secret');
  expect(doubts).toEqual([]);
});

test.each([
  ['a request', () => blocks([1])],
  ['a stream', () => image(1_500_000)],
])('a token that is no longer good is asked for anew, without a failure: of %s', async (_, upload) => {
  const deliver = open(upload());
  await deliver();
  good.clear();
  expect(await deliver()).toEqual({ result: 'delivered' });
  expect(authentications).toHaveLength(2);
  expect(doubts).toEqual([]);
});

test('a cloud that is not there fails the destination, and has nothing twice', async () => {
  const deliver = open(blocks([1]), { address: 'http://127.0.0.1:1' });
  for (let attempt = 0; attempt < 3; attempt++)
    expect(await deliver()).toMatchObject({ result: 'again', of: 'destination' });
  expect(doubts).toEqual([]);
});

test.each([
  ['a request', () => blocks([1, 2, 3]), 3],
  ['a stream', () => image(1_500_000), 1],
])(
  '%s that is not answered in time is given up, told of once, and sent again',
  async (_, upload, readings) => {
    const deliver = open(upload(), { patience: 200 });
    before = [never, never];
    for (let attempt = 0; attempt < 2; attempt++)
      expect(await deliver()).toMatchObject({
        result: 'again',
        of: 'destination',
        reason: expect.stringMatching(/deadline_exceeded/),
      });
    expect(await deliver()).toEqual({ result: 'delivered' });
    expect(doubts).toEqual([readings]);
  },
);

test('a stream may take long, while something of it is taken', async () => {
  const patience = 1_000;
  before = [
    async () => {
      pause = 60;
    },
  ];
  const begun = performance.now();
  expect(await open(image(1_500_000), { patience })()).toEqual({ result: 'delivered' });
  expect(performance.now() - begun).toBeGreaterThan(patience);
});

test('a binary up to a megabyte goes in one request, with the extension of its type', async () => {
  expect(await open(image(1_000))()).toEqual({ result: 'delivered' });
  expect(seen[0]).toMatchObject({
    method: 'DataCaptureUpload',
    metadata: {
      part_id: 'main-id',
      component_type: 'rdk:component:camera',
      component_name: 'cam',
      method_name: 'GetImages',
      type: 1,
      file_extension: '.jpeg',
      mime_type: 'image/jpeg',
      tags: ['x'],
      dataset_ids: ['d1'],
    },
  });
  expect(seen[0]!.readings[0]).toMatchObject({
    metadata: { time_requested: 1_700_000_000_000, time_received: 1_700_000_000_025.5, annotations },
    binary: expect.objectContaining({ length: 1_000 }),
  });
});

test('a binary of no known type keeps the extension that it has', async () => {
  await open(image(1_000, {}))();
  expect(seen[0]!.metadata).toMatchObject({ file_extension: '.bin', mime_type: '' });
});

test('a larger binary is streamed, what it is first', async () => {
  expect(await open(image(1_500_000))()).toEqual({ result: 'delivered' });
  expect(seen[0]).toMatchObject({
    method: 'StreamingDataCaptureUpload',
    metadata: { type: 1, mime_type: 'image/jpeg' },
    readings: [{ time_requested: 1_700_000_000_000, annotations }],
    bytes: 1_500_000,
  });
  expect(seen[0]!.packets).toBeGreaterThan(20);
});

test('a larger binary that is refused is refused', async () => {
  before = [failing(Code.InvalidArgument)];
  expect(await open(image(1_500_000))()).toMatchObject({ result: 'refused' });
});

test('a file is streamed with its name, extension, tags, data sets and times', async () => {
  const upload: DataSyncUpload = {
    type: 'file',
    metadata: { part: 'main', fileName: 'logs/flight.log', extension: '.log', tags: ['a'], datasets: ['d'] },
    modified: 1_700_000_000_000,
    ...content(200_000),
  };
  expect(await open(upload)()).toEqual({ result: 'delivered' });
  expect(seen[0]).toMatchObject({
    method: 'FileUpload',
    metadata: {
      part_id: 'main-id',
      type: 3,
      file_name: 'logs/flight.log',
      file_extension: '.log',
      tags: ['a'],
      dataset_ids: ['d'],
      file_create_time: 1_700_000_000_000,
      file_modify_time: 1_700_000_000_000,
    },
    bytes: 200_000,
  });
});

test('an item that has gone is gone, one that cannot be read waits alone', async () => {
  expect(await open(undefined)()).toEqual({ result: 'gone' });
  const read = () => Promise.reject(Object.assign(new Error('x'), { code: 'EIO', syscall: 'read' }));
  expect(await open(undefined, { read })()).toMatchObject({ result: 'unread' });
  const broken: DataSyncUpload = { type: 'blocks', file: Uint8Array.of(1, 2, 3) };
  expect(await open(broken)()).toMatchObject({ result: 'again', of: 'item' });
  expect(seen).toEqual([]);
});

test('a delivery that is given up ends at once, and may be there', async () => {
  const abort = new AbortController();
  before = [() => new Promise(() => abort.abort())];
  await expect(open(blocks([1, 2]))(abort.signal)).rejects.toThrow();
  expect(doubts).toEqual([2]);
});

test('keeps no connection when it is closed', async () => {
  await open(blocks([1]))();
  expect(sessions.size).toBe(1);
  await opened.pop()!.close!();
  await vi.waitFor(() => expect(sessions.size).toBe(0));
});
