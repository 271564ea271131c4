import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, edges, toggle } from '../../host-sim/signals';
import { captureMethods, findMethodOf } from '../config/methods';
import { TestDevice } from '../device/test-device.node';
import { captured, type Reading, ResourceDevice } from './test-device.node';

/** Every tabular method of the specification's table, by a driver, and the payload of Viam it must come to. */
const cases: [
  component: Parameters<typeof captured>[0],
  method: string,
  parameters: Record<string, string>,
  payload: object,
][] = [
  [
    {
      name: 'arm',
      type: 'arm',
      model: 'fake',
      attributes: { joint_positions: [1, 2.5, -3], end_position: { x: 1, y: 2, z: 3 } },
    },
    'EndPosition',
    {},
    { pose: { x: 1, y: 2, z: 3, o_x: 0, o_y: 0, o_z: 1, theta: 0 } },
  ],
  [
    { name: 'arm2', type: 'arm', model: 'fake', attributes: { joint_positions: [1, 2.5, -3] } },
    'JointPositions',
    {},
    { positions: { values: [1, 2.5, -3] } },
  ],
  [
    {
      name: 'board',
      type: 'board',
      model: 'esp32',
      attributes: { pins: [27], analogs: [{ name: 'A1', pin: 34 }] },
    },
    'Analogs',
    { reader_name: 'A1' },
    { value: 1254, min_range: 0, max_range: 2.45, step_size: 2.45 / 4095 },
  ],
  [
    { name: 'board2', type: 'board', model: 'fake', attributes: { analogs: { a: 7 }, pins: [27] } },
    'Gpios',
    { pin_name: '27' },
    { high: false },
  ],
  [
    { name: 'encoder', type: 'encoder', model: 'fake', attributes: { fake_ticks: 12 } },
    'TicksCount',
    {},
    { value: 12, position_type: 1 },
  ],
  [
    { name: 'gantry', type: 'gantry', model: 'fake', attributes: { lengths_mm: [500, 300] } },
    'Lengths',
    {},
    { lengths_mm: [500, 300] },
  ],
  [
    { name: 'gantry2', type: 'gantry', model: 'fake', attributes: { positions_mm: [10, 20.5] } },
    'Position',
    {},
    { positions_mm: [10, 20.5] },
  ],
  [
    { name: 'motor', type: 'motor', model: 'fake', attributes: { fake_position: 2.5 } },
    'Position',
    {},
    { position: 2.5 },
  ],
  [{ name: 'motor2', type: 'motor', model: 'fake' }, 'IsPowered', {}, { is_on: false, power_pct: 0 }],
  [
    { name: 'imu', type: 'movement_sensor', model: 'fake' },
    'AngularVelocity',
    {},
    { angular_velocity: { x: 0, y: 0, z: 1 } },
  ],
  [{ name: 'imu2', type: 'movement_sensor', model: 'fake' }, 'CompassHeading', {}, { value: 42 }],
  [
    { name: 'imu3', type: 'movement_sensor', model: 'fake', attributes: { lin_acc_x: 1 } },
    'LinearAcceleration',
    {},
    { linear_acceleration: { x: 1, y: 2, z: 3 } },
  ],
  [
    { name: 'imu4', type: 'movement_sensor', model: 'fake' },
    'LinearVelocity',
    {},
    { linear_velocity: { x: 0, y: 5.4, z: 0 } },
  ],
  [
    { name: 'imu5', type: 'movement_sensor', model: 'fake' },
    'Orientation',
    {},
    { orientation: { o_x: 0, o_y: 0, o_z: 1, theta: 0 } },
  ],
  [
    {
      name: 'imu6',
      type: 'movement_sensor',
      model: 'fake',
      attributes: { fake_lat: 52.1, fake_lon: 5.2, fake_alt: 3 },
    },
    'Position',
    {},
    { coordinate: { latitude: 52.1, longitude: 5.2 }, altitude_m: 3 },
  ],
  [
    { name: 'imu7', type: 'movement_sensor', model: 'fake' },
    'Readings',
    {},
    {
      readings: {
        position: { coordinate: { latitude: 27.33, longitude: 29.45 }, altitude_m: 4572.2 },
        linear_acceleration: { x: 5, y: 2, z: 3 },
        compass_heading: 42,
      },
    },
  ],
  [
    { name: 'power', type: 'power_sensor', model: 'fake' },
    'Readings',
    {},
    { readings: { volts: 4.8, amps: 2, is_ac: false, watts: 9.6 } },
  ],
  [
    { name: 'sensor', type: 'sensor', model: 'fake', attributes: { fake_value: 7.5 } },
    'Readings',
    {},
    { readings: { fake_sensor: 7.5 } },
  ],
  [
    {
      name: 'warm',
      type: 'sensor',
      model: 'tmp36',
      attributes: { board: 'board', analog_reader: 'A1', num_readings: 15 },
    },
    'Readings',
    {},
    { readings: { celsius: 25.03, fahrenheit: 77.05, millivolts: 750.3 } },
  ],
  [
    { name: 'servo', type: 'servo', model: 'fake', attributes: { fake_position: 90 } },
    'Position',
    {},
    { position_deg: 90 },
  ],
];

const components = cases.map(([component, method, parameters]) => captured(component, [method, parameters]));

let device: ResourceDevice;
let readings: Reading[];
beforeAll(async () => {
  device = await ResourceDevice.start({ pins: { 34: constant(1254) } });
  const { problems } = await device.configure(components);
  expect(problems).toEqual([]);
  readings = await device.read();
});
afterAll(() => device?.close());

test('every tabular row of the table of methods is among the cases', () => {
  const tested = cases.map(([{ type }, method]) => `rdk:component:${type} ${method}`);
  const rows = captureMethods.filter(({ mainOnly }) => !mainOnly);
  expect([...new Set(tested)].sort()).toEqual(rows.map(({ api, method }) => `${api} ${method}`).sort());
});

test('no reading of any driver leaves garbage behind', () => {
  expect(
    readings.filter(({ garbage }) => garbage !== 0).map(({ resource, garbage }) => [resource, garbage]),
  ).toEqual([]);
});

describe('captured, encoded, delivered and decoded', () => {
  const payloads = new Map<string, object[]>();

  /** Captures these for five seconds on a device of their own, and keeps what each delivered reading stands for. */
  async function capture(some: object[]): Promise<void> {
    const device = await TestDevice.start({
      board: 'esp32',
      pins: { 34: constant(1254) },
      part: { components: some },
    });
    await device.run(5000);
    await device.deliver();
    const { streams, problems } = await device.status();
    expect(problems).toEqual([]);
    for (const { number, resource, method } of streams) {
      const row = findMethodOf(resource, method)!;
      const { range } = readings.find((reading) => reading.resource === resource)!;
      payloads.set(
        resource,
        device.readings(number).map(({ value }) => row.payload(value, range)),
      );
    }
    await device.close();
  }

  // A device has the memory for some of them at a time. The first board is also the tmp36's.
  const board = components[2];
  beforeAll(async () => {
    for (let first = 0; first < components.length; first += 5) {
      const some = components.slice(first, first + 5);
      await capture(some.includes(board) ? some : [board, ...some]);
    }
  });

  test.each(cases)(
    '$type by %s is the payload of the specification',
    ({ name, type }, _method, _parameters, payload) => {
      const found = payloads.get(`rdk:component:${type}/${name}`) ?? [];
      expect(found.length).toBeGreaterThanOrEqual(4);
      for (const each of found) expect(each).toEqual(payload);
    },
  );
});

test('sensors of the device itself read its heap, and its signal while it has WiFi', async () => {
  const itself = await ResourceDevice.start({ network: new SimulatedNetwork() });
  await itself.configure([
    captured({ name: 'heap', type: 'sensor', model: 'free-heap' }, ['Readings']),
    captured({ name: 'wifi', type: 'sensor', model: 'wifi-rssi' }, ['Readings']),
  ]);
  const [heap, before] = await itself.read();
  await itself.joinWiFi('sim');
  await itself.device.run(10_000);
  const [, after] = await itself.read();
  await itself.close();
  expect((heap.value as { bytes: number }).bytes).toBeGreaterThan(10_000);
  expect(before.error).toBe('not connected to an access point');
  expect(after.value).toEqual({ rssi: -60 });
});

test('a quadrature encoder counts four ticks a period in hardware, in both directions', async () => {
  const forward = await ResourceDevice.start({
    pins: { 18: toggle(0.01, { phase: 0 }), 19: toggle(0.01, { phase: 0.75 }) },
  });
  await forward.configure([
    captured({ name: 'e', type: 'encoder', model: 'incremental', attributes: { pins: { a: 18, b: '19' } } }, [
      'TicksCount',
    ]),
  ]);
  const [before] = await forward.read(1);
  await forward.device.run(1000);
  const [after] = await forward.read(1);
  expect(await forward.call('rdk:component:encoder/e', 'ResetPosition')).toEqual({ result: {} });
  const reset = await forward.call('rdk:component:encoder/e', 'GetPosition');
  await forward.close();
  expect(Math.abs((after.value as number) - (before.value as number))).toBeGreaterThanOrEqual(396);
  expect(Math.abs((after.value as number) - (before.value as number))).toBeLessThanOrEqual(412);
  expect(Math.abs((reset.result as { value: number }).value)).toBeLessThanOrEqual(8);
});

test('a single encoder and a digital interrupt count the rising edges of slow signals', async () => {
  const times = Array.from({ length: 40 }, (_, index) => 1000 + index * 10);
  const wheel = await ResourceDevice.start({ pins: { 18: edges(times), 19: edges(times) } });
  await wheel.configure([
    {
      name: 'b',
      type: 'board',
      model: 'esp32',
      attributes: { digital_interrupts: [{ name: 'i', pin: 19 }] },
    },
    captured({ name: 'e', type: 'encoder', model: 'single', attributes: { pin: 18, dir_flip: true } }, [
      'TicksCount',
    ]),
  ]);
  await wheel.device.run(2000);
  const [reading] = await wheel.read(1);
  const interrupts = await wheel.call('rdk:component:board/b', 'GetDigitalInterruptValue', {
    digital_interrupt_name: 'i',
  });
  await wheel.close();
  expect(reading.value).toBe(-20);
  expect(interrupts).toEqual({ result: { value: 20 } });
});

test('an encoder of 40,000 ticks a second is counted whole, although nobody reads it for ten seconds', async () => {
  const fast = await ResourceDevice.start({
    pins: { 18: toggle(0.0001, { phase: 0 }), 19: toggle(0.0001, { phase: 0.75 }) },
  });
  await fast.configure([
    captured({ name: 'e', type: 'encoder', model: 'incremental', attributes: { pins: { a: 18, b: '19' } } }, [
      'TicksCount',
    ]),
  ]);
  const [before] = await fast.read(1);
  const begun = fast.device.now;
  await fast.device.run(10_000);
  const [after] = await fast.read(1);
  const expected = 40 * (fast.device.now - begun);
  await fast.close();
  const counted = Math.abs((after.value as number) - (before.value as number));
  expect(Math.abs(counted - expected)).toBeLessThan(1_000);
});

test('an ultrasonic sensor has no distance before its first echo', async () => {
  const sonar = await ResourceDevice.start({ pins: { 18: constant(0) } });
  const attributes = { trigger_pin: '19', echo_interrupt_pin: 18 };
  const { problems } = await sonar.configure([
    captured({ name: 'u', type: 'sensor', model: 'ultrasonic', attributes }, ['Readings']),
  ]);
  await sonar.device.run(70);
  const [reading] = await sonar.read(1);
  await sonar.close();
  expect(problems).toEqual([]);
  expect(reading.error).toBe('no echo');
});

test('a second ultrasonic sensor is refused: a chip has one timer for it', async () => {
  const sonar = await ResourceDevice.start();
  const sensor = (name: string, trigger: number, echo: number) => ({
    name,
    type: 'sensor',
    model: 'ultrasonic',
    attributes: { trigger_pin: trigger, echo_interrupt_pin: echo },
  });
  const { problems } = await sonar.configure([sensor('left', 19, 18), sensor('right', 22, 21)]);
  await sonar.close();
  expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'components[1]: right: no capture timer',
  ]);
});

test('an ultrasonic sensor measures by itself, and fails while there is no echo', async () => {
  // An echo of 5.83 ms, 1 m away, 10 times a second.
  const echo = toggle(0.1, { duty: 0.0583 });
  const sonar = await ResourceDevice.start({ pins: { 18: echo } });
  const attributes = { trigger_pin: '19', echo_interrupt_pin: 18 };
  await sonar.configure([
    captured({ name: 'u', type: 'sensor', model: 'ultrasonic', attributes }, ['Readings']),
  ]);
  const [early] = await sonar.read();
  await sonar.device.run(1000);
  const [heard] = await sonar.read();
  sonar.device.setPin(18, constant(0));
  await sonar.device.run(1000);
  const [silent] = await sonar.read();
  await sonar.close();
  expect(heard).toMatchObject({ value: { distance: 1 }, garbage: 0 });
  expect([early.error, silent.error]).toEqual(['no echo', 'no echo']);
});
