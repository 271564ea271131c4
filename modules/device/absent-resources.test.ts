/** Chips and buses that are absent when the device starts, come, go, and come back. */
import { afterEach, expect, test } from 'vitest';
import { RegisterChip, SimulatedBus } from '../../host-sim/bus/simulated-bus';
import { ramp } from '../../host-sim/signals';
import { TestDevice, type TestDeviceOptions } from './test-device.node';

const minute = 60_000;
const adxl345 = 'rdk:component:movement_sensor/m';

let device: TestDevice;
afterEach(() => device.close());

function accelerometer(): RegisterChip {
  const chip = new RegisterChip({ 0: 0xe5, 50: [0, 1, 0x80, 0xff, 64, 0] }, (registers) => {
    // In standby, as after power-on, it measures nothing.
    registers.set(registers[0x2d]! & 8 ? [0, 1, 0x80, 0xff, 64, 0] : [0, 0, 0, 0, 0, 0], 50);
  });
  return chip;
}

const captured = (methods: object[]) => [{ type: 'data_manager', attributes: { capture_methods: methods } }];

const board = {
  name: 'b',
  type: 'board',
  model: 'esp32',
  attributes: {
    analogs: [{ name: 'a', pin: 0 }],
    i2cs: [{ name: 'i', bus: 'i2c0', data_pin: 5, clock_pin: 6 }],
  },
  service_configs: captured([
    { method: 'Analogs', capture_frequency_hz: 100, additional_params: { reader_name: 'a' } },
  ]),
};
const sensor = {
  name: 'm',
  type: 'movement_sensor',
  model: 'accel-adxl345',
  attributes: { i2c_bus: 'i' },
  depends_on: ['b'],
  service_configs: captured([
    { method: 'LinearAcceleration', capture_frequency_hz: 10 },
    { method: 'Readings', capture_frequency_hz: 1 },
  ]),
};

async function start(bus: SimulatedBus, options: Partial<TestDeviceOptions> = {}): Promise<void> {
  device = await TestDevice.start({
    part: { components: [board, sensor] },
    pins: { 0: ramp(0, 0) },
    network: { accessPoints: [] },
    bus,
    ...options,
  });
}

async function streams() {
  const { streams: all, now } = await device.status();
  return {
    all,
    now,
    good: all.find(({ method }) => method === 'Analogs')!,
    chip: all.filter(({ resource }) => resource === adxl345),
  };
}

const call = (resource: string, method: string) =>
  device.command<Record<string, unknown>>({ name: 'call', resource, method, parameters: {} });

test('a chip that comes after minutes is captured within a minute by all its collectors, others undisturbed', async () => {
  const chip = accelerometer();
  chip.present = false;
  await start(new SimulatedBus([{ address: 0x53, chip }]));
  await device.run(5 * minute);
  const before = await device.status();
  expect(before.streams).toHaveLength(1);
  expect(before.problems).toEqual(['build-failed at components[1]']);
  expect(before.problem_count).toBe(1);
  expect(before.absent!.resources).toEqual([{ resource: adxl345, why: expect.stringMatching(/^m: /) }]);
  expect(before.absent!.next_try).toBeGreaterThan(0);
  expect(before.absent!.next_try).toBeLessThanOrEqual(minute);

  chip.present = true;
  await device.run(before.absent!.next_try + 1_000);
  const joined = await device.status();
  expect(joined.problems).toEqual([]);
  expect([joined.problem_count, joined.absent]).toEqual([0, null]);

  await device.run(minute);
  const { good, chip: both, now } = await streams();
  expect(both.map(({ method }) => method)).toEqual(['LinearAcceleration', 'Readings']);
  for (const [index, rate] of [10, 1].entries()) {
    expect(both[index]!.captured).toBeGreaterThanOrEqual(60 * rate);
    expect(both[index]!.captured).toBeLessThanOrEqual(62 * rate);
    expect(both[index]!.missed + both[index]!.failed).toBe(0);
  }
  expect(good.missed + good.failed).toBe(0);
  expect(Math.abs(good.captured - now / 10)).toBeLessThanOrEqual(1);
});

test('pauses grow from a second to a minute', async () => {
  const probes: number[] = [];
  const absent = {
    write(_bytes: Uint8Array, now: number) {
      probes.push(now);
      return false;
    },
    read: () => undefined,
  };
  await start(new SimulatedBus([{ address: 0x53, chip: absent }]));
  await device.run(10 * minute);
  const gaps = probes.slice(1).map((at, index) => Math.round((at - probes[index]!) / 1_000));
  expect(gaps.slice(0, 8)).toEqual([1, 1, 2, 4, 8, 16, 32, 60]);
  expect(Math.max(...gaps)).toBe(60);
});

test('a call that names what is absent tries it at once, and its collectors begin then', async () => {
  const chip = accelerometer();
  chip.present = false;
  await start(new SimulatedBus([{ address: 0x53, chip }]), { sync: 0 });
  await device.run(5 * minute);
  expect((await call(adxl345, 'Readings')).error).toMatch(/absent: m: /);
  chip.present = true;
  expect(await call(adxl345, 'LinearAcceleration')).not.toHaveProperty('error');
  await device.run(2_000);
  expect((await streams()).chip.map(({ captured: count }) => count > 0)).toEqual([true, true]);
  // Slots, of 384.
  expect((await device.device.report()).stack.peak).toBeLessThanOrEqual(344);
});

test('a new configuration tries what is absent at once', async () => {
  const chip = accelerometer();
  chip.present = false;
  await start(new SimulatedBus([{ address: 0x53, chip }]));
  await device.run(5 * minute);
  chip.present = true;
  const { problems } = await device.configure('r2', {
    components: [board, sensor, { name: 'f', type: 'sensor', model: 'fake' }],
  });
  expect(problems).toEqual([]);
  await device.run(2_000);
  expect((await streams()).chip).toHaveLength(2);
  expect((await device.status()).absent).toBeNull();
});

test('a configuration without what is absent asks for it no more', async () => {
  let probes = 0;
  const chip = { write: () => ++probes < 0, read: () => undefined };
  await start(new SimulatedBus([{ address: 0x53, chip }]));
  await device.run(minute);
  await device.configure('r2', { components: [board] });
  const before = probes;
  await device.run(5 * minute);
  expect(probes).toBe(before);
  expect((await device.status()).absent).toBeNull();
});

test('a bus that a chip holds low is tried again until it is free', async () => {
  const bus = new SimulatedBus([{ address: 0x53, chip: accelerometer() }]);
  bus.held = true;
  await start(bus);
  await device.run(3 * minute);
  expect((await device.status()).absent?.resources).toHaveLength(1);
  bus.held = false;
  await device.run(minute);
  const { chip, good } = await streams();
  expect(chip).toHaveLength(2);
  expect(good.failed).toBe(0);
});

const holding = {
  ...board,
  attributes: {
    ...board.attributes,
    analogs: [
      { name: 'a', pin: 0 },
      { name: 'z', pin: 1 },
    ],
    pins: [3, 4],
  },
};
const twice = {
  ...holding,
  service_configs: captured([
    { method: 'Analogs', capture_frequency_hz: 100, additional_params: { reader_name: 'a' } },
    { method: 'Analogs', capture_frequency_hz: 10, additional_params: { reader_name: 'z' } },
  ]),
};
const hold = (pin?: number) => device.command({ name: 'hold', ...(pin !== undefined && { pin }) });

test('a pin of a board that somebody else has is opened once it is free, and its collector begins; all others go on', async () => {
  await start(new SimulatedBus([]), { part: { components: [] } });
  await device.run(100);
  await hold(1);
  await device.configure('r1', { components: [twice] });
  await device.run(3 * minute);
  const before = await device.status();
  expect(before.problems).toEqual(['build-failed at components[0].attributes.analogs[1].pin']);
  expect(before.problem_count).toBe(1);
  expect(before.absent!.resources).toEqual([{ resource: 'rdk:component:board/b', why: 'in use' }]);
  expect(before.streams).toHaveLength(1);
  // What is there of it can be called meanwhile.
  const parameters = { pin: '3' };
  const called = { name: 'call', resource: 'rdk:component:board/b', method: 'GetGPIO', parameters } as const;
  expect(await device.command(called)).toEqual({ high: false });

  await hold();
  await device.run(minute + 1_000);
  const { streams: both, problems, problem_count, absent, now } = await device.status();
  expect({ problems, problem_count, absent }).toEqual({ problems: [], problem_count: 0, absent: null });
  expect(both).toHaveLength(2);
  for (const { missed, failed } of both) expect(missed + failed).toBe(0);
  expect(both[0]!.captured).toBeGreaterThan(now / 10 - 200);
});

test('a configuration that frees a pin opens it at once for the board that wanted it, which runs on', async () => {
  const other = { name: 'other', type: 'board', model: 'esp32', attributes: { pins: [1] } };
  await start(new SimulatedBus([]), { part: { components: [other, twice] } });
  await device.run(minute);
  const before = await device.status();
  expect(before.absent!.resources).toHaveLength(1);
  expect(before.streams).toHaveLength(1);
  const { problems } = await device.configure('r2', {
    components: [{ ...other, attributes: { pins: [] } }, twice],
  });
  expect(problems).toEqual([]);
  await device.run(1_000);
  const after = await device.status();
  expect(after.absent).toBeNull();
  expect(after.streams.map(({ number, captured: count }) => [number, count > 0])).toEqual([
    [before.streams[0]!.number, true],
    [before.streams[0]!.number + 1, true],
  ]);
});
