/** Two devices that were given one name: both ends say so, what each captures is stored once, and it is forgotten in time. */
import { afterEach, expect, test } from 'vitest';
import { StrictDisk } from '../../common/storage/strict-disk';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import { root } from '../../host-sim/manifest/paths';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, noise } from '../../host-sim/signals';
import { analog, board } from '../../modules/device/test-device.node';
import { Random } from './random';
import { SimulatedGateway } from './simulated-gateway';

const part = 'twin';
const secret = 'a secret of the simulation';
const port = 8080;
const minute = 60_000;
const hour = 60 * minute;
const clock = new VirtualClock();
const network = new SimulatedNetwork({ seed: 1, latency: 5 });
const gateway = new SimulatedGateway({
  clock,
  network,
  disk: new StrictDisk(),
  secrets: { [part]: secret },
  configurations: new Map(),
  random: new Random(1).next,
  port,
});
const devices: SimulatedDevice[] = [];

afterEach(() => Promise.all(devices.map((device) => device.close())));

async function add(seed: number): Promise<SimulatedDevice> {
  const device = await SimulatedDevice.start({
    firmware: root,
    board: 'esp32c3',
    clock,
    network,
    seed,
    pins: { 0: [constant(2_000), noise(9, seed)] },
    config: {
      ssid: 'sim',
      gateway: `ws://localhost:${port}`,
      part,
      chip: 'esp32c3',
      secret,
      configuration: JSON.stringify(board([0], [], [analog(0, 10)])),
    },
  });
  devices.push(device);
  return device;
}

interface Status {
  problems: string[];
  problem_count: number;
  streams: { acknowledged: number }[];
}

async function status(): Promise<Status> {
  const request = { resource: '', method: 'Status', arguments: {}, deadline: 5_000 };
  const asked = gateway.server.call(part, request) as Promise<Status>;
  const [answer] = await Promise.all([asked, clock.run(6_000)]);
  expect(answer.problem_count).toBe(answer.problems.length);
  return answer;
}

test('two devices of one name say so at both ends, and lose nothing by it', {
  timeout: 120_000,
}, async () => {
  await gateway.start();
  const first = await add(1);
  await clock.run(10_000);
  expect((await status()).problems).toEqual([]);
  const second = await add(2);
  await clock.run(5 * minute);

  const refusal = /refused: duplicate-part \(another device at [\d.]+ is twin\)/;
  const [refused, holder] = refusal.test(first.traces.join('\n')) ? [first, second] : [second, first];
  expect(refused.traces.join('\n')).toMatch(refusal);
  expect(holder.traces.join('\n')).not.toMatch(refusal);
  expect(gateway.server.known.get(part)!.devices.problem(part, clock.now())).toMatch(/several devices/);
  const holding = await status();
  expect(holding.problems).toEqual([]);

  await holder.close();
  await clock.run(3 * minute);
  expect((await status()).problems).toEqual(['duplicate-part at $']);
  await clock.run(hour);
  const last = await status();
  expect(last.problems).toEqual([]);
  expect(refused.exits).toEqual([]);
  expect(holder.exits.map(({ reason }) => reason)).toEqual(['stopped']);
  const [account] = gateway.directory.account();
  const { received } = account!;
  // Each status is older than what came with the sync after it.
  const acknowledged = holding.streams[0]!.acknowledged + last.streams[0]!.acknowledged;
  expect(received.readings).toBeGreaterThanOrEqual(acknowledged);
  expect(received.readings).toBeLessThan(acknowledged + 4 * 10 * 6);
});
