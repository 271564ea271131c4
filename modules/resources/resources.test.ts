import { afterAll, beforeAll, expect, test } from 'vitest';
import { constant } from '../../host-sim/signals';
import { findMethodOf } from '../config/methods';
import { captured, ResourceDevice } from './test-device.node';

let device: ResourceDevice;
beforeAll(async () => {
  device = await ResourceDevice.start({
    pins: { 34: constant(1254), 35: constant(4095), 27: constant(4095) },
  });
});
afterAll(() => device.close());

const board = {
  name: 'b',
  type: 'board',
  model: 'esp32',
  attributes: {
    pins: [27, '26', 25],
    analogs: [
      { name: 'A1', pin: '34' },
      { name: 'A2', pin: 35 },
    ],
  },
};

test('the board of the specification reads its analogs in counts and its pins as levels, without garbage', async () => {
  const { problems } = await device.configure([
    captured(
      board,
      ['Analogs', { reader_name: 'A1' }],
      ['Analogs', { reader_name: 'A2' }],
      ['Gpios', { pin_name: '27' }],
    ),
  ]);
  expect(problems).toEqual([]);
  const [a1, a2, pin] = await device.read();
  expect([a1.value, a2.value, pin.value]).toEqual([1254, 4095, 1]);
  expect([a1.garbage, a2.garbage, pin.garbage]).toEqual([0, 0, 0]);
  expect(a1.range).toEqual({ min: 0, max: 2.45, step: 2.45 / 4095, unit: 'V' });
  const payload = findMethodOf(a1.resource, a1.method)?.payload(a1.value, a1.range);
  expect(payload).toEqual({ value: 1254, min_range: 0, max_range: 2.45, step_size: 2.45 / 4095 });
});
