/** Runs the contract's program in the simulator, in virtual time, against its servers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedBus, together } from '../../host-sim/bus/simulated-bus';
import { SimulatedDevice } from '../../host-sim/device';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { ramp } from '../../host-sim/signals';
import { ports, startServers } from './servers';

/** Minutes of the device's time after which the program has failed. */
const limit = 10;

/** Pins as `manifest.json` has them for the ESP32. */
const pinsOf = {
  esp32: { analog: 36, notAnalog: 23, free: [18, 19, 21, 22, 23] },
  esp32c3: { analog: 0, notAnalog: 10, free: [4, 5, 6, 7, 10] },
  esp32s3: { analog: 1, notAnalog: 38, free: [35, 36, 37, 38, 39] },
} as const;

/** The lines that the program of this manifest traces, `done …` at the end. */
export async function runContract(firmware: string, board: keyof typeof pinsOf = 'esp32'): Promise<string[]> {
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
      pins: pinsOf[board],
    },
    pins: { [pinsOf[board].analog]: ramp(0, 400, 10) },
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
    await servers.close();
    await rm(directory, { recursive: true });
  }
}
