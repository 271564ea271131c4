import { describe, expect, test } from 'vitest';
import * as protocol from '../moddable/network/protocol';
import type { ServerStream } from './server-stream';
import { SimulatedNetwork, type SimulatedNetworkOptions } from './simulated-network';
import { TestDevice } from './test-device';

async function online(
  options: SimulatedNetworkOptions = {},
): Promise<{ bench: TestDevice; network: SimulatedNetwork }> {
  const bench = new TestDevice();
  const network = new SimulatedNetwork(options);
  network.attach(bench);
  bench.connectWiFi();
  await bench.run(10_000);
  return { bench, network };
}

async function connected(options: SimulatedNetworkOptions = {}) {
  const { bench, network } = await online(options);
  const streams: ServerStream[] = [];
  const received: Buffer[] = [];
  network.listen('gateway', 80, (stream) => {
    streams.push(stream);
    stream.on('data', (bytes: Buffer) => received.push(bytes));
    stream.on('error', () => undefined);
  });
  const socket = bench.open(await bench.resolve('gateway'), 80);
  while (bench.events.at(-1)?.bytes[0] !== protocol.socketTriggered)
    await bench.run(bench.clock.now() + 4_000);
  expect(bench.deliver(socket).triggers).toBe(protocol.triggerWritable);
  return { bench, network, socket, stream: streams[0]!, streams, received };
}

describe('WiFi', () => {
  test('associates, then gets an address', async () => {
    const bench = new TestDevice();
    new SimulatedNetwork({ radio: { associate: 300, dhcp: 500 } }).attach(bench);
    bench.connectWiFi();
    await bench.run(799);
    expect(bench.events.map(({ bytes }) => bytes[0])).toEqual([protocol.wifiAssociated]);
    await bench.run(800);
    expect(bench.events.map(({ bytes }) => bytes[0])).toEqual([
      protocol.wifiAssociated,
      protocol.wifiAddress,
    ]);
  });

  test('says so when the password is wrong', async () => {
    const bench = new TestDevice();
    new SimulatedNetwork({ accessPoints: [{ ssid: 'sim', password: 'other' }] }).attach(bench);
    bench.connectWiFi();
    await bench.run(10_000);
    expect(bench.events.map(({ bytes }) => bytes[0])).toEqual([protocol.wifiDisassociated]);
  });

  test('scans what can be heard, the strongest first', async () => {
    const bench = new TestDevice();
    const accessPoints = [
      { ssid: 'far', rssi: -80 },
      { ssid: 'near', rssi: -40 },
      { ssid: 'gone', rssi: -99 },
    ];
    new SimulatedNetwork({ accessPoints }).attach(bench);
    bench.call(protocol.wifiChannel, protocol.wifiScan, 0);
    await bench.run(2_000);
    const found = bench.events.filter(({ bytes }) => bytes[0] === protocol.wifiFound);
    expect(found.map(({ bytes }) => Buffer.from(bytes.subarray(10)).toString())).toEqual(['near', 'far']);
  });

  test('notices a silent access point after the beacon time-out, and drops its connections', async () => {
    const { bench, network, socket } = await connected();
    bench.events.length = 0;
    network.accessPointDown('sim', { from: 30_000 });
    await bench.run(35_999);
    expect(bench.events).toEqual([]);
    await bench.run(36_000);
    expect(bench.events.some(({ bytes }) => bytes[0] === protocol.wifiDisassociated)).toBe(true);
    expect(bench.deliver(socket).triggers).toBe(protocol.triggerError);
  });
});

describe('A connection', () => {
  test('carries bytes both ways, and gives the send buffer back when they are acknowledged', async () => {
    const { bench, socket, stream, received } = await connected({ latency: 20 });
    const bytes = Uint8Array.from({ length: 8_192 }, (_, index) => index * 7);
    expect(bench.write(socket, bytes)).toEqual(Uint8Array.of(0, 0));
    await bench.run(20_019);
    expect(received).toEqual([]);
    await bench.run(20_100);
    expect(Buffer.concat(received)).toEqual(Buffer.from(bytes));
    expect(bench.deliver(socket)).toEqual({
      triggers: protocol.triggerWritable,
      readable: 0,
      writable: 8_192,
    });
    stream.write('answer');
    await bench.run(21_000);
    expect(bench.deliver(socket)).toEqual({
      triggers: protocol.triggerReadable,
      readable: 6,
      writable: 8_192,
    });
    expect(Buffer.from(bench.read(socket, 6)).toString()).toBe('answer');
  });

  test('refuses more than the send buffer holds', async () => {
    const { bench, socket } = await connected();
    expect(() => bench.write(socket, new Uint8Array(8_193))).toThrow('would block');
  });

  test('holds back a listener that sends more than the window until the device reads', async () => {
    const { bench, socket, stream } = await connected();
    stream.write(Buffer.alloc(20_000, 1));
    await bench.run(21_000);
    expect(bench.deliver(socket).readable).toBe(8_192);
    let total = 0;
    for (let turn = 0; turn < 10; turn += 1) {
      total += bench.read(socket, 8_192).byteLength;
      await bench.run(22_000 + turn * 100);
    }
    expect(total).toBe(20_000);
  });

  test('takes as long as the bandwidth says', async () => {
    const { bench, socket, received } = await connected({ bandwidth: 1_000 });
    bench.write(socket, new Uint8Array(1_000));
    const sent = bench.clock.now();
    await bench.run(sent + 999);
    expect(Buffer.concat(received).byteLength).toBe(0);
    await bench.run(sent + 1_000);
    expect(Buffer.concat(received).byteLength).toBe(1_000);
  });

  test('delivers everything in order over a path that loses packets', async () => {
    const { bench, socket, received } = await connected({ latency: 5, jitter: 30, loss: 0.3, seed: 11 });
    const bytes = Uint8Array.from({ length: 8_000 }, (_, index) => index);
    bench.write(socket, bytes);
    await bench.run(600_000);
    expect(Buffer.concat(received)).toEqual(Buffer.from(bytes));
  });

  test('is refused where nobody listens', async () => {
    const { bench } = await online();
    const socket = bench.open('10.0.9.9', 81);
    await bench.run(11_000);
    expect(bench.deliver(socket).triggers).toBe(protocol.triggerError);
  });

  test('is cut in mid-frame after exactly so many bytes', async () => {
    const { bench, network } = await online();
    const received: Buffer[] = [];
    network.listen('gateway', 80, (stream) => {
      stream.on('data', (bytes: Buffer) => received.push(bytes)).on('error', () => undefined);
    });
    network.cutAfter('up', 300, 'gateway');
    const socket = bench.open(await bench.resolve('gateway'), 80);
    await bench.run(20_000);
    bench.write(socket, new Uint8Array(1_000));
    await bench.run(30_000);
    expect(Buffer.concat(received).byteLength).toBe(300);
    expect(bench.deliver(socket).triggers & protocol.triggerError).toBe(protocol.triggerError);
  });

  test('waits through a black hole and goes on, nobody being told', async () => {
    const { bench, network, socket, stream, received } = await connected();
    network.blackhole({ from: 21_000, until: 40_000 });
    await bench.run(25_000);
    bench.write(socket, Uint8Array.of(1, 2, 3));
    await bench.run(39_000);
    expect(received).toEqual([]);
    expect(stream.destroyed).toBe(false);
    await bench.run(60_000);
    expect(Buffer.concat(received)).toEqual(Buffer.of(1, 2, 3));
  });

  test('has stretches of trouble that overlap, and is as before when all are over', async () => {
    const { bench, network, socket, received } = await connected();
    network.degrade({ from: 21_000, until: 30_000 }, { latency: 400 });
    network.degrade({ from: 25_000, until: 40_000 }, { latency: 900 });
    const delay = async (at: number): Promise<number> => {
      await bench.run(at);
      received.length = 0;
      bench.write(socket, Uint8Array.of(1));
      for (let waited = 0; ; waited += 100) {
        if (received.length > 0) return waited;
        await bench.run(at + waited + 100);
      }
    };
    expect(await delay(22_000)).toBe(400);
    expect(await delay(26_000)).toBe(900);
    expect(await delay(32_000)).toBe(900);
    expect(await delay(41_000)).toBeLessThanOrEqual(100);
  });

  test('is given up by the device when nothing has passed for all its retries', async () => {
    const { bench, network, socket } = await connected();
    network.blackhole({ from: 21_000 });
    await bench.run(22_000);
    bench.deliver(socket);
    bench.write(socket, Uint8Array.of(1));
    await bench.run(22_000 + 15 * 60_000);
    expect(bench.deliver(socket).triggers).toBe(protocol.triggerError);
  });

  test('stays open at the listener when the device restarts, and is reset by the next thing sent to it', async () => {
    const { bench, stream } = await connected();
    bench.restart();
    await bench.run(30_000);
    expect(stream.destroyed).toBe(false);
    bench.connectWiFi();
    await bench.run(40_000);
    stream.write('are you there?');
    await bench.run(50_000);
    expect(stream.destroyed).toBe(true);
  });

  test('brings no answer to the boot after the one that asked', async () => {
    const { bench, network } = await online({ latency: 500 });
    network.listen('gateway', 80, () => undefined);
    bench.events.length = 0;
    bench.call(protocol.socketChannel, protocol.socketResolve, 1, 0, ...Buffer.from('gateway'));
    bench.call(protocol.timeChannel, 0);
    bench.restart();
    bench.connectWiFi();
    await bench.run(20_000);
    expect(bench.events.filter(({ channel }) => channel !== protocol.wifiChannel)).toEqual([]);
  });

  test('gives the listener all that was written before the device closed', async () => {
    const { bench, socket, stream, received } = await connected({ latency: 50 });
    bench.write(socket, Uint8Array.of(9, 8, 7));
    bench.call(protocol.socketChannel, protocol.socketClose, socket);
    await bench.run(30_000);
    expect(Buffer.concat(received)).toEqual(Buffer.of(9, 8, 7));
    expect(stream.destroyed).toBe(true);
  });

  test('lets the device read all that was sent before the listener ended', async () => {
    const { bench, socket, stream } = await connected();
    stream.end(Buffer.alloc(3_000, 5));
    await bench.run(30_000);
    expect(bench.deliver(socket)).toMatchObject({ readable: 3_000 });
    expect(bench.read(socket, 3_000).byteLength).toBe(3_000);
    expect(bench.deliver(socket).triggers).toBe(protocol.triggerError);
  });
});

test('The same seed gives the same events, byte for byte', async () => {
  const trace = async (seed: number): Promise<string> => {
    const { bench, socket, stream } = await connected({
      seed,
      latency: 10,
      jitter: 20,
      loss: 0.1,
      bandwidth: 9_000,
    });
    bench.events.length = 0;
    const log: string[] = [];
    for (let turn = 0; turn < 30; turn += 1) {
      bench.write(socket, new Uint8Array(200));
      stream.write(Buffer.alloc(150));
      await bench.run(bench.clock.now() + 700);
      const { triggers, readable, writable } = bench.deliver(socket);
      log.push(`${triggers} ${readable} ${writable}`);
      if (readable > 0) bench.read(socket, readable);
    }
    return log.join('\n');
  };
  const first = await trace(5);
  expect(await trace(5)).toBe(first);
  expect(await trace(6)).not.toBe(first);
});
