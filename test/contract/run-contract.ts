/** Runs the contract's program in the simulator, in virtual time, against its servers. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedBus, together } from '../../host-sim/bus/simulated-bus';
import { SimulatedDevice } from '../../host-sim/device';
import type { BoardName } from '../../host-sim/manifest/boards';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { ramp } from '../../host-sim/signals';
import { ports, startServers } from './servers';

/** Minutes of the device's time after which the program has failed. */
const limit = 10;

interface Expectations {
  pins: { analog: number };
}

/** By the SDK's platform. */
const chips = JSON.parse(readFileSync(join(import.meta.dirname, 'chip.json'), 'utf8')) as {
  platforms: Record<string, { config: Expectations }>;
};

function expectationsOf(board: BoardName): Expectations {
  return chips.platforms[board === 'esp32' ? board : `esp32/${board}`]!.config;
}

/** The lines that the program of this manifest traces, `done …` at the end. */
export async function runContract(firmware: string, board: BoardName = 'esp32'): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-contract-'));
  const servers = await startServers(directory, ['server.test']);
  const network = new SimulatedNetwork({
    accessPoints: [{ ssid: 'plant', password: 'correct horse' }],
    latency: 8,
    jitter: 4,
  });
  for (const name of Object.keys(ports) as (keyof typeof ports)[]) {
    network.listen('server.test', ports[name], servers.accept[name]);
  }
  const device = await SimulatedDevice.start({
    firmware,
    board,
    config: {
      ssid: 'plant',
      password: 'correct horse',
      server: 'server.test',
      authority: servers.authority,
      ...expectationsOf(board),
    },
    pins: { [expectationsOf(board).pins.analog]: ramp(0, 400, 10) },
    network: together(network, new SimulatedBus([])),
  });
  try {
    const failed = () => device.exits.find(({ boot, reason }) => boot > 1 || reason !== 'restart');
    const over = () => failed() !== undefined || device.traces.some((line) => line.startsWith('done'));
    await device.until(over, { limit: limit * 60_000, step: 5_000 });
    const exit = failed();
    if (exit) throw new Error(`${exit.reason}: ${exit.detail}`);
    return device.traces;
  } finally {
    await device.close();
    await rm(directory, { recursive: true });
  }
}
