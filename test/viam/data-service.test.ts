/** Viam's own SDKs, unchanged, ask the cloud's data service what scripts of Viam's users ask. */
import process from 'node:process';
import { createGrpcTransport } from '@connectrpc/connect-node';
import * as viam from '@viamrobotics/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capturedOfLab, hidden } from '../../cloud/query/test-captures';
import { noon, store } from '../../cloud/stores/time-series/test-series';
import { startServer, type TestServer } from '../../cloud/viam/data/test-server';
import type { Principal } from '../../common/access';
import { isPythonMissing, runPython } from './python';

const reader: Principal = {
  name: 'reader',
  role: 'viewer',
  projects: [],
  has: (right) => right === 'read',
  mayWrite: () => false,
  mayRead: (appId) => appId !== 'secret',
};
const operator: Principal = {
  ...{ name: 'operator', role: 'operator', projects: ['lab'], has: () => true },
  ...{ mayWrite: (appId) => appId === 'lab', mayRead: () => true },
};
const device: Principal = {
  ...{ name: 'device', role: 'device', projects: ['*'], mayWrite: () => true, mayRead: () => false },
  has: (right) => right === 'write',
};

let server: TestServer;

beforeAll(async () => {
  server = await startServer({ reader, operator, device });
  await store(server.test.series, ...capturedOfLab(), ...hidden());
}, 60_000);
afterAll(async () => {
  await server?.close();
  expect(server?.test.problems).toEqual([]);
});

async function connect(authEntity: string, payload = `${authEntity}-key`): Promise<viam.DataClient> {
  const credentials = { type: 'api-key', authEntity, payload } as const;
  return (await viam.createViamClient({ serviceHost: server.address, credentials })).dataClient;
}

/** gRPC's code and the message of what a call is refused with. */
const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    ({ code, rawMessage }) => ({ code, message: rawMessage }),
  );
const [invalidArgument, permissionDenied, unauthenticated] = [3, 7, 16];

const analogs = ['esp', 'my-esp32', 'rdk:component:board', 'Analogs'] as const;
const at = (milliseconds: number) => new Date(noon + milliseconds);
const analog = (value: number) => ({ value, min_range: 0, max_range: 3.3, step_size: 0.0008 });

describe.each([
  ['gRPC-web', undefined],
  [
    'gRPC',
    (options: { baseUrl: string }) => createGrpcTransport({ baseUrl: options.baseUrl, httpVersion: '2' }),
  ],
])('the TypeScript SDK over %s', (_name, factory) => {
  let data: viam.DataClient;
  beforeAll(async () => {
    Object.assign(globalThis, { VIAM: { GRPC_TRANSPORT_FACTORY: factory } });
    data = await connect('reader');
  });
  afterAll(() => Object.assign(globalThis, { VIAM: undefined }));

  test('exports what the ESP32 captured, in a span of time', async () => {
    const rows = await data.exportTabularData(...analogs, at(0), at(2000));
    expect(rows).toEqual(
      [10, 20].map((value, index) => ({
        ...{ partId: 'esp', partName: 'esp', robotId: 'main', robotName: 'main' },
        ...{ organizationId: 'lab', locationId: 'lab', tags: ['a', 'b'] },
        ...{ resourceName: 'my-esp32', resourceSubtype: 'rdk:component:board', methodName: 'Analogs' },
        methodParameters: { reader_name: 'temp_2' },
        timeCaptured: at(1000 * index),
        payload: analog(value),
      })),
    );
    expect(await data.exportTabularData(...analogs, undefined, undefined, { reader_name: 'other' })).toEqual(
      [],
    );
    expect(await data.exportTabularData('nobody', 'x', 'rdk:component:board', 'Analogs')).toEqual([]);
  });

  test('knows what the main part configured by that part, and by the device', async () => {
    for (const [part, name] of [
      ['main', 'imu'],
      ['main', 'esp:imu'],
      ['esp', 'imu'],
    ] as const) {
      const rows = await data.exportTabularData(
        part,
        name,
        'rdk:component:movement_sensor',
        'LinearVelocity',
      );
      expect(rows).toMatchObject([{ partId: 'main', payload: { linear_velocity: { x: 1, y: 2, z: 3 } } }]);
    }
  });

  test('has the latest, and null where there is none', async () => {
    expect(await data.getLatestTabularData('esp', 'room', 'rdk:component:sensor', 'Readings')).toEqual([
      at(1000),
      // It came with the batch.
      at(10),
      { readings: { celsius: 22 } },
    ]);
    expect(await data.getLatestTabularData('esp', 'hall', 'rdk:component:sensor', 'Readings')).toBeNull();
  });

  test('goes through pages, in both orders', async () => {
    const filter = viam.dataApi.Filter.fromJson({ organizationIds: ['lab'], componentName: 'my-esp32' });
    for (const order of [viam.dataApi.Order.ASCENDING, viam.dataApi.Order.DESCENDING]) {
      const values: unknown[] = [];
      let last = '';
      for (;;) {
        const page = await data.tabularDataByFilter(filter, 2, order, last);
        if (page.data.length === 0) break;
        expect(page.data.length).toBeLessThanOrEqual(2);
        expect(Number(page.count)).toBe(page.data.length);
        values.push(
          ...page.data.map((row) => [row.metadata?.methodName, row.timeRequested?.getTime(), row.data]),
        );
        last = page.last;
      }
      const expected = [
        ['Gpios', noon, { high: true }],
        ['Analogs', noon, analog(10)],
        ['Gpios', noon + 1000, { high: false }],
        ['Analogs', noon + 1000, analog(20)],
        ['Analogs', noon + 2000, analog(30)],
      ];
      expect(values).toEqual(order === viam.dataApi.Order.ASCENDING ? expected : expected.reverse());
    }
    expect(Number((await data.tabularDataByFilter(filter, 2, undefined, '', true)).count)).toBe(5);
  });

  test.each([
    ['componentType', { componentType: 'rdk:component:board' }, 5],
    ['method', { method: 'Readings' }, 3],
    ['robotId', { robotId: 'main' }, 9],
    ['partId', { partId: 'main' }, 1],
    ['partName', { partName: 'tank' }, 1],
    ['locationIds', { locationIds: ['lab', 'nowhere'] }, 11],
    ['interval', { interval: { start: '2026-03-01T12:00:01Z', end: '2026-03-01T12:00:02Z' } }, 3],
    ['tagsFilter', { tagsFilter: { tags: ['b', 'c'] } }, 3],
    ['tagsFilter of tagged', { tagsFilter: { type: 'TAGS_FILTER_TYPE_TAGGED' } }, 3],
    ['tagsFilter of untagged', { tagsFilter: { type: 'TAGS_FILTER_TYPE_UNTAGGED' } }, 8],
    ['mimeType', { mimeType: ['image/jpeg'] }, 0],
  ])('filters by %s', async (_field, filter, count) => {
    const asked = viam.dataApi.Filter.fromJson({ organizationIds: ['lab'], ...filter } as never);
    expect(Number((await data.tabularDataByFilter(asked, 1, undefined, '', true)).count)).toBe(count);
  });

  test('asks by SQL and by MQL', async () => {
    expect(
      await data.tabularDataBySQL(
        'lab',
        `SELECT time_received, data.value AS value FROM readings
         WHERE component_name = 'my-esp32' AND data.value >= 20 ORDER BY time_received DESC LIMIT 1`,
      ),
    ).toEqual([{ time_received: at(2000), value: 30 }]);
    expect(
      await data.tabularDataByMQL('lab', [
        { $match: { part_id: 'esp', time_requested: { $lt: at(2000) } } } as never,
        { $group: { _id: '$component_name', count: { $sum: 1 } } },
        { $sort: { _id: 1 } },
      ]),
    ).toEqual([
      { _id: 'my-esp32', count: 4 },
      { _id: 'room', count: 2 },
      { _id: 'wheel', count: 1 },
    ]);
  });

  test('is told what is wrong, and where', async () => {
    expect(await failure(data.exportTabularData('', 'x', 'y', 'z'))).toEqual({
      code: invalidArgument,
      message: 'part_id: is required',
    });
    expect(await failure(data.tabularDataByFilter(undefined, 1, undefined, 'no token'))).toEqual({
      code: invalidArgument,
      message: 'data_request.last: is no place that a page ended at',
    });
    expect(await failure(data.tabularDataBySQL('lab', 'create table x (a integer)'))).toEqual({
      code: invalidArgument,
      message: 'sql: is no SELECT',
    });
    expect(await failure(data.tabularDataByMQL('lab', [{ $out: 'x' }]))).toMatchObject({
      code: invalidArgument,
    });
    expect(await failure(data.deleteTabularData('lab', 0))).toEqual({
      code: permissionDenied,
      message: "'reader' may not operate",
    });
  });

  test('is told nothing of a project that is not shown to it', async () => {
    const filter = viam.dataApi.Filter.fromJson({ organizationIds: ['secret'] });
    expect((await data.tabularDataByFilter(filter)).data).toEqual([]);
    expect(await data.tabularDataBySQL('secret', 'select * from readings')).toEqual([]);
    expect(await data.exportTabularData('tank', 'tank', 'rdk:component:sensor', 'Readings')).toHaveLength(1);
  });
});

describe('binary data and files', () => {
  const minute = 60_000;
  const contents = (name: string) => Buffer.from(`contents of ${name}`);
  const camera = { resource: 'rdk:component:camera/cam', method: 'GetImages', mimeType: 'image/jpeg' };
  const filterOf = (filter: object) =>
    viam.dataApi.Filter.fromJson({ organizationIds: ['lab'], ...filter } as never);
  let data: viam.DataClient;
  let editor: viam.DataClient;

  async function put(name: string, minutes: number, more: object = {}): Promise<void> {
    const upload = await server.objects.begin();
    await upload.append(contents(name));
    await upload.keep({
      ...{ name, app_id: 'lab', dev_id: 'main', main: 'main', type: 'binary', parameters: {}, tags: ['new'] },
      ...{ captured: new Date(noon + minutes * minute).toISOString(), arrived: new Date(noon).toISOString() },
      ...{ extension: '.jpeg', ...camera },
      ...more,
    } as never);
  }

  const names = async (filter: object) =>
    (await data.binaryDataByFilter(filterOf(filter), 10, undefined, '', false)).data.map((each) =>
      each.metadata!.binaryDataId.split('/').at(-1),
    );

  beforeAll(async () => {
    await put('one', 1);
    await put('two', 2, { tags: ['old'] });
    await put('three', 3, { dev_id: 'esp', resource: 'rdk:component:camera/other', tags: [] });
    await put('four', 4, {
      type: 'file',
      resource: '',
      method: '',
      mimeType: '',
      extension: '.txt',
      fileName: 'a.txt',
    });
    await put('five', 5, { app_id: 'secret' });
    data = await connect('reader');
    editor = await connect('operator');
  });

  test('come in pages, with or without their contents', async () => {
    const page = await data.binaryDataByFilter(filterOf({}), 3);
    expect(page.data.map(({ binary }) => Buffer.from(binary).toString())).toEqual(
      ['one', 'two', 'three'].map((name) => contents(name).toString()),
    );
    expect(page.data[0]!.metadata).toMatchObject({
      ...{
        binaryDataId: 'lab/main/one',
        fileExt: '.jpeg',
        timeRequested: { seconds: BigInt((noon + minute) / 1000) },
      },
      captureMetadata: {
        ...{ organizationId: 'lab', partId: 'main', robotId: 'main', mimeType: 'image/jpeg', tags: ['new'] },
        ...{ componentType: 'rdk:component:camera', componentName: 'cam', methodName: 'GetImages' },
      },
    });
    const next = await data.binaryDataByFilter(filterOf({}), 3, undefined, page.last, false);
    expect(next.data.map(({ metadata, binary }) => [metadata!.fileName, binary.length])).toEqual([
      ['a.txt', 0],
    ]);
    expect((await data.binaryDataByFilter(filterOf({}), 3, undefined, next.last)).data).toEqual([]);
    expect(Number((await data.binaryDataByFilter(filterOf({}), 1, undefined, '', false, true)).count)).toBe(
      4,
    );
  });

  test.each([
    ['component', { componentName: 'cam', componentType: 'rdk:component:camera' }, ['one', 'two']],
    ['part', { partId: 'esp' }, ['three']],
    ['machine', { robotId: 'main' }, ['one', 'two', 'three', 'four']],
    ['MIME type', { mimeType: ['image/jpeg', 'image/png'] }, ['one', 'two', 'three']],
    ['tag', { tagsFilter: { tags: ['old', 'none'] } }, ['two']],
    ['no tags', { tagsFilter: { type: 'TAGS_FILTER_TYPE_UNTAGGED' } }, ['three']],
    [
      'interval',
      { interval: { start: '2026-03-01T12:02:00Z', end: '2026-03-01T12:04:00Z' } },
      ['two', 'three'],
    ],
    ['a project that is not shown', { organizationIds: ['secret'] }, []],
  ])('are filtered by %s', async (_by, filter, found) => {
    expect(await names(filter)).toEqual(found);
  });

  test('come by their ids, or are named as missing', async () => {
    const [found] = await data.binaryDataByIds(['lab/esp/three']);
    expect(Buffer.from(found!.binary).toString()).toBe('contents of three');
    for (const id of ['lab/esp/four', 'secret/main/five'])
      expect(await failure(data.binaryDataByIds([id]))).toEqual({
        code: 5,
        message: `binary_data_ids: there is no ${id}`,
      });
    expect(await failure(data.binaryDataByIds(['x']))).toEqual({
      code: invalidArgument,
      message: 'binary_data_ids[0]: is no id',
    });
  });

  test('are tagged by whoever may write', async () => {
    await editor.addTagsToBinaryDataByIds(['a', 'b'], ['lab/main/one', 'lab/main/two']);
    expect(await names({ tagsFilter: { tags: ['b'] } })).toEqual(['one', 'two']);
    await editor.addTagsToBinaryDataByFilter(['c'], filterOf({ partId: 'esp' }));
    expect(await names({ tagsFilter: { tags: ['c'] } })).toEqual(['three']);
    expect(Number(await editor.removeTagsFromBinaryDataByIds(['a', 'new'], ['lab/main/one']))).toBe(2);
    expect(await editor.tagsByFilter(filterOf({ componentName: 'cam' }))).toEqual(['a', 'b', 'old']);
    expect(Number(await editor.removeTagsFromBinaryDataByFilter(['b'], filterOf({})))).toBe(2);
    expect(await names({ tagsFilter: { tags: ['b'] } })).toEqual([]);
    expect(await failure(editor.addTagsToBinaryDataByIds([], ['lab/main/one']))).toMatchObject({
      code: invalidArgument,
    });
    expect(await failure(data.addTagsToBinaryDataByIds(['a'], ['lab/main/one']))).toMatchObject({
      code: permissionDenied,
    });
  });

  test('are put into datasets and taken out of them by whoever may write', async () => {
    await editor.addBinaryDataToDatasetByIds(['lab/main/one', 'lab/esp/three'], 'cats');
    await editor.addBinaryDataToDatasetByIds(['lab/main/one'], 'dogs');
    expect(await names({ datasetId: 'cats' })).toEqual(['one', 'three']);
    await editor.removeBinaryDataFromDatasetByIds(['lab/main/one'], 'cats');
    expect(await names({ datasetId: 'cats' })).toEqual(['three']);
    expect(await names({ datasetId: 'dogs' })).toEqual(['one']);
    expect(await failure(editor.addBinaryDataToDatasetByIds(['lab/main/one'], ''))).toMatchObject({
      code: invalidArgument,
    });
    expect(await failure(data.addBinaryDataToDatasetByIds(['lab/main/one'], 'cats'))).toMatchObject({
      code: permissionDenied,
    });
  });

  test('have bounding boxes, drawn, moved and taken away by whoever may write', async () => {
    const labels = (filter = {}) => data.boundingBoxLabelsByFilter(filterOf(filter));
    const boxes = async () =>
      (await data.binaryDataByIds(['lab/main/one']))[0]!.metadata!.annotations?.bboxes ?? [];
    const id = await editor.addBoundingBoxToImageById('lab/main/one', 'cat', 0.25, 0, 0.5, 1, 0.75);
    await editor.addBoundingBoxToImageById('lab/esp/three', 'dog', 0, 0, 1, 1);
    const corners = { xMinNormalized: 0.25, yMinNormalized: 0, xMaxNormalized: 0.5, yMaxNormalized: 1 };
    expect(await boxes()).toMatchObject([{ id, label: 'cat', ...corners, confidence: 0.75 }]);
    expect(await labels()).toEqual(['cat', 'dog']);
    expect(await labels({ partId: 'esp' })).toEqual(['dog']);
    expect(await names({ bboxLabels: ['cat', 'bird'] })).toEqual(['one']);
    expect(await names({ bboxLabels: ['bird'] })).toEqual([]);
    await editor.updateBoundingBox('lab/main/one', id, 'lion', 0.25, 0, 0.75, 1);
    expect(await boxes()).toMatchObject([{ id, label: 'lion', xMaxNormalized: 0.75, confidence: 0.75 }]);
    for (const [call, code] of [
      [editor.addBoundingBoxToImageById('lab/main/one', '', 0, 0, 1, 1), invalidArgument],
      [editor.addBoundingBoxToImageById('lab/main/one', 'x', 0, 0, 1.5, 1), invalidArgument],
      [editor.updateBoundingBox('lab/main/one', id, 'x', 0.9, 0, 0.5, 1), invalidArgument],
      [editor.removeBoundingBoxFromImageById('lab/main/one', 'none'), 5],
      [data.addBoundingBoxToImageById('lab/main/one', 'x', 0, 0, 1, 1), permissionDenied],
    ] as const)
      expect(await failure(call)).toMatchObject({ code });
    await editor.removeBoundingBoxFromImageById('lab/main/one', id);
    expect(await boxes()).toEqual([]);
    expect(await labels()).toEqual(['dog']);
  });

  test('are deleted by id and by filter', async () => {
    expect(await failure(data.deleteBinaryDataByIds(['lab/main/one']))).toMatchObject({
      code: permissionDenied,
    });
    expect(Number(await editor.deleteBinaryDataByIds(['lab/main/one']))).toBe(1);
    const everything = viam.dataApi.Filter.fromJson({ componentName: 'cam' });
    expect(await failure(editor.deleteBinaryDataByFilter(everything))).toMatchObject({
      code: invalidArgument,
    });
    expect(Number(await editor.deleteBinaryDataByFilter(filterOf({ componentName: 'cam' })))).toBe(1);
    expect(await names({})).toEqual(['three', 'four']);
  });
});

test('a key that may not read reads nothing, a wrong one is nobody', async () => {
  const data = await connect('device');
  expect(await failure(data.tabularDataBySQL('lab', 'select 1'))).toEqual({
    code: permissionDenied,
    message: "'device' may not read",
  });
  const error = await connect('reader', 'wrong').catch((reason) => reason);
  expect([error, ...[error.cause].flat()].map((each) => each?.code)).toContain(unauthenticated);
});

// Takes away what the others read: last.
describe.skipIf(isPythonMissing && !process.env.CI)(
  'the Python SDK (skipped when viam-sdk is missing)',
  () => {
    test('does what a script does, and deletes', async () => {
      const seen = await runPython('data.py', server.address, 'operator', 'operator-key');
      expect(seen).toEqual({
        exported: [
          [0, analog(10), { reader_name: 'temp_2' }, ['a', 'b']],
          [1000, analog(20), { reader_name: 'temp_2' }, ['a', 'b']],
          [2000, analog(30), { reader_name: 'temp_2' }, ['a', 'b']],
        ],
        latest: [1000, { readings: { celsius: 22 } }],
        none: null,
        pages: [3, 3, 3, 2],
        count: 11,
        sql: [{ mean: 20 }],
        mql: [{ _id: 'Analogs', highest: 30 }],
        labels: ['cat', 'dog'],
        refused: { code: 'INVALID_ARGUMENT', message: 'sql: is no SELECT' },
        foreign: { code: 'PERMISSION_DENIED', message: "app is no organization of 'operator'" },
        old: 0,
        deleted: 2,
        left: 9,
      });
    }, 60_000);

    test('nothing is left of what was deleted', async () => {
      const data = await connect('operator');
      expect(await data.exportTabularData('esp', 'room', 'rdk:component:sensor', 'Readings')).toEqual([]);
      expect(Number(await data.deleteTabularData('lab', 0))).toBe(9);
      expect(await data.tabularDataBySQL('lab', 'select * from readings')).toEqual([]);
    });
  },
);
