/** A device in XS against whatever may answer where its gateway should: it captures on and gives nothing away. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { prove } from '../../gateway/link/proof';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, noise } from '../../host-sim/signals';
import { readTruth } from '../../host-sim/truth';
import { link } from '../../proto/link.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const secret = 'open sesame';
let directory: string;
let network: SimulatedNetwork;
let device: SimulatedDevice;
let dialled: number;
/** All that the device has sent. */
let heard: link.Envelope[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-hostile-'));
  dialled = 0;
  heard = [];
});

afterEach(async () => {
  // What it was sent has become no name of a property, which XS keeps for ever.
  if (device.running) expect((await device.report()).keys.used).toBeLessThanOrEqual(16);
  await device.close();
  rmSync(directory, { recursive: true, force: true });
});

const configuration = JSON.stringify({
  components: [
    {
      name: 'board',
      namespace: 'rdk',
      type: 'board',
      model: 'esp32',
      attributes: { analogs: [{ name: 'A1', pin: '34' }] },
      service_configs: [
        {
          type: 'data_manager',
          attributes: {
            capture_methods: [
              {
                method: 'Analogs',
                capture_frequency_hz: 10,
                cache_size_kb: 20,
                additional_params: { reader_name: 'A1' },
              },
            ],
          },
        },
      ],
    },
  ],
  services: [],
});

async function startDevice(): Promise<void> {
  device = await SimulatedDevice.start({
    firmware: root,
    clock: new VirtualClock(),
    network,
    pins: { 34: [constant(2_000), noise(8)] },
    truth: join(directory, 'truth'),
    config: { ssid: 'sim', gateway: 'ws://localhost:8080', part: 'esp', secret, configuration },
  });
}

/** Serves what the device dials; `answer` gets each message and the socket. */
async function against(answer: (socket: WebSocket, message: link.Envelope) => void): Promise<void> {
  network = new SimulatedNetwork({ seed: 1, latency: 5 });
  const http = createServer();
  const sockets = new WebSocketServer({
    server: http,
    handleProtocols: (protocols) => [...protocols][0] ?? false,
  });
  sockets.on('connection', (socket) => {
    dialled++;
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      const message = link.Envelope.decode(data);
      heard.push(message);
      answer(socket, message);
    });
  });
  network.listen('localhost', 8080, (stream) => {
    stream.on('error', () => undefined);
    http.emit('connection', stream);
  });
  await startDevice();
  await device.run(60_000);
}

const send = (socket: WebSocket, envelope: link.IEnvelope) =>
  socket.send(link.Envelope.encode(envelope).finish());
const nonce = new Uint8Array(16).fill(9);

/** Captured on at 10 Hz for the minute, in one boot, and said nothing of itself. */
async function expectUnharmed(): Promise<void> {
  expect(device.exits).toEqual([]);
  await device.close();
  const truth = readTruth(join(directory, 'truth'));
  expect(truth.length).toBeGreaterThan(585);
  expect(heard.some(({ blocks, begin, streams }) => blocks.length > 0 || begin || streams.length > 0)).toBe(
    false,
  );
  expect(dialled).toBeGreaterThan(2);
  // Who never spoke is dialled each ten seconds at most, who took nothing less and less often.
  expect(dialled).toBeLessThan(16);
  expect(device.traces.join()).not.toContain(secret);
}

test('a gateway that cannot prove the secret gets no readings', { timeout: 60_000 }, async () => {
  await against((socket, { hello, proof }) => {
    if (hello) send(socket, { challenge: { protocol: 1, nonce } });
    if (proof)
      send(socket, { welcome: { proof: new Uint8Array(32), wall: 1, window: 32_768, message: 16_384 } });
  });
  await expectUnharmed();
  expect(device.traces.join()).toContain('the gateway has not proved itself');
});

test("a gateway that sends the part's own proof back gets no readings", { timeout: 60_000 }, async () => {
  await against((socket, { hello, proof }) => {
    if (hello) send(socket, { challenge: { protocol: 1, nonce: hello.nonce } });
    if (proof) send(socket, { welcome: { proof: proof.proof, wall: 1, window: 32_768, message: 16_384 } });
  });
  await expectUnharmed();
});

test('rubbish and endless messages from a gateway end the session', { timeout: 60_000 }, async () => {
  await against((socket, { hello }) => {
    if (hello) socket.send(dialled % 2 ? new Uint8Array(40_000) : Uint8Array.of(0x3a, 0xff, 0xff));
  });
  await expectUnharmed();
});

test('a gateway that never answers is given up and dialled again', { timeout: 60_000 }, async () => {
  await against(() => undefined);
  expect(device.exits).toEqual([]);
  await device.run(180_000);
  await expectUnharmed();
});

test('an acknowledgement of what was never sent frees nothing', { timeout: 60_000 }, async () => {
  await against((socket, { hello, proof, begin }) => {
    const boot = { counter: heard[0]!.hello!.boot!.counter ?? 0, random: heard[0]!.hello!.boot!.random ?? 0 };
    const { nonce: partNonce } = heard.filter(({ hello }) => hello).at(-1)!.hello!;
    const handshake = { part: 'esp', boot, partNonce: partNonce!, gatewayNonce: nonce };
    if (hello) send(socket, { challenge: { protocol: 1, nonce } });
    if (proof) {
      const own = prove('gateway', secret, handshake);
      send(socket, {
        welcome: { proof: own, monotonic: proof.monotonic, wall: 1.8e12, window: 32_768, message: 16_384 },
      });
    }
    if (begin) send(socket, { resume: { positions: [{ stream: 0, next: 4_000_000 }] } });
  });
  expect(device.exits).toEqual([]);
  expect(device.traces.join()).toContain('acknowledged what was never sent');
  expect(heard.some(({ blocks }) => blocks.length > 0)).toBe(false);
});
