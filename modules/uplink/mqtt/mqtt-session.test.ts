import { expect, test, vi } from 'vitest';
import { pack } from '../../block/encode.node.js';
import type { Address } from '../transport';
import type { UplinkHost } from '../uplink-host';
import type { Broker } from './broker';
import type { BrokerConnectionOwner } from './broker-connection';
import { Deliveries } from './deliveries';
import { MqttSession } from './mqtt-session';

/** A broker that acknowledges what the test tells it to. */
const broker = vi.hoisted(() => ({
  published: [] as number[],
  timers: [] as (() => void)[],
  session: undefined as BrokerConnectionOwner | undefined,
}));

vi.mock('timer', () => ({
  default: {
    set: (callback: () => void) => broker.timers.push(callback),
    repeat: () => 0,
    clear: () => {},
  },
}));
vi.mock('./broker-connection', () => ({
  BrokerConnection: class {
    room = 100_000;

    constructor(_broker: Broker, owner: BrokerConnectionOwner) {
      broker.session = owner;
    }

    write(packets: Uint8Array): void {
      const bytes = Buffer.from(packets);
      for (let at = 0; at < bytes.length; ) {
        const length = (bytes[at + 1]! & 127) | (bytes[at + 2]! << 7);
        broker.published.push(bytes.readUInt16BE(at + 5 + bytes.readUInt16BE(at + 3)));
        at += 3 + length;
      }
    }

    close() {}
  },
}));

function acknowledge(...ids: number[]): void {
  broker.session!.heard();
  for (const id of ids) broker.session!.acknowledged(id);
}

function runTimers(): void {
  while (broker.timers.length > 0) broker.timers.shift()!();
}

/** A session with one block to publish. */
function sessionWith(block: Uint8Array) {
  const acknowledged: number[] = [];
  const said: string[] = [];
  const ring = {
    oldest: 0,
    next: 1,
    read: (_sequence: number, into: Uint8Array) => {
      into.set(block);
      return block.length;
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
    log: {
      error: (text: string) => expect.fail(text),
      repeating: (_key: string, describe: () => string) => said.push(describe()),
    },
  };
  const session = new MqttSession(
    host as unknown as UplinkHost,
    { address: {} as Address, appId: 'plant', topic: 'pipeline/plant/esp', client: 'esp' } as Broker,
    new Deliveries(),
    {
      spoken() {},
      opened() {},
      silent() {},
      progressed() {},
      ended: (reason: string) => expect.fail(reason),
    },
  );
  broker.session!.welcomed();
  session.cursors.update([stream as never]);
  session.cursors.aim(() => true);
  session.soon();
  runTimers();
  return { acknowledged, said };
}

test('a block is freed when all its messages are acknowledged, and not before', () => {
  const { acknowledged } = sessionWith(pack('integer', [5, 6, 7, 8]).blocks[0]!);
  expect(broker.published).toEqual([1, 2, 3, 4]);

  acknowledge(1, 2, 4);
  runTimers();
  expect(acknowledged, 'message 3 is not acknowledged').toEqual([]);
  acknowledge(2);
  runTimers();
  expect(acknowledged, 'an acknowledgement twice is one').toEqual([]);
  acknowledge(3);
  runTimers();
  expect(acknowledged).toEqual([1]);
});

test('a message that has no room is left out by name, and the others go', () => {
  const records = [{ a: 1 }, { ['x'.repeat(100)]: new Array(60).fill(0) }, { a: 2 }];
  broker.published.length = 0;
  const { acknowledged, said } = sessionWith(pack('record', records).blocks[0]!);
  expect(broker.published).toHaveLength(2);
  expect(said.join()).toMatch(/^cannot be published: the values of a reading of b_A are \d+ B/);
  acknowledge(...broker.published);
  runTimers();
  expect(acknowledged).toEqual([1]);
});
