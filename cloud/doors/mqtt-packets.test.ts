import { expect, test } from 'vitest';
import { acknowledgements, endOf, PacketReader, publishAt } from './mqtt-packets';

/** As section 2.2.3 of MQTT 3.1.1 writes it. */
function lengthOf(count: number): number[] {
  return count < 128 ? [count] : [(count & 127) | 128, ...lengthOf(count >> 7)];
}

function publish(payload: string, { qos = 1, retain = false } = {}): Buffer {
  const topic = Buffer.from('pipeline/app/device');
  const id = qos === 0 ? [] : [0, 7];
  const body = Buffer.concat([Buffer.from([0, topic.length]), topic, Buffer.from(id), Buffer.from(payload)]);
  const first = 0x30 | (qos << 1) | Number(retain);
  return Buffer.concat([Buffer.from([first, ...lengthOf(body.length)]), body]);
}

const ping = Buffer.from([0xc0, 0]);

function packets(whole: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < whole.length; at += found.at(-1)!.length)
    found.push(whole.subarray(at, endOf(whole, at)));
  return found;
}

test('gives packets whole, wherever the chunks they come in are cut', () => {
  const sent = [ping, publish('{}'), publish('x'.repeat(300)), ping, publish('y'.repeat(20_000)), ping];
  const bytes = Buffer.concat(sent);
  for (const size of [1, 2, 3, 5, 7, 127, 301, 4096, bytes.length]) {
    const reader = new PacketReader(100_000);
    const got: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size)
      got.push(...packets(reader.take(bytes.subarray(at, at + size))!));
    expect(got.map(String)).toEqual(sent.map(String));
    expect(reader.held).toBe(0);
  }
});

test('refuses a packet that is too large when its length has come, and one without a length', () => {
  const large = publish('x'.repeat(2000));
  expect(new PacketReader(1000).take(large.subarray(0, 2))).toHaveLength(0);
  expect(new PacketReader(1000).take(large.subarray(0, 3))).toBeUndefined();
  expect(new PacketReader(1000).take(Buffer.concat([ping, large.subarray(0, 3)]))).toBeUndefined();
  expect(new PacketReader(2 ** 28).take(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1]))).toBeUndefined();
});

test('reads what a PUBLISH of QoS 0 or 1 says, whatever its length', () => {
  for (const length of [0, 1, 100, 200, 20_000])
    for (const qos of [0, 1] as const) {
      const bytes = publish('z'.repeat(length), { qos });
      const read = publishAt(bytes, 0, bytes.length)!;
      expect(read.topic.toString()).toBe('pipeline/app/device');
      expect(read.payload).toHaveLength(length);
      expect(read.id).toBe(qos === 0 ? undefined : 7);
    }
});

test('leaves to the broker what it does not take: QoS 2, retained messages, other packets, what is cut short', () => {
  const others = [
    publish('{}', { qos: 2 }),
    publish('{}', { retain: true }),
    ping,
    Buffer.from([0x32, 0]),
    Buffer.from([0x32, 3, 0, 9, 0x61]),
    Buffer.from([0x32, 4, 0, 1, 0x61, 0]),
    Buffer.from([0x32, 5, 0, 1, 0x61, 0, 0]),
  ];
  for (const bytes of others) expect(publishAt(bytes, 0, bytes.length)).toBeUndefined();
});

test('acknowledges each by its number', () => {
  const expected = ['40020001', '40020102', '4002ffff'].join('');
  expect(acknowledgements([1, 258, 65_535]).toString('hex')).toBe(expected);
});
