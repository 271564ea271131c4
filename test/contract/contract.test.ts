import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SimulatedBus, together } from '../../host-sim/bus/simulated-bus';
import { SimulatedDevice } from '../../host-sim/device';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { ramp } from '../../host-sim/signals';
import { type ContractServers, ports, startServers } from './servers';

const directories: string[] = [];
let servers: ContractServers;
let lines: string[] = [];

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-contract-'));
  directories.push(directory);
  servers = await startServers(directory, ['server.test']);
  const network = new SimulatedNetwork({
    accessPoints: [{ ssid: 'plant', password: 'correct horse' }],
    latency: 8,
    jitter: 4,
    timeServers: ['pool.ntp.org'],
  });
  for (const name of Object.keys(ports) as (keyof typeof ports)[]) {
    network.listen('server.test', ports[name], servers.accept[name]);
  }
  const device = await SimulatedDevice.start({
    firmware: import.meta.dirname,
    config: { ssid: 'plant', password: 'correct horse', server: 'server.test', authority: servers.authority },
    pins: { 36: ramp(0, 400, 10) },
    network: together(network, new SimulatedBus([])),
  });
  await device.until(
    () => device.exit !== undefined || device.traces.some((line) => line.startsWith('done')),
    {
      limit: 600_000,
      step: 5_000,
    },
  );
  lines = device.traces;
  expect(device.exit).toBeUndefined();
  await device.close();
}, 120_000);

afterAll(async () => {
  await servers.close();
  for (const directory of directories) await rm(directory, { recursive: true });
});

it('The simulated modules keep the contract of the SDK', () => {
  expect(lines.filter((line) => !/^(ok|done|mqttClient error)/.test(line))).toEqual([]);
  expect(lines.at(-1)).toMatch(/^done (?!0 )\d+ passed, 0 failed, 0 skipped$/);
});
