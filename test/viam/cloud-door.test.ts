/**
 * Viam's door of the cloud with its real clients: the data clients of both SDKs, unchanged, and our own gateway's
 * destination for Viam's cloud, pointed at ours.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGrpcTransport } from '@connectrpc/connect-node';
import * as viam from '@viamrobotics/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Credentials, TestDoor } from '../../cloud/viam/test-door';
import { type DataSyncUpload, dataSync } from '../../gateway/sync/destinations/data-sync';
import { encodeHead, encodeRecord } from '../../modules/block/file';
import { IntegerEncoder } from '../../modules/block/integer-encoder';
import { isPythonMissing, runPython } from './python';

let door: TestDoor;
let anna: Credentials;
let secret: Credentials;

beforeAll(async () => {
  door = await TestDoor.make();
  anna = await door.addUser('anna', 'operator');
  secret = await door.addMachine('main-1');
  await door.start();
}, 60_000);
afterAll(() => door.close());

const rows = (part: string) => door.rows(part, anna.payload);

async function contentsOf(id: string, extension: string): Promise<string> {
  const [appId, devId, name] = id.split('/');
  const day = new Date().toISOString().slice(0, 10);
  return readFile(join(door.directory, 'cloud/objects', appId!, devId!, day, `${name}${extension}`), 'utf8');
}

describe.each([
  ['gRPC-web', undefined],
  [
    'gRPC',
    (options: { baseUrl: string }) => createGrpcTransport({ baseUrl: options.baseUrl, httpVersion: '2' }),
  ],
])('the TypeScript SDK’s data client over %s', (name, factory) => {
  const part = `ts-${name}`;
  let client: viam.ViamClient;
  const connect = (payload: string) =>
    viam.createViamClient({
      serviceHost: `http://localhost:${door.cloud.viamPort}`,
      credentials: { type: 'api-key', authEntity: anna.entity, payload },
    });
  beforeAll(async () => {
    Object.assign(globalThis, { VIAM: { GRPC_TRANSPORT_FACTORY: factory } });
    client = await connect(anna.payload);
  });
  afterAll(() => void Object.assign(globalThis, { VIAM: undefined }));

  test('uploads readings', async () => {
    const now = new Date();
    const id = await client.dataClient.tabularDataCaptureUpload(
      [{ readings: { celsius: 21.5, door: true } }],
      part,
      'rdk:component:sensor',
      's',
      'Readings',
      [[now, now]],
      ['ts'],
    );
    expect(id).toMatch(new RegExp(`^${part}/`));
    expect((await rows(part)).map(({ stream, value }) => [stream, value]).sort()).toEqual([
      ['s_Readings_readings_celsius', 21.5],
      ['s_Readings_readings_door', true],
    ]);
  });

  test('uploads a picture', async () => {
    const now = new Date();
    const id = await client.dataClient.binaryDataCaptureUpload(
      Buffer.from('a picture'),
      part,
      'rdk:component:camera',
      'cam',
      'GetImages',
      '.jpeg',
      [now, now],
    );
    expect(await contentsOf(id, '.jpeg')).toBe('a picture');
  });

  // gRPC-web has no streams of a client's.
  test.skipIf(factory === undefined)('uploads a file', async () => {
    const id = await client.dataClient.fileUpload(Buffer.from('notes'), part, {
      fileName: 'notes',
      fileExtension: '.txt',
    });
    expect(await contentsOf(id, '.txt')).toBe('notes');
  });

  test('is UNAUTHENTICATED with a wrong key', async () => {
    const error = await connect('wrong').catch((reason) => reason);
    const codes = [error, ...[error.cause].flat()].map((each) => each?.code);
    expect(codes).toContain(16);
  });
});

describe.skipIf(isPythonMissing && !process.env.CI)(
  'the Python SDK’s data client (skipped when viam-sdk is missing)',
  () => {
    test('uploads readings, pictures, streams and files', async () => {
      const seen = (await runPython('data_client.py', door.address, anna.entity, anna.payload)) as Record<
        string,
        string
      >;
      expect(seen.wrong).toBe('UNAUTHENTICATED');
      expect((await rows('py-part')).map(({ stream, value }) => [stream, value])).toEqual([
        ['s_Readings_readings_celsius', 21.5],
        ['s_Readings_readings_celsius', 22],
      ]);
      expect(await contentsOf(seen.binary!, '.jpeg')).toBe('a picture');
      expect(await contentsOf(seen.streamed!, '.bin')).toHaveLength(200_000);
      expect(await contentsOf(seen.file!, '.txt')).toBe('notes');
    }, 60_000);
  },
);

describe('our gateway’s destination for Viam’s cloud, pointed here', () => {
  const open = (upload: DataSyncUpload) =>
    dataSync.open('viam', {
      address: door.address,
      main: 'main-1',
      partId: 'main-1',
      credentials: { type: 'robot-secret', entity: secret.entity, payload: secret.payload },
      read: async () => upload,
    });
  const deliver = (upload: DataSyncUpload) => open(upload).deliver({}, new AbortController().signal);

  test('delivers blocks, as rows, and once when they go again', async () => {
    const upload: DataSyncUpload = { type: 'blocks', file: captureFile(500, Date.now() - 60_000) };
    expect(await deliver(upload)).toEqual({ result: 'delivered' });
    expect(await deliver(upload)).toEqual({ result: 'delivered' });
    const values = (await rows('main-1')).filter(({ stream }) => stream === 'my-esp32_A1_value');
    expect(values.map(({ value }) => value)).toEqual(Array.from({ length: 500 }, (_, index) => index % 100));
  });

  const box = {
    label: 'cat',
    ...{ x_min_normalized: 0.25, y_min_normalized: 0, x_max_normalized: 0.5, y_max_normalized: 1 },
  };
  test.each([
    ['a small picture', 1_000],
    ['a large picture', 2_500_000],
  ])('delivers %s once, with what was seen in it', async (_, bytes) => {
    const now = Date.now();
    const upload: DataSyncUpload = {
      type: 'binary',
      bytes,
      pieces: async function* () {
        yield Buffer.alloc(bytes, 'p');
      },
      metadata: {
        part: 'main-1',
        resource: 'rdk:component:camera/cam',
        method: 'GetImages',
        parameters: {},
        requested: now,
        received: now,
        mimeType: 'image/jpeg',
        extension: '.jpeg',
        tags: [`of ${bytes}`],
        annotations: { bboxes: [box], classifications: [{ label: 'color' }] },
      },
    };
    expect(await deliver(upload)).toEqual({ result: 'delivered' });
    expect(await deliver(upload)).toEqual({ result: 'delivered' });
    const { dataClient } = await viam.createViamClient({
      serviceHost: `http://localhost:${door.cloud.viamPort}`,
      credentials: { type: 'api-key', authEntity: anna.entity, payload: anna.payload },
    });
    const filter = viam.dataApi.Filter.fromJson({
      tagsFilter: { tags: [`of ${bytes}`] },
      bboxLabels: ['cat'],
    });
    const { data } = await dataClient.binaryDataByFilter(filter, 10, undefined, '', false);
    expect(data.map(({ metadata }) => metadata!.annotations!.toJson())).toEqual([
      {
        bboxes: [
          {
            id: expect.any(String),
            label: 'cat',
            xMinNormalized: 0.25,
            xMaxNormalized: 0.5,
            yMaxNormalized: 1,
          },
        ],
        classifications: [{ id: expect.any(String), label: 'color' }],
      },
    ]);
  });
});

/** Counts 0 … 99 over and over, ten a second. @param offset wall milliseconds of the boot */
function captureFile(count: number, offset: number): Uint8Array {
  const boot = { counter: 1, random: 2 };
  const period = { numerator: 100, denominator: 1 };
  const head = encodeHead({
    part: 'esp-home',
    boot,
    stream: 3,
    owner: 'main',
    resource: 'rdk:component:board/my-esp32',
    method: 'Analogs',
    parameters: { reader_name: 'A1' },
    kind: 'integer',
    period,
    range: { min: 0, max: 2_450, step: 0.5, unit: 'mV' },
    tags: ['t1'],
  });
  const parts: Uint8Array[] = [head];
  const mapping = { known: true, offset };
  const encoder = new IntegerEncoder({
    boot,
    stream: 3,
    period,
    target: 512,
    sink: {
      block: (bytes, length, sequence, readings) =>
        void parts.push(encodeRecord({ sequence, readings, mapping, bytes: bytes.slice(0, length) })),
    },
  });
  encoder.start(1_000);
  for (let index = 0; index < count; index++) {
    encoder.staged[encoder.count++] = index % 100;
    if (encoder.count === encoder.capacity) encoder.flush();
  }
  encoder.seal();
  return Buffer.concat(parts);
}
