/**
 * Viam's own SDKs, unchanged, with what the main part has itself: cameras, a vision service, everything that moves or
 * measures, commands, and a sync that reaches a cloud.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createGrpcTransport } from '@connectrpc/connect-node';
import * as viam from '@viamrobotics/sdk';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cloud } from '../../cloud/cloud';
import { Gateway } from '../../gateway/gateway';
import { until } from '../running';
import { isPythonMissing, runPython } from './python';
import { key } from './world';

const log = pino({ level: 'silent' });
const jpegHead = [0xff, 0xd8];
/** gRPC's `UNKNOWN`. */
const unknown = 2;

let directory: string;
let cloud: Cloud;
let gateway: Gateway;
let address: string;

function fake(type: string, name: string, attributes: object = {}): object {
  return { name, namespace: 'rdk', type, model: 'fake', attributes };
}

const captured = {
  service_configs: [
    {
      type: 'data_manager',
      attributes: { capture_methods: [{ method: 'Readings', capture_frequency_hz: 20 }] },
    },
  ],
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-own-'));
  cloud = await Cloud.start({ directory: join(directory, 'cloud'), httpPort: 0, mqttPort: 0, log });
  gateway = await Gateway.start({
    configuration: JSON.stringify({
      auth: { handlers: [{ type: 'api-key', config: { [key.id]: key.payload, keys: [key.id] } }] },
      components: [
        fake('camera', 'cam'),
        { ...fake('sensor', 'room', { readings: { celsius: 21.5 } }), ...captured },
        fake('board', 'pins', {
          analogs: [{ name: 'a', value: 7 }],
          digital_interrupts: [{ name: 'i', pin: '4' }],
        }),
        fake('arm', 'arm', { joint_positions: [1, 2, 3] }),
        fake('encoder', 'encoder'),
        fake('gantry', 'gantry', { lengths_mm: [100, 200] }),
        fake('motor', 'motor', { fake_position: 3 }),
        fake('movement_sensor', 'imu'),
        fake('power_sensor', 'supply'),
        fake('servo', 'servo', { starting_position_degs: 45 }),
      ],
      services: [
        fake('vision', 'seer', { class_name: 'tomato' }),
        {
          name: 'data_manager-1',
          namespace: 'rdk',
          type: 'data_manager',
          attributes: { capture_dir: join(directory, 'capture'), sync_disabled: true },
        },
      ],
    }),
    main: 'main',
    directory: join(directory, 'gateway'),
    link: { host: '127.0.0.1', port: 0, tls: false },
    api: { host: '127.0.0.1', port: 0 },
    cloud: { address: `http://127.0.0.1:${cloud.httpPort}`, appId: 'test' },
    viam: { host: '127.0.0.1', port: 0 },
    page: directory,
    log,
  });
  address = `http://localhost:${gateway.viamPort}`;
  const seen = () => gateway.state().parts[0]?.streams[0]?.device?.captured ?? 0;
  await until(() => seen() > 0, 30_000, 'something is captured');
}, 60_000);

afterAll(async () => {
  await gateway?.close();
  await cloud?.close();
  await rm(directory, { recursive: true, force: true });
});

async function dial(): Promise<viam.RobotClient> {
  const robot = new viam.RobotClient();
  const credentials = { type: 'api-key', authEntity: key.id, payload: key.payload } as const;
  await robot.dial({ host: address, noReconnect: true, credentials });
  return robot;
}

interface Account {
  destinations: { cloud: Record<'received' | 'delivered' | 'setAside' | 'deleted' | 'stored', number> };
}

async function expectSynced({ destinations }: Account): Promise<void> {
  const { received, delivered, setAside, deleted, stored } = destinations.cloud;
  expect(delivered).toBeGreaterThan(0);
  expect(received).toBe(delivered + setAside + deleted + stored);
  const rows = await fetch(`http://127.0.0.1:${cloud.httpPort}/query?part=main&stream=room_Readings_celsius`);
  expect(((await rows.json()) as object[]).length).toBeGreaterThanOrEqual(delivered);
}

describe.each([
  ['gRPC-web', undefined],
  [
    'gRPC',
    (options: { baseUrl: string }) => createGrpcTransport({ baseUrl: options.baseUrl, httpVersion: '2' }),
  ],
])('the TypeScript SDK over %s', (_name, factory) => {
  let robot: viam.RobotClient;
  beforeAll(async () => {
    Object.assign(globalThis, { VIAM: { GRPC_TRANSPORT_FACTORY: factory } });
    robot = await dial();
  });
  afterAll(async () => {
    await robot?.disconnect();
    Object.assign(globalThis, { VIAM: undefined });
  });

  test('reads the images of a camera, its point cloud, and what it can do', async () => {
    const camera = new viam.CameraClient(robot, 'cam');
    const { images, metadata } = await camera.getImages();
    expect(images.map(({ mimeType, sourceName }) => [mimeType, sourceName])).toEqual([
      ['image/jpeg', 'color'],
    ]);
    expect([...images[0]!.image.subarray(0, 2)]).toEqual(jpegHead);
    expect(Number(metadata.capturedAt!.seconds)).toBeGreaterThan(1_700_000_000);
    expect(Buffer.from(await camera.getPointCloud()).toString('latin1')).toContain('POINTS 360');
    expect(await camera.getProperties()).toMatchObject({ supportsPcd: true });
  });

  test('asks a vision service what a camera sees', async () => {
    const vision = new viam.VisionClient(robot, 'seer');
    const all = { returnImage: true, returnClassifications: true, returnDetections: true };
    const seen = await vision.captureAllFromCamera('cam', { ...all, returnObjectPointClouds: false });
    expect([...seen.image!.image.subarray(0, 2)]).toEqual(jpegHead);
    expect(seen.classifications.map(({ className }) => className)).toEqual(['tomato']);
    expect(seen.detections.map(({ className }) => className)).toEqual(['tomato']);
    expect(await vision.getDetectionsFromCamera('cam')).toHaveLength(1);
    expect(await vision.getClassificationsFromCamera('cam', 1)).toHaveLength(1);
    expect(await vision.getProperties()).toMatchObject({ detectionsSupported: true });
  });

  test.each<[string, (robot: viam.RobotClient) => Promise<unknown>, unknown]>([
    ['Arm EndPosition', (of) => new viam.ArmClient(of, 'arm').getEndPosition(), { oZ: 1 }],
    ['Arm JointPositions', (of) => new viam.ArmClient(of, 'arm').getJointPositions(), { values: [1, 2, 3] }],
    ['Board Analogs', (of) => new viam.BoardClient(of, 'pins').readAnalogReader('a'), { value: 7 }],
    ['Board interrupts', (of) => new viam.BoardClient(of, 'pins').getDigitalInterruptValue('i'), 0],
    ['Encoder TicksCount', (of) => new viam.EncoderClient(of, 'encoder').getPosition(1), [0, 1]],
    ['Gantry Lengths', (of) => new viam.GantryClient(of, 'gantry').getLengths(), [100, 200]],
    ['Gantry Position', (of) => new viam.GantryClient(of, 'gantry').getPosition(), [0, 0]],
    ['Motor Position', (of) => new viam.MotorClient(of, 'motor').getPosition(), 3],
    ['Motor IsPowered', (of) => new viam.MotorClient(of, 'motor').isPowered(), [false, 0]],
    [
      'Movement sensor AngularVelocity',
      (of) => new viam.MovementSensorClient(of, 'imu').getAngularVelocity(),
      { z: 1 },
    ],
    [
      'Movement sensor CompassHeading',
      (of) => new viam.MovementSensorClient(of, 'imu').getCompassHeading(),
      42,
    ],
    [
      'Movement sensor LinearAcceleration',
      (of) => new viam.MovementSensorClient(of, 'imu').getLinearAcceleration(),
      { x: 5 },
    ],
    [
      'Movement sensor LinearVelocity',
      (of) => new viam.MovementSensorClient(of, 'imu').getLinearVelocity(),
      { y: 5.4 },
    ],
    [
      'Movement sensor Orientation',
      (of) => new viam.MovementSensorClient(of, 'imu').getOrientation(),
      { oZ: 1 },
    ],
    [
      'Movement sensor Position',
      (of) => new viam.MovementSensorClient(of, 'imu').getPosition(),
      { coordinate: { latitude: 27.33 } },
    ],
    ['Power sensor voltage', (of) => new viam.PowerSensorClient(of, 'supply').getVoltage(), [4.8, false]],
    ['Power sensor readings', (of) => new viam.PowerSensorClient(of, 'supply').getReadings(), { watts: 9.6 }],
    ['Servo Position', (of) => new viam.ServoClient(of, 'servo').getPosition(), 45],
  ])('reads %s', async (_method, read, expected) => {
    const answer = await read(robot);
    if (typeof expected === 'object') expect(answer).toMatchObject(expected as object);
    else expect(answer).toBe(expected);
  });

  test('commands what a model has commands for, and is told UNKNOWN by the others', async () => {
    const sensor = new viam.SensorClient(robot, 'room');
    const command = viam.Struct.fromJson({ readings: { celsius: 8.25 } });
    expect(await sensor.doCommand(command)).toEqual({ readings: { celsius: 8.25 } });
    expect(await sensor.getReadings()).toEqual({ celsius: 8.25 });
    const wrong = sensor.doCommand(viam.Struct.fromJson({ readings: 7 }));
    await expect(wrong).rejects.toMatchObject({ code: unknown, rawMessage: /^command\.readings: / });
    const undone = new viam.CameraClient(robot, 'cam').doCommand(command);
    await expect(undone).rejects.toMatchObject({ code: unknown, rawMessage: 'DoCommand unimplemented' });
  });

  test('syncs, and is told by a command where everything went', async () => {
    const manager = new viam.DataManagerClient(robot, 'data_manager-1');
    await manager.sync();
    const command = viam.Struct.fromJson({ command: 'account' });
    await expectSynced((await manager.doCommand(command)) as unknown as Account);
    const wrong = manager.doCommand(viam.Struct.fromJson({ command: 'explode' }));
    await expect(wrong).rejects.toMatchObject({ code: unknown, rawMessage: 'command must be "account"' });
  });
});

describe.skipIf(isPythonMissing && !process.env.CI)(
  'the Python SDK (skipped when viam-sdk is missing)',
  () => {
    test('reads images, commands and syncs', async () => {
      const seen = (await runPython('own.py', address, key.id, key.payload)) as Record<string, unknown>;
      expect(seen).toMatchObject({
        images: [{ name: 'color', type: 'image/jpeg', head: 'ffd8' }],
        taken: true,
        done: { readings: { celsius: 7.5 } },
        readings: { celsius: 7.5 },
        undone: { code: 'UNKNOWN', message: 'DoCommand unimplemented' },
        vision: { image: 'ffd8', classes: ['tomato'], boxes: [[80, 60, 240, 180]] },
      });
      await expectSynced(seen.account as Account);
    }, 60_000);
  },
);
