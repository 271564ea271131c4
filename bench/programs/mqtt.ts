/** What a block costs over MQTT, one message a reading, until the broker has acknowledged all and the ring is free. */
import { IntegerEncoder } from 'modules/block/integer-encoder';
import { FlashLog } from 'modules/ring/flash-log';
import { Deliveries } from 'modules/uplink/mqtt/deliveries';
import { MqttSession } from 'modules/uplink/mqtt/mqtt-session';
import type { Address } from '../../modules/uplink/transport';
import type { Deliverable, UplinkHost } from '../../modules/uplink/uplink-host';
import type { Near, NearSocket } from './near-transport';

const boot = { counter: 12, random: 0x9f00c3a1 };
const readings = 250;

const plan = {
  identity: {
    owner: 'main',
    resource: 'rdk:component:board/board',
    method: 'Analogs',
    parameters: { reader_name: 'A1' },
  },
  tags: [],
};

/** A block of noise. */
function blockOf(): Uint8Array {
  let made: Uint8Array | undefined;
  const encoder = new IntegerEncoder({
    boot,
    stream: 3,
    period: { numerator: 10, denominator: 1 },
    target: 512,
    sink: {
      block: (bytes, length) => {
        made = bytes.slice(0, length);
      },
    },
  });
  encoder.start(0);
  for (let index = 0, state = 1; index < readings; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    if (encoder.count === encoder.capacity) encoder.flush();
    encoder.staged[encoder.count++] = 2_000 + ((state >>> 16) % 7);
  }
  encoder.seal();
  return made!;
}

export default function () {
  const bytes = blockOf();
  const ring = new FlashLog({ flash: undefined, boot, headBytes: 20_000 }).openRing({
    stream: 3,
    quota: 15_000,
  });
  const stream = { number: 3, ring, declaration: { plan } } as unknown as Deliverable;
  const host = {
    clock: { now: () => 0, wall: { source: 'sntp', offset: 1_700_000_000_000 } },
    identity: { part: 'esp', boot },
    log: {
      error: (text: string) => {
        throw new Error(text);
      },
    },
  } as unknown as UplinkHost;
  const session = new MqttSession(
    host,
    {
      address: { host: 'broker', port: 1883, reached: { address: '192.0.2.1' } } as Address,
      appId: 'plant',
      topic: 'pipeline/plant/esp',
      client: 'esp',
      user: undefined,
      password: undefined,
      authority: undefined,
    },
    new Deliveries(),
    {
      spoken() {},
      opened() {},
      silent() {},
      progressed() {},
      ended(reason: string) {
        throw new Error(reason);
      },
    },
  );
  const { nearSocket } = globalThis as unknown as Near;
  nearSocket.open();
  session.cursors.update([stream as never]);
  const turn = session as unknown as { pump(): void };
  const append = () =>
    ring.block(bytes, bytes.length, ring.next, readings, ring.next * 2_500, ring.next * 2_500 + 2_490);

  return {
    /** To be taken off the next. */
    append(count: number) {
      for (let done = 0; done < count; done += 1) {
        append();
        ring.acknowledge(ring.next);
      }
      session.cursors.acknowledge(stream, ring.next);
    },
    publish(count: number) {
      for (let done = 0; done < count; done += 1) {
        append();
        session.cursors.aim(() => true);
        do turn.pump();
        while (nearSocket.acknowledge() > 0 || ring.oldest < ring.next);
      }
    },
    /** What the socket itself costs for a message is taken off too: it stands for one in machine code. */
    socket(count: number) {
      const packet = new Uint8Array(256);
      packet.set([0x32, 0xfd, 1, 0, 18], 0);
      const acknowledgement = new Uint8Array(4);
      const Socket = nearSocket.constructor as typeof NearSocket;
      const socket = new Socket({
        onReadable: () => void socket.read(acknowledgement),
        onWritable() {},
      });
      for (let done = 0; done < count; done += 1) {
        socket.write(packet);
        socket.acknowledge();
      }
    },
  };
}
