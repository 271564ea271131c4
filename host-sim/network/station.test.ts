import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type DeviceOptions, SimulatedDevice, VirtualClock } from '../device';
import { inlineFirmware } from '../inline-firmware';
import type { ServerStream } from './server-stream';
import { SimulatedNetwork } from './simulated-network';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(
  main: string,
  network: SimulatedNetwork,
  options: Partial<DeviceOptions> = {},
): Promise<SimulatedDevice> {
  const device = await SimulatedDevice.start({ firmware: inlineFirmware({ main }), network, ...options });
  closers.push(() => device.close());
  return device;
}

/** Associated after 0.4 s, with an address 0.6 s later. */
const radio = { associate: 400, dhcp: 600 };

/** Times of the clock, in seconds, at which each line was traced. */
function timed(device: SimulatedDevice): string[] {
  return device.events.flatMap((event) =>
    event.kind === 'trace' ? [`${(event.at / 1000).toFixed(1)} ${event.text.trim()}`] : [],
  );
}

/** Joins `sim`, and again whenever it has lost it; `online` runs at every connection. */
const station = (online = '', imports = '') => `
  import WiFi from 'embedded:network/interface/wifi';
  import Timer from 'timer';
  ${imports}
  const wifi = new WiFi({
    onChanged(property) {
      trace(property + ' ' + this.connection + '\\n');
      if (property === 'connection' && this.connection === 200) Timer.set(() => wifi.connect({ SSID: 'sim' }), 1000);
      if (property === 'connection' && this.connection === 500) { ${online} }
    },
  });
  wifi.connect({ SSID: 'sim' });`;

describe('A station in XS', () => {
  test('learns of a lost access point by its beacons, and is back when it is', async () => {
    const network = new SimulatedNetwork({ radio });
    network.accessPointDown('sim', { from: 10_000, until: 20_000 });
    const device = await start(station(), network);
    await device.run(40_000);
    expect(timed(device)).toEqual([
      '0.4 connection 400',
      '1.0 connection 500',
      '1.0 address 500',
      '16.0 connection 200', // beacons missed for 6 s
      '19.4 connection 200', // tried after 1 s, not found within 2.4 s
      '20.8 connection 400',
      '21.4 connection 500',
      '21.4 address 500',
    ]);
  });

  test('meets the late event of a disconnection that it asked for when it connects again at once', async () => {
    const main = `
      import WiFi from 'embedded:network/interface/wifi';
      import Timer from 'timer';
      const wifi = new WiFi({ onChanged(property) { trace(property + ' ' + this.connection + '\\n'); } });
      wifi.connect({ SSID: 'sim' });
      Timer.set(() => { wifi.disconnect(); wifi.connect({ SSID: 'sim' }); }, 5000);`;
    const device = await start(main, new SimulatedNetwork({ radio }));
    await device.run(10_000);
    expect(timed(device).slice(3)).toEqual([
      '5.0 connection 200', // of the old connection
      '5.4 connection 400',
      '6.0 connection 500',
      '6.0 address 500',
    ]);
  });

  test('hears a strength that changes with time', async () => {
    const network = new SimulatedNetwork({
      accessPoints: [{ ssid: 'sim', rssi: (now) => -50 - now / 1_000 }],
    });
    const device = await start(station('Timer.repeat(() => trace(wifi.RSSI + "\\n"), 10_000);'), network);
    await device.run(32_000);
    expect(device.traces.slice(3)).toEqual(['-61', '-71', '-81']);
  });
});

describe('The time server', () => {
  const main = station(
    `new SNTP({ host: 'pool.ntp.org' }, (message, value) => { trace(message + ' ' + value + '\\n'); });`,
    `import SNTP from 'sntp';`,
  );

  test('tells the wall clock of the simulation', async () => {
    const device = await start(main, new SimulatedNetwork({ epoch: 1_800_000_000_000 }));
    await device.run(5_000);
    expect(device.traces.slice(2)).toEqual(['address 500', '1 1800000000']);
  });

  test('may be wrong', async () => {
    const network = new SimulatedNetwork({ epoch: 1_800_000_000_000 });
    network.timeServerWrong(0, -3_600_000);
    const device = await start(main, network);
    await device.run(5_000);
    expect(device.traces.at(-1)).toBe('1 1799996400');
  });

  test('is right or silent where packets are lost: nobody sends a datagram again', async () => {
    const network = new SimulatedNetwork({ epoch: 1_800_000_000_000, loss: 0.5, seed: 5, radio });
    const device = await start(main, network);
    await device.run(30_000);
    const lines = timed(device);
    const [at, message, seconds] = lines.at(-1)!.split(' ').map(Number);
    expect([lines.length > 4, message]).toEqual([true, 1]);
    expect(seconds).toBe(1_800_000_000 + Math.floor(at!));
  });

  test('is asked five times, 5 s apart, while it is silent', async () => {
    const network = new SimulatedNetwork({ radio });
    network.timeServerDown({ from: 0 });
    const device = await start(main, network);
    await device.run(60_000);
    expect(timed(device).slice(3)).toEqual([
      '6.0 2 undefined',
      '11.0 2 undefined',
      '16.0 2 undefined',
      '21.0 2 undefined',
      '26.0 -1 no response from SNTP server',
    ]);
  });
});

const tcp = (body: string) =>
  station(
    `if (!wifi.connected) new TCP({ address: '10.0.9.1', port: 7, ${body} onError() { trace('error\\n'); } });
     wifi.connected = true;`,
    `import TCP from 'embedded:io/socket/tcp';`,
  );

describe('A connection of a device', () => {
  test('is told from others of the same network, and dies with the restart of its own device only', async () => {
    const clock = new VirtualClock();
    const network = new SimulatedNetwork({ radio });
    const streams: ServerStream[] = [];
    network.listen('10.0.9.1', 7, (stream) => {
      streams.push(stream);
      stream.on('error', () => undefined).resume();
    });
    const first = await start(tcp(''), network, { clock });
    await start(tcp(''), network, { clock, mac: '24:0a:c4:00:00:02' });
    await clock.run(5_000);
    expect(streams.map(({ remoteAddress }) => remoteAddress)).toEqual(['10.1.0.1', '10.1.0.2']);
    await first.powerCut();
    await clock.run(60_000);
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([false, false, false]); // the third of the next boot
    for (const stream of streams) stream.write('hello');
    await clock.run(5_000);
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
  });

  test('is given all that a real server sends before it ends', async () => {
    const server = createServer((socket) => socket.end(Buffer.alloc(100_000, 7)));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const main = station(
      `let bytes = 0;
       new TCP({
         address: '127.0.0.1', port: ${port},
         onReadable(count) { this.read(); bytes += count; },
         onError() { trace('ended after ' + bytes + '\\n'); },
       });`,
      `import TCP from 'embedded:io/socket/tcp';`,
    );
    const network = new SimulatedNetwork({ outside: 'real', radio: { associate: 5, dhcp: 5 } });
    const device = await start(main, network, { time: 'real' });
    await device.until(() => device.traces.includes('ended after 100000'), { limit: 10_000, step: 20 });
  });

  test('survives a short loss of the WiFi when the stack keeps it', async () => {
    const network = new SimulatedNetwork({ connectionsWithoutWiFi: 'keep' });
    const received: Buffer[] = [];
    network.listen('10.0.9.1', 7, (stream) => stream.on('data', (bytes: Buffer) => received.push(bytes)));
    network.accessPointDown('sim', { from: 4_000, until: 15_000 });
    const later = `onWritable() { if (!this.once) { this.once = true; Timer.set(() => this.write(Uint8Array.of(1, 2)), 8_000); } },`;
    const device = await start(tcp(later), network);
    await device.run(8_950);
    expect(received).toEqual([]);
    await device.run(60_000);
    expect(Buffer.concat(received)).toEqual(Buffer.of(1, 2));
    expect(device.traces).not.toContain('error');
  });
});
