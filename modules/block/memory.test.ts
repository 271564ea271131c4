/** What an encoder takes of a device's memory, staging and open block of 512 B included, once it is in use; and of its stack. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SimulatedDevice } from '../../host-sim/device';
import { inlineFirmware } from '../../host-sim/inline-firmware';

const main = `
import * as bridge from 'sim/bridge';
import { bytes, collect } from 'sim/meter';
import { BooleanEncoder } from 'modules/block/boolean-encoder';
import { DoubleEncoder } from 'modules/block/double-encoder';
import { IntegerEncoder } from 'modules/block/integer-encoder';
import { RecordEncoder } from 'modules/block/record-encoder';

const options = {
  boot: { counter: 1, random: 5 },
  stream: 1,
  period: { numerator: 10, denominator: 1 },
  target: 512,
  sink: { block() {} },
};
const taken: Record<string, number> = {};
/** Of a second encoder, since the first makes what all share. */
function measure(name: string, make: () => any, value: (index: number) => unknown): void {
  use(make(), value);
  taken[name] = 0;
  collect();
  const before = bytes();
  const encoder = make();
  use(encoder, value);
  collect();
  taken[name] = bytes() - before;
  encoder.seal();
}
function use(encoder: any, value: (index: number) => unknown): void {
  encoder.start(0);
  for (let index = 0; index < 2000; index += 1) {
    encoder.staged[encoder.count] = value(index);
    encoder.count += 1;
    if (encoder.count === encoder.capacity) encoder.flush();
  }
}

measure('integers', () => new IntegerEncoder(options), (index) => 1000 + (index % 7));
measure('booleans', () => new BooleanEncoder(options), (index) => index % 90 < 45);
measure('doubles', () => new DoubleEncoder(options), (index) => 20 + (index % 7) / 10);
const one = { celsius: 20 };
measure('records of a number', () => new RecordEncoder(options), (index) => {
  one.celsius = 20 + (index % 7) / 10;
  return one;
});
const three = { celsius: 20, percent: 50, hectopascal: 1000 };
measure('records of three', () => new RecordEncoder(options), (index) => {
  three.celsius = 20 + (index % 7) / 10;
  return three;
});
bridge.call(200, ArrayBuffer.fromString(JSON.stringify(taken)));
`;

let device: SimulatedDevice;
let taken: Record<'integers' | 'booleans' | 'doubles' | 'records of a number' | 'records of three', number>;
beforeAll(async () => {
  device = await SimulatedDevice.start({
    firmware: inlineFirmware({ main, include: ['modules/block/manifest.json'] }),
    reboots: 'manual',
  });
  device.channel(200, {
    call: (bytes) => {
      taken = JSON.parse(new TextDecoder().decode(bytes));
    },
  });
  await device.run(1000);
});
afterAll(() => device.close());

test.each([
  ['integers', 1660],
  ['booleans', 1350],
  ['doubles', 1460],
  ['records of a number', 1400],
] as const)('an encoder of %s takes at most %i B', (name, most) => {
  expect(taken[name]).toBeLessThanOrEqual(most);
});

test('each further number of a record takes at most 120 B', () => {
  expect((taken['records of three'] - taken['records of a number']) / 2).toBeLessThanOrEqual(120);
});

test('records deeper than an ESP32-C3 has stack for are refused, and the others of their stream encoded', async () => {
  const main = `
import { call } from 'sim/bridge';
import Timer from 'timer';
import { RecordEncoder } from 'modules/block/record-encoder';

const options = { boot: { counter: 1, random: 5 }, stream: 1, period: { numerator: 10, denominator: 1 } };
let readings = 0;
const encoder = new RecordEncoder({ ...options, target: 512, sink: { block(bytes, length, sequence, count) { readings += count; } } });
const right = { a: { b: { c: { d: 0.5 } } } };
let deep = 1;
for (let level = 0; level < 40; level += 1) deep = level % 2 ? { deeper: deep } : [deep];
encoder.start(0);
Timer.set(() => {
  for (let index = 0; index < 600; index += 1) {
    right.a.b.c.d = Math.sin(index);
    encoder.staged[0] = index % 2 ? deep : right;
    encoder.count = 1;
    encoder.slip(0, 0, 0, index % 5);
    encoder.flush();
  }
  encoder.seal();
  call(200, ArrayBuffer.fromString(JSON.stringify([readings, encoder.refused])));
}, 1);
`;
  const firmware = inlineFirmware({ main, include: ['modules/block/manifest.json'] });
  const other = await SimulatedDevice.start({ firmware, board: 'esp32c3', reboots: 'manual' });
  const told: number[][] = [];
  other.channel(200, { call: (bytes) => void told.push(JSON.parse(new TextDecoder().decode(bytes))) });
  try {
    await other.run(1000);
    expect(other.exit).toBeUndefined();
    expect(told).toEqual([[300, 300]]);
    expect((await other.report()).stack.peak).toBeLessThanOrEqual(320);
  } finally {
    await other.close();
  }
});

test('a timer that encodes late records of three levels and no decimals needs at most 300 of 384 slots of stack', async () => {
  const main = `
import Timer from 'timer';
import { RecordEncoder } from 'modules/block/record-encoder';

const options = { boot: { counter: 1, random: 5 }, stream: 1, period: { numerator: 10, denominator: 1 } };
const encoder = new RecordEncoder({ ...options, target: 512, sink: { block() {} } });
const record = { position: { coordinate: { latitude: 0 } } };
encoder.start(0);
Timer.set(() => {
  for (let index = 0; index < 500; index += 1) {
    record.position.coordinate.latitude = Math.sin(index);
    encoder.staged[0] = record;
    encoder.count = 1;
    encoder.slip(0, 0, 0, index % 5);
    encoder.flush();
  }
}, 1);
`;
  const firmware = inlineFirmware({ main, include: ['modules/block/manifest.json'] });
  const other = await SimulatedDevice.start({ firmware, reboots: 'manual' });
  try {
    await other.run(1000);
    expect((await other.report()).stack.peak).toBeLessThanOrEqual(300);
  } finally {
    await other.close();
  }
});
