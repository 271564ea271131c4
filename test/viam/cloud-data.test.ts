/**
 * What the simulated ESP32 captures, through its link, the gateway and the cloud's block door, as Viam's own SDKs ask the
 * cloud for it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import * as viam from '@viamrobotics/sdk';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Cloud } from '../../cloud/cloud';
import { until } from '../running';
import { isPythonMissing, runPython } from './python';
import { startWorld, type World } from './world';

const log = pino({ level: process.env.SLUICE_LOG ?? 'silent' });
const board = ['my-esp32', 'rdk:component:board', 'Analogs'] as const;
/** Of a sensor of the main's own: a command is captured, by what it is given. */
const command = { readings: { celsius: 7.5 } };
const bench = {
  components: [
    {
      name: 'bench',
      type: 'sensor',
      model: 'fake',
      service_configs: [
        {
          type: 'data_manager',
          attributes: {
            capture_methods: [
              {
                method: 'DoCommand',
                capture_frequency_hz: 2,
                additional_params: { docommand_input: command },
              },
            ],
          },
        },
      ],
    },
  ],
};

let directory: string;
let cloud: Cloud;
let world: World;
let data: viam.DataClient;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-cloud-data-'));
  cloud = await Cloud.start({
    directory,
    httpPort: 0,
    mqttPort: 0,
    viam: { port: 0, machines: join(directory, 'machines.json') },
    log,
  });
  world = await startWorld(bench, `http://127.0.0.1:${cloud.httpPort}`);
  const credentials = { type: 'api-key', authEntity: 'any', payload: 'any' } as const;
  const serviceHost = `http://localhost:${cloud.viamPort}`;
  data = (await viam.createViamClient({ serviceHost, credentials })).dataClient;
}, 180_000);

afterAll(async () => {
  await world?.close();
  await cloud?.close();
  await rm(directory, { recursive: true, force: true });
});

describe('what a client uploads', () => {
  const at = [new Date('2026-03-01T12:00:00Z'), new Date('2026-03-01T12:00:00.250Z')] as [Date, Date];

  test('comes back as it was uploaded', async () => {
    const readings = { readings: { room: { celsius: 21.5, levels: [1, 2, 3] }, open: true, state: 'a' } };
    const sensor = ['machine', 'rdk:component:sensor', 'air', 'Readings'] as const;
    await data.tabularDataCaptureUpload([readings], ...sensor, [at], ['up']);
    const analog = { value: 7, min_range: 0, max_range: 3.3, step_size: 0.001 };
    await data.tabularDataCaptureUpload([analog], 'machine', 'rdk:component:board', 'b', 'Analogs', [at]);
    expect(await data.exportTabularData('machine', 'air', 'rdk:component:sensor', 'Readings')).toMatchObject([
      { partId: 'machine', organizationId: 'viam', tags: ['up'], timeCaptured: at[0], payload: readings },
    ]);
    expect(await data.exportTabularData('machine', 'b', 'rdk:component:board', 'Analogs')).toMatchObject([
      { payload: analog },
    ]);
    const sql = "select data.readings.room.celsius as celsius from readings where component_name = 'air'";
    expect(await data.tabularDataBySQL('viam', sql)).toEqual([{ celsius: 21.5 }]);
  });

  test('of an image too, by the id that the upload was answered with', async () => {
    const image = Buffer.from('an image');
    const camera = ['machine', 'rdk:component:camera', 'cam', 'ReadImage', '.jpeg'] as const;
    const id = await data.binaryDataCaptureUpload(image, ...camera, at, ['seen']);
    const [found] = await data.binaryDataByIds([id]);
    expect(Buffer.from(found!.binary)).toEqual(image);
    expect(found!.metadata!.captureMetadata).toMatchObject({ partId: 'machine', tags: ['seen'] });
    expect(Number(await data.deleteBinaryDataByIds([id]))).toBe(1);
  });
});

describe('what the ESP32 captured', () => {
  test('is exported as a viam-server captures it', async () => {
    const rows = () =>
      data.exportTabularData('esp-home', ...board, undefined, undefined, { reader_name: 'A1' });
    await until(async () => (await rows()).length > 100, 60_000, 'a hundred readings of A1');
    const exported = await rows();
    expect(exported[0]).toEqual({
      ...{ partId: 'esp-home', partName: 'esp-home', robotId: 'main', robotName: 'main' },
      ...{ organizationId: 'test', locationId: 'test', tags: expect.any(Array) },
      ...{ resourceName: 'my-esp32', resourceSubtype: 'rdk:component:board', methodName: 'Analogs' },
      methodParameters: { reader_name: 'A1' },
      timeCaptured: expect.any(Date),
      payload: {
        value: expect.any(Number),
        min_range: 0,
        max_range: expect.closeTo(2.45, 1),
        step_size: expect.closeTo(2.45 / 4095, 5),
      },
    });
    for (const [index, { timeCaptured, payload }] of exported.entries()) {
      expect(Number.isInteger((payload as { value: number }).value)).toBe(true);
      if (index > 0) expect(+timeCaptured).toBeGreaterThan(+exported[index - 1]!.timeCaptured);
    }
    const half = exported[50]!.timeCaptured;
    const before = await data.exportTabularData('esp-home', ...board, undefined, half, { reader_name: 'A1' });
    expect(before).toEqual(exported.slice(0, 50));
  }, 90_000);

  test('has a latest reading, which was synced after it was captured', async () => {
    const latest = await data.getLatestTabularData('esp-home', 'room', 'rdk:component:sensor', 'Readings');
    const [captured, synced, payload] = latest!;
    const number = expect.any(Number);
    expect(payload).toEqual({
      readings: { celsius: expect.closeTo(21.5, 0), fahrenheit: number, millivolts: number },
    });
    expect(+synced).toBeGreaterThanOrEqual(+captured);
    expect(Date.now() - +synced).toBeLessThan(60_000);
  });

  test('is asked for by SQL and by MQL alike', async () => {
    const older = async () => {
      const [row] = (await data.tabularDataBySQL(
        'test',
        `SELECT count(*) AS readings, avg(data.value) AS mean FROM readings
         WHERE part_id = 'esp-home' AND method_name = 'Analogs' AND time_received < now()::timestamp - INTERVAL 5 SECOND`,
      )) as { readings: number; mean: number }[];
      expect(row!.readings).toBeGreaterThan(0);
      return row;
    };
    const row = await vi.waitFor(older, { timeout: 15_000, interval: 500 });
    expect(row!.mean).toBeGreaterThan(0);
    const groups = await data.tabularDataByMQL('test', [
      { $match: { component_name: 'my-esp32' } },
      { $group: { _id: '$method_name', least: { $min: '$data.min_range' } } },
      { $sort: { _id: 1 } },
    ]);
    expect(groups).toEqual([{ _id: 'Analogs', least: 0 }]);
  });

  test('of a command is told with the object that the command was, and asked for by it', async () => {
    const rowsOf = (docommand_input: typeof command | { readings: Record<string, never> }) =>
      data.exportTabularData('main', 'bench', 'rdk:component:sensor', 'DoCommand', undefined, undefined, {
        docommand_input,
      });
    await until(async () => (await rowsOf(command)).length > 0, 30_000, 'an answer of the command');
    const [row] = await rowsOf(command);
    expect(row).toMatchObject({
      methodParameters: { docommand_input: command },
      payload: { docommand_output: command },
    });
    expect(await rowsOf({ readings: {} })).toEqual([]);
  }, 60_000);

  test.skipIf(isPythonMissing && !process.env.CI)(
    'is asked for by the Python SDK (skipped when viam-sdk is missing)',
    async () => {
      const seen = await runPython('esp32-data.py', `http://localhost:${cloud.viamPort}`);
      expect(seen).toEqual({
        keys: ['max_range', 'min_range', 'step_size', 'value'],
        parameters: { reader_name: 'A1' },
        page: ['esp-home', 'my-esp32', 'Analogs'],
        latest: ['celsius', 'fahrenheit', 'millivolts'],
      });
    },
    60_000,
  );

  test('is deleted for good', async () => {
    expect(Number(await data.deleteTabularData('test', 1))).toBe(0);
    const there = () =>
      data.exportTabularData('esp-home', ...board, undefined, undefined, { reader_name: 'A1' });
    // What is still on its way then is not there to be deleted.
    const last = (await there()).at(-1)!.timeCaptured;
    expect(Number(await data.deleteTabularData('test', 0))).toBeGreaterThan(100);
    const left = (await there()).filter(({ timeCaptured }) => timeCaptured <= last);
    expect(left.length).toBe(0);
  });
});
