/** The simulated network against TCP's promise, under random traffic and faults. */
import { seededRandom } from '../../host-sim/network/path';
import type { ServerStream } from '../../host-sim/network/server-stream';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { TestDevice } from '../../host-sim/network/test-device';
import type { SoakTask } from './task';

/** ms of a run with faults, and after them until everything must have arrived. */
const troubled = 120_000;
const settled = troubled + 1_200_000;

/** The byte at each place of a stream, so that any loss, repetition or exchange shows. */
const byteAt = (place: number): number => (place * 131 + (place >> 8) * 17) & 0xff;

class Receiver {
  place = 0;

  wrong: string | undefined;

  take(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte !== byteAt(this.place)) this.wrong ??= `byte ${this.place} is ${byte}`;
      this.place += 1;
    }
  }
}

class Sender {
  place = 0;

  next(count: number): Uint8Array {
    const bytes = Uint8Array.from({ length: count }, (_, index) => byteAt(this.place + index));
    this.place += count;
    return bytes;
  }
}

interface Exchange {
  device: TestDevice;
  socket: number;
  stream: ServerStream;
  up: { sent: Sender; received: Receiver };
  down: { sent: Sender; received: Receiver };
  writable: number;
}

async function begin(network: SimulatedNetwork): Promise<Exchange> {
  const device = new TestDevice();
  const up = { sent: new Sender(), received: new Receiver() };
  const down = { sent: new Sender(), received: new Receiver() };
  const streams: ServerStream[] = [];
  network.listen('10.0.9.1', 7, (stream) => {
    streams.push(stream);
    stream.on('data', (bytes: Buffer) => up.received.take(bytes));
  });
  network.attach(device);
  device.connectWiFi();
  await device.run(5_000);
  const socket = device.open('10.0.9.1', 7);
  device.events.length = 0;
  // The first packets may be lost too.
  while (device.events.length === 0) await device.run(device.clock.now() + 1_000);
  const [stream] = streams;
  if (!stream) throw new Error('no connection');
  return { device, socket, stream, up, down, writable: device.deliver(socket).writable };
}

/** One of: a write of either side, a read of the device. */
function act(exchange: Exchange, random: () => number): void {
  const { device, socket, stream, up, down } = exchange;
  const { readable, writable } = device.deliver(socket);
  exchange.writable = writable;
  const count = Math.floor(random() * 3_000);
  const choice = random();
  if (choice < 0.4 && count <= writable && count > 0) device.write(socket, up.sent.next(count));
  else if (choice < 0.7 && !stream.destroyed) stream.write(down.sent.next(count));
  else if (readable > 0) down.received.take(device.read(socket, Math.ceil(random() * readable)));
}

/** Ends after `troubled` ms; a connection that was cut may lose its end, any other loses nothing. */
async function runSeed(seed: number): Promise<number> {
  const random = seededRandom(seed);
  const network = new SimulatedNetwork({
    seed,
    latency: random() * 200,
    jitter: random() * 200,
    loss: random() * 0.2,
    bandwidth: random() < 0.5 ? 0 : 2_000 + random() * 50_000,
    connectionsWithoutWiFi: 'keep',
  });
  const cut = random() < 0.3;
  if (random() < 0.2) network.cutAfter(random() < 0.5 ? 'up' : 'down', Math.floor(random() * 20_000));
  else if (cut) network.cut(6_000 + random() * troubled);
  for (let fault = 0; fault < 4; fault += 1) {
    const from = 6_000 + random() * troubled;
    const stretch = { from, until: from + random() * 20_000 };
    if (random() < 0.5) network.blackhole(stretch);
    else network.degrade(stretch, { loss: random() * 0.5, latency: random() * 2_000 });
  }
  const exchange = await begin(network);
  const { device, socket, stream, up, down } = exchange;
  while (device.clock.now() < troubled) {
    act(exchange, random);
    await device.run(device.clock.now() + random() * 400);
  }
  while (device.clock.now() < settled) {
    const { readable } = device.deliver(socket);
    if (readable > 0) down.received.take(device.read(socket, readable));
    await device.run(device.clock.now() + 500);
  }
  const wrong = up.received.wrong ?? down.received.wrong;
  if (wrong) throw new Error(wrong);
  if (up.received.place > up.sent.place || down.received.place > down.sent.place)
    throw new Error('more has arrived than was sent');
  if (!stream.destroyed) {
    if (up.received.place !== up.sent.place)
      throw new Error(`${up.received.place} of ${up.sent.place} bytes have arrived at the listener`);
    if (down.received.place !== down.sent.place)
      throw new Error(`${down.received.place} of ${down.sent.place} bytes have arrived at the device`);
    if (device.deliver(socket).writable !== 8_192) throw new Error('the send buffer has not come back');
  }
  network.detach(device);
  return up.received.place + down.received.place;
}

export const task: SoakTask = {
  description: 'what arrives is what was sent, in order, and all of it unless the connection was cut',
  unit: 'seeds',
  sample: 30,
  full: 3_000,
  async run(seeds, first) {
    let bytes = 0;
    for (let seed = first; seed < first + seeds; seed += 1) {
      try {
        bytes += await runSeed(seed);
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
    return `${bytes} bytes over ${seeds} networks`;
  },
};
