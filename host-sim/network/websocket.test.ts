import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuthority } from '@sluice/common/tls';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { SimulatedDevice } from '../device';
import { SimulatedNetwork, type SimulatedNetworkOptions } from './simulated-network';

const firmware = join(import.meta.dirname, '../examples/websocket');
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** An HTTP server whose WebSockets send back what they receive. */
function echoServer(http: Server = createServer()) {
  const server = new WebSocketServer({ server: http });
  server.on('connection', (socket) => {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
    socket.on('error', () => undefined);
  });
  closers.push(() => {
    for (const client of server.clients) client.terminate();
    http.close();
  });
  return { http, server };
}

async function start(
  network: SimulatedNetwork,
  config: Record<string, unknown>,
  time: 'virtual' | 'real' = 'virtual',
): Promise<SimulatedDevice> {
  const device = await SimulatedDevice.start({ firmware, config, network, time });
  closers.push(() => device.close());
  return device;
}

interface Virtual {
  device: SimulatedDevice;
  network: SimulatedNetwork;
  server: WebSocketServer;
}

/** A device and a WebSocket server in virtual time. */
async function virtual(
  config: Record<string, unknown> = {},
  options: SimulatedNetworkOptions = {},
  prepare: (network: SimulatedNetwork) => void = () => undefined,
): Promise<Virtual> {
  const network = new SimulatedNetwork(options);
  const { http, server } = echoServer();
  network.listen('gateway', 80, (stream) => http.emit('connection', stream));
  prepare(network);
  const device = await start(network, { host: 'gateway', port: 80, messages: [], ...config });
  return { device, network, server };
}

/** What was traced after the WiFi stood. */
function tracesOf(device: SimulatedDevice): string[] {
  expect(device.exits).toEqual([]);
  return device.traces.filter((line) => !/^(wifi|writable)/.test(line));
}

/** The sum that the firmware makes of what it receives. */
function sumOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (sum * 31 + byte) % 65_521, 0);
}

const pattern = (length: number) => Uint8Array.from({ length }, (_, index) => (index * index) >> 3);

describe('The WebSocket client in XS', () => {
  test('echoes messages of every head length through a simulated network, and closes with a handshake', async () => {
    const { device } = await virtual(
      { messages: [1, 125, 126, 1_000, 8_178] },
      { latency: 20, bandwidth: 100_000 },
    );
    await device.run(60_000);
    expect(device.exits).toEqual([]);
    expect(device.traces).toEqual([
      'wifi connection 400',
      'wifi connection 500',
      'wifi address 500',
      expect.stringMatching(/^writable \d+$/),
      'message 0 of 1 B binary right',
      'message 1 of 125 B binary right',
      'message 2 of 126 B binary right',
      'message 3 of 1000 B binary right',
      'message 4 of 8178 B binary right',
      'control 8 2',
      'closed',
    ]);
  });

  test('receives a message larger than its window, in pieces', async () => {
    const { device, server } = await virtual({}, { latency: 5 });
    const bytes = pattern(100_000);
    server.on('connection', (socket) => socket.send(bytes));
    await device.run(30_000);
    expect(tracesOf(device)).toEqual([`message of 100000 B binary, sum ${sumOf(bytes)}`]);
  });

  test('joins the fragments of a message, with a ping between them', async () => {
    const { device, server } = await virtual();
    let pongs = 0;
    server.on('connection', (socket) => {
      socket.on('pong', () => {
        pongs += 1;
      });
      socket.send('frag', { fin: false });
      socket.ping('hello');
      socket.send('mented', { fin: true });
    });
    await device.run(10_000);
    expect(tracesOf(device)).toEqual([
      'control 9 5',
      `message of 10 B text, sum ${sumOf(Buffer.from('fragmented'))}`,
    ]);
    expect(pongs).toBe(1);
  });

  test('answers the close of the server, and ends a second later', async () => {
    const { device, server } = await virtual();
    let code = 0;
    server.on('connection', (socket) => {
      socket.on('close', (given) => {
        code = given;
      });
      socket.close(1001, 'bye');
    });
    await device.run(10_000);
    expect(tracesOf(device)).toEqual(['control 8 5', 'closed']);
    expect(code).toBe(1001);
  });

  test('says error when the host has no address', async () => {
    const { device } = await virtual({ host: 'nowhere' });
    await device.run(30_000);
    expect(tracesOf(device)).toEqual(['error']);
  });

  test('says error when nobody listens', async () => {
    const { device } = await virtual({ port: 81 });
    await device.run(30_000);
    expect(tracesOf(device)).toEqual(['error']);
  });

  test('says error when the server is none for WebSockets', async () => {
    const { device } = await virtual({ port: 82 }, {}, (network) => {
      network.listen('gateway', 82, (stream) => {
        stream.once('data', () => stream.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'));
      });
    });
    await device.run(30_000);
    expect(tracesOf(device)).toEqual(['error']);
  });

  test('says error when the connection is cut in mid-frame', async () => {
    const { device, server } = await virtual({ messages: [1_000] }, {}, (network) =>
      network.cutAfter('up', 700, 'gateway'),
    );
    let messages = 0;
    server.on('connection', (socket) =>
      socket.on('message', () => {
        messages += 1;
      }),
    );
    await device.run(30_000);
    expect(tracesOf(device)).toEqual(['error']);
    expect(messages).toBe(0);
  });

  test('hears nothing of a half-open line', async () => {
    const { device, network } = await virtual({}, { latency: 10 });
    await device.run(5_000);
    network.blackhole({ from: 5_000 });
    await device.run(300_000);
    expect(tracesOf(device)).toEqual([]);
  });

  test('says error when its stack drops the connection with the WiFi', async () => {
    const { device } = await virtual({}, {}, (network) => network.accessPointDown('sim', { from: 5_000 }));
    await device.run(20_000);
    expect(tracesOf(device)).toEqual(['error']);
  });

  test('gives the same events at the same times from the same seed', async () => {
    const run = async (seed: number) => {
      const { device } = await virtual(
        { messages: [500, 4_000, 20] },
        { seed, latency: 30, jitter: 40, loss: 0.05, bandwidth: 20_000 },
      );
      await device.run(120_000);
      return JSON.stringify(device.events);
    };
    const first = await run(3);
    expect(first).toContain('closed');
    expect(await run(3)).toBe(first);
    expect(await run(4)).not.toBe(first);
  });

  test('talks to a real server over a real socket', async () => {
    const { http } = echoServer();
    await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
    const network = new SimulatedNetwork({ outside: 'real', radio: { associate: 5, dhcp: 5 } });
    const { port } = http.address() as AddressInfo;
    const device = await start(network, { host: 'localhost', port, messages: [10, 5_000, 8_000] }, 'real');
    await device.until(() => device.traces.includes('closed'), { limit: 10_000, step: 20 });
    expect(device.traces.filter((line) => line.endsWith('right'))).toHaveLength(3);
  });
});

describe('TLS in XS', () => {
  test('talks over TLS to a real server whose authority it has pinned', async () => {
    const { http, authority } = await secureServer();
    const device = await secureClient(http, { certificate: authority });
    await device.until(() => device.traces.includes('closed'), { limit: 10_000, step: 20 });
    expect(device.traces.filter((line) => line.endsWith('right'))).toHaveLength(2);
  });

  test('throws at a server of another authority out of the socket, which ends the machine', async () => {
    const { http } = await secureServer();
    const { authority } = await secureServer();
    const device = await secureClient(http, { certificate: authority });
    await device.until(() => device.exit !== undefined, { limit: 10_000, step: 20 });
    expect(device.exit).toMatchObject({ reason: 'unhandled exception' });
    expect(device.exit!.detail).toContain('certificate: auth err');
    expect(device.traces.filter((line) => line.endsWith('right'))).toEqual([]);
  });

  test('leaves the server in the dark when the device restarts, until it sends something', async () => {
    const { http, server, authority } = await secureServer();
    const network = new SimulatedNetwork();
    network.listen('localhost', 443, (stream) => http.emit('connection', stream));
    const config = { host: 'localhost', port: 443, tls: true, certificate: authority, messages: [] };
    const device = await start(network, config);
    await device.run(5_000);
    const [first] = server.clients;
    await device.powerCut();
    await device.run(60_000);
    expect(first!.readyState).toBe(first!.OPEN);
    first!.send('hello');
    await device.run(5_000);
    expect(first!.readyState).toBe(first!.CLOSED);
  });

  test('keeps the machine busy for the time of a handshake', async () => {
    const { http, authority } = await secureServer();
    const connected = async (handshakeStall: number) => {
      const network = new SimulatedNetwork({ handshakeStall });
      network.listen('localhost', 443, (stream) => http.emit('connection', stream));
      const config = { host: 'localhost', port: 443, tls: true, certificate: authority, messages: [10] };
      const device = await start(network, config);
      await device.run(10_000);
      return device.events.find((event) => event.kind === 'trace' && /^writable/.test(event.text))!.at;
    };
    expect((await connected(1_200)) - (await connected(0))).toBeCloseTo(1_200, 0);
  });

  test('talks over TLS through the simulated network, the same each time', async () => {
    const { http, authority } = await secureServer();
    const run = async () => {
      const network = new SimulatedNetwork({ latency: 15, jitter: 10, bandwidth: 50_000 });
      network.listen('localhost', 443, (stream) => http.emit('connection', stream));
      const messages = [100, 6_000];
      const config = { host: 'localhost', port: 443, tls: true, certificate: authority, messages };
      const device = await start(network, config);
      await device.run(30_000);
      expect(device.traces.filter((line) => line.endsWith('right'))).toHaveLength(2);
      return JSON.stringify(device.events);
    };
    const first = await run();
    for (let repeat = 0; repeat < 3; repeat += 1) expect(await run()).toBe(first);
  });
});

/** A TLS echo server of an authority of its own; `authority` is its certificate, DER in hexadecimal. */
async function secureServer() {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-authority-'));
  closers.push(() => rm(directory, { recursive: true }));
  const { authority, certificate, key } = await openAuthority(directory);
  const { http, server } = echoServer(createSecureServer({ cert: certificate, key }));
  return { http, server, authority: Buffer.from(authority.der).toString('hex') };
}

async function secureClient(http: Server, config: { certificate: string }): Promise<SimulatedDevice> {
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
  const network = new SimulatedNetwork({ outside: 'real', radio: { associate: 5, dhcp: 5 } });
  const { port } = http.address() as AddressInfo;
  return start(network, { host: 'localhost', port, tls: true, messages: [10, 8_000], ...config }, 'real');
}
