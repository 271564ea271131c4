import { expect, test, vi } from 'vitest';
import { pack } from '../../block/encode.node.js';
import type { Address } from '../transport';
import type { UplinkHost } from '../uplink-host';
import { Deliveries } from './deliveries';
import { MqttSession } from './mqtt-session';

/** A broker that acknowledges what the test tells it to. */
const broker = vi.hoisted(() => ({
  PUBACK: 4,
  published: [] as number[],
  timers: [] as (() => void)[],
  callbacks: undefined as
    | { onWritable(count: number): void; onControl(packet: { operation: number; id: number }): void }
    | undefined,
}));

vi.mock('embedded:network/mqtt/client', () => ({ default: { PUBACK: broker.PUBACK } }));
vi.mock('timer', () => ({
  default: {
    set: (callback: () => void) => broker.timers.push(callback),
    repeat: () => 0,
    clear: () => {},
  },
}));
vi.mock('./broker', () => ({
  connect: (_host: unknown, _address: unknown, callbacks: typeof broker.callbacks) => {
    broker.callbacks = callbacks;
    return {
      close() {},
      write(_part: Uint8Array, options?: { id: number }) {
        if (options) broker.published.push(options.id);
        return 100_000;
      },
    };
  },
}));

// What XS has and Node has not.
ArrayBuffer.fromString ??= (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;

function runTimers(): void {
  while (broker.timers.length > 0) broker.timers.shift()!();
}

test('a block is freed when all its messages are acknowledged, and not before', () => {
  const [block] = pack('integer', [5, 6, 7, 8]).blocks;
  const acknowledged: number[] = [];
  const ring = {
    oldest: 0,
    next: 1,
    read: (_sequence: number, into: Uint8Array) => {
      into.set(block!);
      return block!.length;
    },
    acknowledge: (upTo: number) => {
      acknowledged.push(upTo);
      ring.oldest = upTo;
    },
  };
  const plan = {
    identity: {
      owner: 'part',
      resource: 'rdk:component:board/b',
      method: 'Analogs',
      parameters: { reader_name: 'A' },
    },
    tags: [],
  };
  const stream = { number: 0, ring, declaration: { plan } };
  const host = {
    clock: { now: () => 0, wall: { source: 'sntp', offset: 1_700_000_000_000 } },
    identity: { part: 'esp', boot: { counter: 1, random: 2 } },
    log: { error: (text: string) => expect.fail(text) },
  };
  const session = new MqttSession(
    host as unknown as UplinkHost,
    { address: {} as Address, appId: 'plant', topic: 'pipeline/plant/esp', topicBytes: 18 },
    new Deliveries(),
    {
      spoken() {},
      opened() {},
      silent() {},
      progressed() {},
      ended: (reason: string) => expect.fail(reason),
    },
  );
  broker.callbacks!.onWritable(100_000);
  session.cursors.update([stream as never]);
  session.cursors.aim(() => true);
  session.soon();
  runTimers();
  expect(broker.published).toEqual([1, 2, 3, 4]);

  for (const id of [1, 2, 4]) broker.callbacks!.onControl({ operation: broker.PUBACK, id });
  runTimers();
  expect(acknowledged, 'message 3 is not acknowledged').toEqual([]);
  broker.callbacks!.onControl({ operation: broker.PUBACK, id: 2 });
  runTimers();
  expect(acknowledged, 'an acknowledgement twice is one').toEqual([]);
  broker.callbacks!.onControl({ operation: broker.PUBACK, id: 3 });
  runTimers();
  expect(acknowledged).toEqual([1]);
});
