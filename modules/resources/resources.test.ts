import { afterEach, beforeEach, expect, test } from 'vitest';
import { constant, failure } from '../../host-sim/signals';
import { captured, ResourceDevice } from './test-device.node';

let device: ResourceDevice;
beforeEach(async () => {
  device = await ResourceDevice.start({
    pins: { 34: constant(1254), 35: [constant(4095), failure(0, 1e9)], 27: constant(4095) },
  });
});
afterEach(() => device.close());

const board = {
  name: 'b',
  type: 'board',
  model: 'esp32',
  attributes: {
    pins: [27, '26', 25, 33, 32, 18],
    analogs: [
      { name: 'A1', pin: '34' },
      { name: 'A2', pin: 35 },
    ],
  },
};
const B = 'rdk:component:board/b';

test('the board reads its analogs in counts and its pins as levels', async () => {
  const { problems, names } = await device.configure([
    captured(board, ['Analogs', { reader_name: 'A1' }], ['Gpios', { pin_name: '27' }]),
  ]);
  expect([problems, names]).toEqual([[], [B]]);
  const [analog, pin] = await device.read();
  expect([analog.value, pin.value]).toEqual([1254, 1]);
  expect(analog.range).toEqual({ min: 0, max: 2.45, step: 2.45 / 4095, unit: 'V' });
});

test('a read that fails throws, and does not hold a value', async () => {
  await device.configure([captured(board, ['Analogs', { reader_name: 'A2' }])]);
  const [reading] = await device.read();
  expect(reading.value).toBeUndefined();
  expect(reading.error).toBe('the read gave nothing');
});

test('one bad analog or pin is reported at its place, and the others are read', async () => {
  const analogs = [
    { name: 'A1', pin: 34 },
    { name: 'far', pin: 4 },
    { name: 'A1', pin: 33 },
    { pin: 32 },
    { name: 'text', pin: 'D2' },
  ];
  const { problems } = await device.configure([
    captured(
      { ...board, attributes: { analogs, pins: [27, 6, 99, 34] } },
      ['Analogs', { reader_name: 'A1' }],
      ['Analogs', { reader_name: 'far' }],
    ),
  ]);
  expect(
    problems.map(({ severity, code, path, message }) => `${severity} ${code} at ${path}: ${message}`),
  ).toEqual([
    'error out-of-range at components[0].attributes.analogs[1].pin: GPIO 4 of esp32 is not on ADC1; analog inputs are 32, 33, 34, 35, 36, 37, 38, 39',
    'error duplicate-name at components[0].attributes.analogs[2].name: there is a reader "A1" before this',
    'error missing-attribute at components[0].attributes.analogs[3].name: is required',
    'error wrong-type at components[0].attributes.analogs[4].pin: must be a whole number, not "D2"',
    'error out-of-range at components[0].attributes.pins[1]: GPIO 6 of esp32 is not free: it carries the flash chip',
    'error out-of-range at components[0].attributes.pins[2]: esp32 has no GPIO 99: it has 0 to 39',
    'error build-failed at components[0].attributes.pins[3]: in use',
  ]);
  const [a1, far] = await device.read();
  expect(a1.value).toBe(1254);
  expect(far.error).toBe('no analog reader "far": there is A1');
});

test('a bus on pins that carry the flash, as are the defaults on an ESP32, is refused at its attributes', async () => {
  const i2cs = [
    { name: 'defaults', bus: 'i2c0' },
    { name: 'input', data_pin: 21, clock_pin: 34 },
    { name: 'right', data_pin: 21, clock_pin: 22 },
  ];
  const { problems } = await device.configure([{ ...board, attributes: { i2cs } }]);
  expect(problems.map(({ code, path, message }) => `${code} at ${path}: ${message}`)).toEqual([
    'missing-attribute at components[0].attributes.i2cs[0].data_pin: is required, as by default GPIO 11 of esp32 is not free: it carries the flash chip',
    'missing-attribute at components[0].attributes.i2cs[0].clock_pin: is required, as by default GPIO 6 of esp32 is not free: it carries the flash chip',
    'out-of-range at components[0].attributes.i2cs[1].clock_pin: GPIO 34 of esp32 is an input only',
  ]);
});

test('a bus is one of those that the chip has', async () => {
  const i2cs = [
    { name: 'first', bus: 'i2c0', data_pin: 4, clock_pin: 5 },
    { name: 'second', bus: 'i2c1', data_pin: 4, clock_pin: 5 },
  ];
  const c3 = await ResourceDevice.start({ board: 'esp32c3', config: { chip: 'esp32c3' } });
  const { problems } = await c3.configure([{ ...board, attributes: { i2cs } }]);
  expect(problems.map(({ code, path, message }) => `${code} at ${path}: ${message}`)).toEqual([
    'out-of-range at components[0].attributes.i2cs[1].bus: must be i2c0',
  ]);
  await c3.close();
});

test('each chip has its own analog pins, and the ESP32-C3 no pulse counter', async () => {
  const c3 = await ResourceDevice.start({ board: 'esp32c3', config: { chip: 'esp32c3' } });
  const { problems } = await c3.configure([
    {
      ...board,
      attributes: {
        analogs: [
          { name: 'A1', pin: 34 },
          { name: 'A2', pin: 4 },
        ],
      },
    },
    { name: 'e', type: 'encoder', model: 'incremental', attributes: { pins: { a: 5, b: 6 } } },
  ]);
  await c3.close();
  expect(problems.map(({ message }) => message)).toEqual([
    'esp32c3 has no GPIO 34: it has 0 to 21; analog inputs are 0, 1, 2, 3, 4',
    'e: esp32c3 has no pulse counter',
  ]);
});

test('what cannot be built is reported by name, and the rest is built', async () => {
  const { problems, names } = await device.configure([
    { name: 'x', type: 'sensor', model: 'warp' },
    { name: 'y', type: 'toaster', model: 'fake' },
    { name: 'm', type: 'motor', model: 'gpio', attributes: { pins: { a: 1 } } },
    { name: 't', type: 'sensor', model: 'tmp36', attributes: { analog_reader: 'A7' } },
    { name: 'f', type: 'sensor', model: 'fake', attributes: { fake_valu: 1 } },
    board,
  ]);
  expect(names).toEqual([B, 'rdk:component:sensor/f']);
  expect(problems.map(({ code, path, message }) => `${code} at ${path}: ${message}`)).toEqual([
    'unknown-model at components[0].model: no driver of model "warp": of rdk:component:sensor there is bme280, fake, free-heap, tmp36, ultrasonic, wifi-rssi',
    'unknown-model at components[1].model: no driver of model "fake": there is no rdk:component:toaster',
    'missing-attribute at components[2].attributes.pins: needs a, b and pwm, or a and b, or dir and pwm',
    'build-failed at components[3]: t: no analog reader "A7": there is A1, A2',
    'unknown-attribute at components[4].attributes.fake_valu: is not read by anything here',
  ]);
});

test('a change leaves what did not change alone, and rebuilds what depends on what did', async () => {
  const first = [
    board,
    { name: 'f', type: 'sensor', model: 'fake' },
    { name: 't', type: 'sensor', model: 'tmp36', attributes: { analog_reader: 'A1' } },
    { name: 'other', type: 'board', model: 'fake' },
    { name: 's', type: 'servo', model: 'gpio', attributes: { board: 'other', pin: 5 } },
  ];
  const bound = first.map((component) =>
    component.name === 't' ? { ...component, attributes: { analog_reader: 'A1', board: 'b' } } : component,
  );
  await device.configure(bound);
  expect((await device.configure(bound)).rebuilt).toEqual([]);
  const changed = bound.map((component) =>
    component.name === 'b' ? { ...board, attributes: { ...board.attributes, pins: [27] } } : component,
  );
  const { problems, rebuilt } = await device.configure(changed);
  expect(problems).toEqual([]);
  expect(rebuilt.sort()).toEqual([B, 'rdk:component:sensor/f', 'rdk:component:sensor/t'].sort());
});

test('pins change hands between boards in one step', async () => {
  await device.configure([board]);
  const { problems } = await device.configure([{ ...board, name: 'renamed' }]);
  expect(problems).toEqual([]);
});

test('a pin that is set becomes an output, and is read as what it was set to', async () => {
  await device.configure([captured(board, ['Gpios', { pin_name: '26' }])]);
  expect((await device.read())[0].value).toBe(0);
  expect(await device.call(B, 'SetGPIO', { pin: '26', high: true })).toEqual({ result: {} });
  expect((await device.read())[0].value).toBe(1);
  expect(await device.call(B, 'GetGPIO', { pin: '26' })).toEqual({ result: { high: true } });
  expect(await device.call(B, 'SetGPIO', { pin: '40', high: true })).toEqual({
    error: 'pin "40" is not among the board\'s pins: there is 27, 26, 25, 33, 32, 18',
  });
});

test('PWM has a frequency and a duty, and ends with the frequency 0', async () => {
  await device.configure([board]);
  expect(await device.call(B, 'SetPWMFrequency', { pin: '25', frequency_hz: 500 })).toEqual({ result: {} });
  expect(await device.call(B, 'SetPWM', { pin: '25', duty_cycle_pct: 0.25 })).toEqual({ result: {} });
  expect(await device.call(B, 'PWM', { pin: '25' })).toEqual({ result: { duty_cycle_pct: 0.25 } });
  expect(await device.call(B, 'PWMFrequency', { pin: '25' })).toEqual({ result: { frequency_hz: 500 } });
  expect(await device.call(B, 'SetPWMFrequency', { pin: '25', frequency_hz: 0 })).toEqual({ result: {} });
  expect(await device.call(B, 'PWMFrequency', { pin: '25' })).toEqual({ result: { frequency_hz: 0 } });
});

test('a servo moves within its angles and says where it stands', async () => {
  const servo = { name: 's', type: 'servo', model: 'gpio', attributes: { pin: '25', max_angle_deg: 120 } };
  await device.configure([board, captured(servo, ['Position'])]);
  expect(await device.call('rdk:component:servo/s', 'Move', { angle_deg: 60 })).toEqual({ result: {} });
  // 1,500 µs of a period of 3,333 µs.
  const duty = (await device.call(B, 'PWM', { pin: '25' })).result as { duty_cycle_pct: number };
  expect(duty.duty_cycle_pct).toBeCloseTo(0.45, 6);
  await device.call('rdk:component:servo/s', 'Move', { angle_deg: 300 });
  expect((await device.read())[0].value).toBe(120);
});

test.each([
  [
    { a: '26', b: '33', pwm: '25' },
    { 26: true, 33: false },
    { 26: false, 33: true },
  ],
  [{ dir: '26', pwm: '25' }, { 26: true }, { 26: false }],
])('a motor on %j turns forwards, backwards and stops', async (pins, forwards, backwards) => {
  await device.configure([
    board,
    captured({ name: 'm', type: 'motor', model: 'gpio', attributes: { pins } }, ['IsPowered']),
  ]);
  const levels = async (expected: object) => {
    const found: Record<string, boolean> = {};
    for (const pin of Object.keys(expected))
      found[pin] = ((await device.call(B, 'GetGPIO', { pin })).result as { high: boolean }).high;
    return found;
  };
  await device.call('rdk:component:motor/m', 'SetPower', { power_pct: 0.5 });
  expect(await levels(forwards)).toEqual(forwards);
  expect((await device.read())[0].value).toEqual({ is_on: true, power_pct: 0.5 });
  await device.call('rdk:component:motor/m', 'SetPower', { power_pct: -1 });
  expect(await levels(backwards)).toEqual(backwards);
  expect(await device.call(B, 'PWM', { pin: '25' })).toEqual({ result: { duty_cycle_pct: 1 } });
  await device.call('rdk:component:motor/m', 'Stop');
  expect(await device.call(B, 'PWM', { pin: '25' })).toEqual({ result: { duty_cycle_pct: 0 } });
  expect((await device.read())[0].value).toEqual({ is_on: false, power_pct: 0 });
});

test('a motor on two pins drives the one and holds the other low', async () => {
  await device.configure([
    board,
    { name: 'm', type: 'motor', model: 'gpio', attributes: { pins: { a: '26', b: '33' } } },
  ]);
  const dutyOf = async (pin: string) =>
    ((await device.call(B, 'PWM', { pin })).result as { duty_cycle_pct: number }).duty_cycle_pct;
  const duties = async () => [await dutyOf('26'), await dutyOf('33')];
  await device.call('rdk:component:motor/m', 'SetPower', { power_pct: 0.5 });
  expect(await duties()).toEqual([0.5, 0]);
  await device.call('rdk:component:motor/m', 'SetPower', { power_pct: -0.25 });
  expect(await duties()).toEqual([0, 0.25]);
});

test('the position of a motor comes from its encoder, in revolutions, and without one there is none', async () => {
  const pins = { dir: '26', pwm: '25' };
  await device.configure([
    board,
    { name: 'e', type: 'encoder', model: 'fake', attributes: { fake_ticks: 30 } },
    captured(
      { name: 'm', type: 'motor', model: 'gpio', attributes: { pins, encoder: 'e', ticks_per_rotation: 12 } },
      ['Position'],
    ),
  ]);
  expect((await device.read())[0].value).toBe(2.5);
  await device.configure([
    board,
    captured({ name: 'm', type: 'motor', model: 'gpio', attributes: { pins } }, ['Position']),
  ]);
  expect((await device.read())[0].error).toBe('the motor has no encoder, so no position');
});

test('when all is closed every pin is free again', async () => {
  await device.configure([board, { name: 's', type: 'servo', model: 'gpio', attributes: { pin: '25' } }]);
  await device.closeResources();
  expect((await device.configure([board])).problems).toEqual([]);
});
