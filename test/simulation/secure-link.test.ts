/** The link as it is in the field: the firmware in XS, TLS with the pinned authority, real sockets, a real disk. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAuthority } from '../../common/tls/authority';
import { renewAuthority } from '../../common/tls/authority-keeping';
import { LinkServer } from '../../gateway/link/link-server';
import { type Listener, listen } from '../../gateway/link/listener';
import { Outbox } from '../../gateway/outbox/outbox';
import { SimulatedDevice } from '../../host-sim/device';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, noise } from '../../host-sim/signals';

const firmware = fileURLToPath(new URL('../..', import.meta.url));
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
                capture_frequency_hz: 50,
                cache_size_kb: 4,
                additional_params: { reader_name: 'A1' },
              },
            ],
          },
        },
      ],
    },
  ],
  services: [
    { name: 'data', namespace: 'rdk', type: 'data_manager', attributes: { sync_interval_mins: 0.01 } },
  ],
});
let root: string;
let directory: Outbox;
let server: LinkServer;
let listener: Listener;
let authority: string;
let device: SimulatedDevice | undefined;

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-secure-'));
  directory = await Outbox.open({ path: join(root, 'capture') });
  server = new LinkServer({
    directory,
    parts: { secret: () => 'open sesame', configuration: () => undefined },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  const identity = await openAuthority(join(root, 'tls'));
  authority = Buffer.from(identity.authority.der).toString('hex');
  listener = await listen({ server, port: 0, tls: identity });
});

afterEach(async () => {
  await device?.close();
  await listener.close();
  await directory.close();
  await fs.rm(root, { recursive: true });
});

async function start(pinned: string): Promise<SimulatedDevice> {
  device = await SimulatedDevice.start({
    firmware,
    board: 'esp32c3',
    time: 'real',
    network: new SimulatedNetwork({ outside: 'real' }),
    pins: { 0: [constant(2_000), noise(8)] },
    config: {
      chip: 'esp32c3',
      ssid: 'sim',
      gateway: `wss://localhost:${listener.port}`,
      part: 'esp',
      secret: 'open sesame',
      authority: pinned,
      configuration: configuration.replace('"34"', '"0"'),
    },
  });
  return device;
}

test('readings arrive over TLS from a gateway whose authority the part has pinned', {
  timeout: 60_000,
}, async () => {
  const running = await start(authority);
  await running.until(() => server.counters.readings > 100, { limit: 40_000 });
  expect(running.exits).toEqual([]);
  expect(server.counters.refusals).toEqual({});
});

test('a part that pinned the authority before its renewal comes as before', {
  timeout: 60_000,
}, async () => {
  await renewAuthority(join(root, 'tls'));
  const after = await openAuthority(join(root, 'tls'));
  expect(Buffer.from(after.authority.der).toString('hex')).not.toBe(authority);
  listener.renew(after);
  const running = await start(authority);
  await running.until(() => server.counters.readings > 100, { limit: 40_000 });
  expect(running.exits).toEqual([]);
});

test('a gateway of another authority is not talked to, and capture goes on', {
  timeout: 60_000,
}, async () => {
  const other = await openAuthority(join(root, 'other'));
  const running = await start(Buffer.from(other.authority.der).toString('hex'));
  await running.until(() => running.traces.some((line) => line.includes('not by the pinned authority')), {
    limit: 40_000,
  });
  expect(running.exits).toEqual([]);
  expect(server.counters.sessions).toBe(0);
  expect(server.known.size).toBe(0);
});
