/** Uploads as machines and SDKs make them: what is stored, once, and what is refused. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Any, Timestamp, Value } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { messageOf, type Plain, SensorData, SensorMetadata } from '@sluice/common/viam/messages';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, type Credentials, TestDoor } from '../test-door';

let door: TestDoor;
let secret: Credentials;
let viewer: Credentials;
let sync: Client;

beforeEach(async () => {
  door = await TestDoor.make();
  secret = await door.addMachine('vs-part');
  viewer = await door.addUser('viewer', 'viewer');
  await door.start();
  sync = await door.dataSync(secret);
});
afterEach(() => door.close());

const begun = Date.now() - 600_000;

const analog = {
  partId: 'vs-part',
  componentType: 'rdk:component:board',
  componentName: 'b',
  methodName: 'Analogs',
  type: 2,
  methodParameters: {
    reader_name: Any.pack(new Value({ kind: { case: 'stringValue', value: 'A1' } })),
  },
  fileExtension: '.dat',
  tags: ['night'],
};

/** Serialised. */
const sensorData = (plain: Plain): Uint8Array =>
  (messageOf(SensorData as never, plain) as { toBinary(): Uint8Array }).toBinary();

/** As a viam-server reads an analog. */
const reading = (index: number, more: object = {}) =>
  sensorData({
    metadata: { time_requested: begun + index * 100.5, time_received: begun + index * 100.5 + 3 },
    struct: { value: index, min_range: 0, max_range: 3.3, step_size: 0.0008 },
    ...more,
  });
const readings = (count: number) => Array.from({ length: count }, (_, index) => reading(index));
const rows = () => door.rows('vs-part', viewer.payload);
const counted = async () => (await rows()).filter(({ stream }) => stream === 'b_A1_value');

const refusal = (call: Promise<unknown>): Promise<[Code, string] | undefined> =>
  call.then(
    () => undefined,
    (error) => {
      const { code, rawMessage } = ConnectError.from(error);
      return [code, rawMessage];
    },
  );

describe('readings', () => {
  test('are rows once the answer is there, under the names that blocks give them', async () => {
    await sync.dataCaptureUpload({ metadata: analog, sensorContents: readings(3) });
    const all = await rows();
    expect(all.map(({ stream, value }) => [stream, value])).toEqual(
      expect.arrayContaining([
        ['b_A1_value', 2],
        ['b_A1_step_size', 0.0008],
        ['b_A1_max_range', 3.3],
      ]),
    );
    expect((await counted()).map(({ time, value }) => [time, value])).toEqual([
      [begun, 0],
      [begun + 100, 1],
      [begun + 201, 2],
    ]);
  });

  test('are kept as they came in the raw file of their day', async () => {
    await sync.dataCaptureUpload({ metadata: analog, sensorContents: readings(1) });
    await door.cloud.caughtUp(10_000);
    const day = new Date().toISOString().slice(0, 10);
    const raw = await readFile(join(door.directory, 'cloud/data/lab', `vs-part-${day}.json`), 'utf8');
    expect(JSON.parse(raw)).toMatchObject({
      app_id: 'lab',
      dev_id: 'vs-part',
      payload_fields: { b_A1: { value: 0, min_range: 0, max_range: 3.3, step_size: 0.0008 } },
      tag_fields: { resource: 'rdk:component:board/b', method: 'Analogs', owner: 'main', tags: 'night' },
      viam: { received: begun + 3, parameters: { reader_name: 'A1' } },
    });
  });

  test('keep what was seen at them in the raw file', async () => {
    const metadata = { time_requested: begun, annotations: { classifications: [{ label: 'cat' }] } };
    await sync.dataCaptureUpload({ metadata: analog, sensorContents: [reading(0, { metadata })] });
    await door.cloud.caughtUp(10_000);
    const day = new Date().toISOString().slice(0, 10);
    const raw = await readFile(join(door.directory, 'cloud/data/lab', `vs-part-${day}.json`), 'utf8');
    expect(JSON.parse(raw).viam.annotations).toEqual({
      bboxes: [],
      classifications: [{ id: '', label: 'cat' }],
    });
  });

  test('of a request that comes again are stored once, also after the cloud was killed', async () => {
    const request = { metadata: analog, sensorContents: readings(700) };
    await Promise.all([sync.dataCaptureUpload(request), sync.dataCaptureUpload(request)]);
    await door.cloud.close();
    await door.start();
    sync = await door.dataSync(secret);
    await sync.dataCaptureUpload(request);
    expect(await counted()).toHaveLength(700);
    // Another request with the same value at another time is another reading.
    await sync.dataCaptureUpload({ metadata: analog, sensorContents: [reading(700)] });
    expect(await counted()).toHaveLength(701);
  });

  test('without times have that of their arrival, and are stored as often as they come', async () => {
    const request = { metadata: analog, sensorContents: [reading(1, { metadata: {} })] };
    await sync.dataCaptureUpload(request);
    await sync.dataCaptureUpload(request);
    expect(await counted()).toHaveLength(2);
  });

  test.each<[string, object, string]>([
    ['no metadata', { metadata: undefined }, 'metadata is missing'],
    ['no readings', { sensorContents: [] }, 'sensor_contents: is empty'],
    ['a part that names no file', { metadata: { ...analog, partId: '../x' } }, 'metadata.part_id'],
    ['no type', { metadata: { ...analog, type: 0 } }, 'metadata.type'],
    ['a file', { metadata: { ...analog, type: 3 } }, 'FileUpload'],
    ['tags of no end', { metadata: { ...analog, tags: ['x'.repeat(300)] } }, 'metadata.tags.0'],
    ['bytes that are none', { sensorContents: [reading(0), Uint8Array.of(255, 1)] }, 'sensor_contents[1]'],
    [
      'a picture',
      { sensorContents: [reading(0, { struct: undefined, binary: Uint8Array.of(1) })] },
      'struct',
    ],
    [
      'a reading that is too large',
      { sensorContents: [reading(0), reading(1, { struct: { text: 'x'.repeat(2 ** 20) } })] },
      'sensor_contents[1]',
    ],
    [
      'a reading of too many values',
      {
        sensorContents: [
          reading(0),
          reading(1, { struct: { list: Array.from({ length: 5_000 }, () => 1) } }),
        ],
      },
      'sensor_contents[1]',
    ],
  ])('with %s among them change nothing', async (_, change, place) => {
    const request = { metadata: analog, sensorContents: readings(1), ...change };
    expect(await refusal(sync.dataCaptureUpload(request))).toEqual([
      Code.InvalidArgument,
      expect.stringContaining(place),
    ]);
    expect(door.cloud.counters.stored).toBe(0);
  });
});

const camera = {
  ...analog,
  type: 1,
  componentType: 'rdk:component:camera',
  componentName: 'cam',
  methodName: 'GetImages',
  methodParameters: {},
  fileExtension: '.jpeg',
  mimeType: 'image/jpeg',
  datasetIds: ['set-1'],
};
const times = {
  timeRequested: Timestamp.fromDate(new Date(begun)),
  timeReceived: Timestamp.fromDate(new Date(begun)),
};

async function* packets(...of: [string, unknown][]): AsyncGenerator<object> {
  for (const [name, value] of of) yield { uploadPacket: { case: name, value } };
}

const stored = (id: string) => {
  const [appId, devId, name] = id.split('/');
  return readFile(
    join(door.directory, 'cloud/objects', appId!, devId!, new Date(begun).toISOString().slice(0, 10), name!),
  );
};
const sensorMetadata = () => new SensorMetadata(times as never);

const box = {
  id: 'box-1',
  label: 'cat',
  ...{ x_min_normalized: 0.25, y_min_normalized: 0, x_max_normalized: 0.5, y_max_normalized: 1 },
  confidence: 0.75,
};
const seen = { bboxes: [box], classifications: [{ label: 'color' }] };

describe('a picture', () => {
  test('is an object with what is known of it, the same again once, streamed or not', async () => {
    const picture = Buffer.alloc(300_000, 'picture');
    const contents = sensorData({
      metadata: { time_requested: begun, time_received: begun },
      binary: picture,
    });
    const { binaryDataId, fileId } = await sync.dataCaptureUpload({
      metadata: camera,
      sensorContents: [contents],
    });
    expect(fileId).toBe(binaryDataId);
    expect(binaryDataId).toMatch(/^lab\/vs-part\/[0-9a-f]{40}$/);
    expect(await stored(`${binaryDataId}.jpeg`)).toEqual(picture);
    expect(JSON.parse((await stored(`${binaryDataId}.json`)).toString())).toMatchObject({
      type: 'binary',
      resource: 'rdk:component:camera/cam',
      method: 'GetImages',
      mimeType: 'image/jpeg',
      tags: ['night'],
      datasets: ['set-1'],
      requested: begun,
      bytes: picture.length,
    });
    const again = await sync.streamingDataCaptureUpload(
      packets(
        ['metadata', { uploadMetadata: camera, sensorMetadata: sensorMetadata() }],
        ['data', picture.subarray(0, 100_000)],
        ['data', picture.subarray(100_000)],
      ),
    );
    expect(again.binaryDataId).toBe(binaryDataId);
    const other = await sync.streamingDataCaptureUpload(
      packets(['metadata', { uploadMetadata: camera, sensorMetadata: sensorMetadata() }], ['data', picture]),
    );
    expect(other.binaryDataId).toBe(binaryDataId);
  });

  test('keeps what was seen in it, streamed or not, and is another one where something else was', async () => {
    const sense = (annotations: object | undefined) => ({
      metadata: { time_requested: begun, time_received: begun, annotations },
      binary: Buffer.from('picture'),
    });
    const upload = async (annotations?: object) =>
      sync.dataCaptureUpload({ metadata: camera, sensorContents: [sensorData(sense(annotations))] });
    const { binaryDataId } = await upload(seen);
    const { annotations } = JSON.parse((await stored(`${binaryDataId}.json`)).toString());
    expect(annotations).toEqual({
      bboxes: [box],
      classifications: [{ label: 'color', id: expect.stringMatching(/^[0-9a-f-]{36}$/) }],
    });
    const metadata = messageOf(SensorMetadata as never, sense(seen).metadata);
    const streamed = await sync.streamingDataCaptureUpload(
      packets(
        ['metadata', { uploadMetadata: camera, sensorMetadata: metadata }],
        ['data', Buffer.from('picture')],
      ),
    );
    expect(streamed.binaryDataId).toBe(binaryDataId);
    for (const other of [undefined, { classifications: [{ label: 'depth' }] }])
      expect((await upload(other)).binaryDataId).not.toBe(binaryDataId);
  });

  test('has the type that an older machine tells with its times', async () => {
    const contents = { metadata: { time_requested: begun, mime_type: 2 }, binary: Buffer.from('picture') };
    const { binaryDataId } = await sync.dataCaptureUpload({
      metadata: { ...camera, mimeType: '', fileExtension: '.png' },
      sensorContents: [sensorData(contents)],
    });
    expect(JSON.parse((await stored(`${binaryDataId}.json`)).toString()).mimeType).toBe('image/png');
  });

  test.each<[string, object, string]>([
    [
      'a box without an end',
      { bboxes: [{ ...box, x_max_normalized: Number.NaN }] },
      'bboxes.0.x_max_normalized',
    ],
    [
      'classes without an end',
      { classifications: Array.from({ length: 1_001 }, () => ({ label: 'x' })) },
      'annotations.classifications',
    ],
  ])('in which %s was seen is not taken', async (_, annotations, place) => {
    const contents = sensorData({
      metadata: { time_requested: begun, annotations },
      binary: Buffer.from('x'),
    });
    const upload = sync.dataCaptureUpload({ metadata: camera, sensorContents: [contents] });
    expect(await refusal(upload)).toEqual([Code.InvalidArgument, expect.stringContaining(place)]);
  });

  test('of which the stream is cut is not there', async () => {
    const cut = async function* () {
      yield* packets(
        ['metadata', { uploadMetadata: camera, sensorMetadata: sensorMetadata() }],
        ['data', Buffer.from('x')],
      );
      throw new Error('the machine ends');
    };
    expect(await refusal(sync.streamingDataCaptureUpload(cut()))).toBeDefined();
    const empty = await refusal(sync.streamingDataCaptureUpload(packets(['data', Buffer.from('x')])));
    expect(empty).toEqual([Code.InvalidArgument, 'the first packet is not the metadata']);
    const uploads = join(door.directory, 'cloud/objects/uploads');
    await expect.poll(() => readdir(uploads), { timeout: 5_000 }).toEqual([]);
    expect(await readdir(join(door.directory, 'cloud/objects'))).not.toContain('lab');
  });
});

const file = {
  partId: 'vs-part',
  type: 3,
  fileName: '/home/pi/notes.txt',
  fileExtension: '.txt',
  fileModifyTime: times.timeRequested,
  tags: [],
};

test('a file is streamed and stored once', async () => {
  const send = () =>
    sync.fileUpload(
      packets(
        ['metadata', file],
        ['fileContents', { data: Buffer.from('some ') }],
        ['fileContents', { data: Buffer.from('notes') }],
      ),
    );
  const { fileId } = await send();
  expect((await stored(`${fileId}.txt`)).toString()).toBe('some notes');
  expect((await send()).fileId).toBe(fileId);
});

test('an empty file is a file', async () => {
  const { fileId } = await sync.fileUpload(packets(['metadata', file]));
  expect((await stored(`${fileId}.txt`)).toString()).toBe('');
});

describe('a project is', () => {
  const upload = async (credentials: Credentials, part: string) => {
    const client = await door.dataSync(credentials);
    const metadata = { ...analog, partId: part };
    return refusal(client.dataCaptureUpload({ metadata, sensorContents: readings(1) }));
  };

  test('the machine’s, also for parts that it speaks for, and no other machine', async () => {
    await door.addMachine('other', undefined, 'elsewhere');
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await upload(secret, 'board-7')).toBeUndefined();
    expect(await upload(secret, 'other')).toEqual([Code.PermissionDenied, expect.stringContaining('other')]);
    expect(await door.rows('board-7', viewer.payload)).not.toEqual([]);
  });

  test('for users by API key that of the machine, or their only one', async () => {
    const anna = await door.addUser('anna', 'service', ['lab']);
    const bert = await door.addUser('bert', 'service', ['a', 'b']);
    const root = await door.addUser('root', 'operator', ['*']);
    const foreign = await door.addUser('foreign', 'service', ['elsewhere']);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await upload(anna, 'unknown')).toBeUndefined();
    expect(await upload(root, 'nowhere')).toBeUndefined();
    expect((await upload(bert, 'nowhere-else'))?.[0]).toBe(Code.InvalidArgument);
    expect((await upload(foreign, 'vs-part'))?.[0]).toBe(Code.PermissionDenied);
    expect((await upload(viewer, 'vs-part'))?.[0]).toBe(Code.PermissionDenied);
  });
});

test('a full disk takes nothing, and says so', async () => {
  await door.cloud.close();
  await door.start({ reserve: Number.MAX_SAFE_INTEGER });
  sync = await door.dataSync(secret);
  const calls = [
    sync.dataCaptureUpload({ metadata: analog, sensorContents: readings(1) }),
    sync.fileUpload(packets(['metadata', file], ['fileContents', { data: Buffer.from('x') }])),
  ];
  for (const call of calls) expect((await refusal(call))?.[0]).toBe(Code.ResourceExhausted);
});
