import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { SimulatedDevice } from '../device';
import { SimulatedNetwork, type SimulatedNetworkOptions } from './simulated-network';

const firmware = join(import.meta.dirname, '../examples/websocket');
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** An HTTP server whose WebSockets send back what they receive. */
function echoServer() {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
    socket.on('error', () => undefined);
  });
  closers.push(() => {
    for (const client of sockets.clients) client.terminate();
    server.close();
  });
  return server;
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

async function echo(options: SimulatedNetworkOptions, messages: number[], ms = 60_000): Promise<string[]> {
  const network = new SimulatedNetwork(options);
  const server = echoServer();
  network.listen('gateway', 80, (stream) => server.emit('connection', stream));
  const device = await start(network, { host: 'gateway', port: 80, messages });
  await device.run(ms);
  expect(device.exits).toEqual([]);
  return device.traces;
}

describe('The WebSocket client in XS', () => {
  it('echoes messages of every head length through a simulated network, and closes with a handshake', async () => {
    const traces = await echo({ latency: 20, bandwidth: 100_000 }, [1, 125, 126, 1_000, 8_178]);
    expect(traces).toEqual([
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

  it('talks to a real server over a real socket', async () => {
    const server = echoServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const network = new SimulatedNetwork({ outside: 'real', radio: { associate: 5, dhcp: 5 } });
    const { port } = server.address() as AddressInfo;
    const device = await start(network, { host: 'localhost', port, messages: [10, 5_000, 8_000] }, 'real');
    await device.until(() => device.traces.includes('closed'), { limit: 10_000, step: 20 });
    expect(device.traces.filter((line) => line.endsWith('right'))).toHaveLength(3);
  });
});
