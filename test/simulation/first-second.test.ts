/** Capture begins in the first second, built with the command that docs/flash-a-board.md gives, whatever WiFi does. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SimulatedDevice } from '../../host-sim/device';
import { root } from '../../host-sim/manifest/paths';
import { SimulatedNetwork, type SimulatedNetworkOptions } from '../../host-sim/network/simulated-network';
import { constant } from '../../host-sim/signals';
import { readTruth } from '../../host-sim/truth';

const pin = 34;
const configuration = JSON.stringify({
  components: [
    {
      name: 'board',
      api: 'rdk:component:board',
      model: 'esp32',
      attributes: { analogs: [{ name: 'A1', pin: String(pin) }] },
      service_configs: [
        {
          type: 'data_manager',
          attributes: {
            capture_methods: [
              { method: 'Analogs', capture_frequency_hz: 100, additional_params: { reader_name: 'A1' } },
            ],
          },
        },
      ],
    },
  ],
  services: [{ name: 'data', api: 'rdk:service:data_manager', attributes: {} }],
});
let directory: string;
let device: SimulatedDevice | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-first-second-'));
});

afterEach(async () => {
  await device?.close();
  rmSync(directory, { recursive: true });
});

/** How many times the pin was read in the first second. */
async function readsInFirstSecond(network: SimulatedNetwork, firmware = root): Promise<number> {
  const truth = join(directory, 'truth.bin');
  device = await SimulatedDevice.start({
    firmware,
    network,
    truth,
    pins: { [pin]: constant(2_000) },
    config: {
      ssid: 'sim',
      password: 'wrong horse',
      gateway: 'wss://10.0.0.9:8471',
      part: 'esp-home',
      secret: 'open sesame',
      authority: '30',
      configuration,
    },
  });
  await device.run(1_000);
  await device.report();
  await device.close();
  const { pin: pins, length } = readTruth(truth);
  return pins.slice(0, length).filter((read) => read === pin).length;
}

const point = { ssid: 'sim' };
const mute = 3_600_000;

test.each<[string, SimulatedNetworkOptions]>([
  ['is not there', { accessPoints: [] }],
  ['refuses the password', { accessPoints: [{ ...point, password: 'correct horse' }] }],
  ['gives no address', { accessPoints: [point], radio: { dhcp: mute } }],
  ['is there', { accessPoints: [point] }],
])('a board captures from its first second where WiFi %s', async (_, options) => {
  const network = new SimulatedNetwork(options);
  network.timeServerDown({ from: 0 });
  expect(await readsInFirstSecond(network)).toBeGreaterThanOrEqual(99);
});

test("with the SDK's own setup/network it would capture nothing until WiFi stands", async () => {
  const manifest = JSON.parse(readFileSync(join(root, 'manifest.json'), 'utf8'));
  delete manifest.modules['setup/network'];
  delete manifest.modules['~'];
  const absolute = (path: string) => (path.startsWith('.') ? join(root, path) : path);
  manifest.include = manifest.include.map(absolute);
  manifest.modules.main = absolute(manifest.modules.main);
  manifest.build = { PARTITIONS_FILE: absolute(manifest.build.PARTITIONS_FILE) };
  manifest.platforms.sim.include = absolute(manifest.platforms.sim.include);
  const path = join(directory, 'manifest.json');
  writeFileSync(path, JSON.stringify(manifest));
  const network = new SimulatedNetwork({ accessPoints: [] });
  expect(await readsInFirstSecond(network, path)).toBe(0);
});
