/** The vectors on XS itself: encoded there they give the same bytes, decoded there the same values. */
import { afterAll, expect, test } from 'vitest';
import { SimulatedDevice } from '../../host-sim/device';
import { inlineFirmware } from '../../host-sim/inline-firmware';
import { type DecodedBlock, decodeBlock } from './decoder';
import { kinds } from './types';
import { vectors } from './vectors.node.js';

/** What the device asks for next, on channel 200: numbers, the first of which is one of these; or a record as JSON. */
const Order = { open: 0, readings: 1, slip: 2, seal: 3, end: 4 } as const;

const main = `
import * as bridge from 'sim/bridge';
import Timer from 'timer';
import { BooleanEncoder } from 'modules/block/boolean-encoder';
import { DecodedBlock, decodeBlock } from 'modules/block/decoder';
import { DoubleEncoder } from 'modules/block/double-encoder';
import { IntegerEncoder } from 'modules/block/integer-encoder';
import { RecordEncoder } from 'modules/block/record-encoder';

const encoders = [IntegerEncoder, BooleanEncoder, DoubleEncoder, RecordEncoder];
let encoder: any;
let kind = 0;

const sink = {
  block(bytes: Uint8Array, length: number): void {
    bridge.call(201, bytes.slice(0, length).buffer as ArrayBuffer);
    const block = decodeBlock(bytes, 0, length);
    if (!(block instanceof DecodedBlock)) throw new Error(block.message);
    const values = block.values as any;
    bridge.call(202, kind === 3 ? ArrayBuffer.fromString(JSON.stringify(values)) : values.buffer);
  },
};

function obey(order: Float64Array, reply: ArrayBuffer): boolean {
  switch (order[0]) {
    case 0:
      kind = order[1];
      encoder = new encoders[kind]({
        boot: { counter: order[2], random: order[3] },
        stream: order[4],
        period: { numerator: order[5], denominator: order[6] },
        target: 512,
        sink,
      });
      encoder.start(order[7]);
      return true;
    case 1:
      for (let index = 1; index < order.length; index += 1) put(kind === 1 ? order[index] === 1 : order[index]);
      return true;
    case 2:
      encoder.slip(encoder.count, order[1], order[2], order[3]);
      return true;
    case 3:
      encoder.seal();
      return true;
    default:
      return false;
  }
}

function put(value: unknown): void {
  encoder.staged[encoder.count] = value;
  encoder.count += 1;
  if (encoder.count === encoder.capacity) while (!encoder.advance());
}

function step(): void {
  const reply = bridge.call(200, new ArrayBuffer(0)) as ArrayBuffer;
  const text = new Uint8Array(reply)[0] === 0x7b || new Uint8Array(reply)[0] === 0x5b;
  if (text) put(JSON.parse(String.fromArrayBuffer(reply)));
  else if (!obey(new Float64Array(reply), reply)) return;
  Timer.set(step, 1);
}
Timer.set(step, 1);
`;

const devices: SimulatedDevice[] = [];
afterAll(async () => {
  for (const device of devices) await device.close();
});

function numbers(...values: number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(values).buffer);
}

/** The orders that encode the vectors, a reading of a record and 32 of the others at a time. */
function* orders(): Generator<Uint8Array> {
  for (const { kind, options = {}, values } of vectors()) {
    const { boot = { counter: 12, random: 0x9f00c3a1 }, stream = 1, start = 1000 } = options;
    const { numerator, denominator } = options.period ?? { numerator: 10, denominator: 1 };
    const number = kinds.indexOf(kind);
    yield numbers(Order.open, number, boot.counter, boot.random, stream, numerator, denominator, start);
    let pending: number[] = [];
    for (let index = 0; index < values.length; index += 1) {
      const slip = options.slips?.get(index);
      if (slip || pending.length === 32) {
        if (pending.length > 0) yield numbers(Order.readings, ...pending);
        pending = [];
      }
      if (slip) yield numbers(Order.slip, slip.missed, slip.late, slip.duration);
      if (kind === 'record') yield new TextEncoder().encode(JSON.stringify(values[index]));
      else pending.push(Number(values[index]));
    }
    if (pending.length > 0) yield numbers(Order.readings, ...pending);
    yield numbers(Order.seal);
  }
  yield numbers(Order.end);
}

test('XS encodes and decodes every vector as Node does', async () => {
  const expected = vectors().flatMap(({ blocks }) => blocks);
  const encoded: Uint8Array[] = [];
  const decoded: Uint8Array[] = [];
  const device = await SimulatedDevice.start({
    firmware: inlineFirmware({ main, include: ['modules/block/manifest.json'] }),
    reboots: 'manual',
  });
  devices.push(device);
  const left = orders();
  device.channel(200, { call: () => left.next().value ?? numbers(Order.end) });
  device.channel(201, { call: (bytes) => void encoded.push(bytes.slice()) });
  device.channel(202, { call: (bytes) => void decoded.push(bytes.slice()) });
  await device.run(60_000);
  expect(device.exit).toBeUndefined();
  expect(encoded.map((block) => [...block])).toEqual(expected.map((block) => [...block]));
  expect(left.next().done).toBe(true);
  expected.forEach((block, index) => {
    const { kind, values } = decodeBlock(block) as DecodedBlock;
    const found = decoded[index]!;
    if (kind === 'record') expect(JSON.parse(new TextDecoder().decode(found))).toEqual(values);
    else expect([...found]).toEqual([...new Uint8Array((values as Int32Array).buffer)]);
  });
});
