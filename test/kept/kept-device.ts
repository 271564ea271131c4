/** The device of which flash and settings are kept, and the gateway that takes what it held. */
import { fileURLToPath } from 'node:url';
import { StrictDisk } from '../../common/storage/strict-disk';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, noise } from '../../host-sim/signals';
import { Random } from '../simulation/random';
import { SimulatedGateway } from '../simulation/simulated-gateway';
import { part } from './contents';

const root = fileURLToPath(new URL('../..', import.meta.url));
const secret = 'a secret of the simulation';

const board = {
  name: 'board',
  api: 'rdk:component:board',
  model: 'esp32',
  attributes: { analogs: [{ name: 'P32', pin: '32' }] },
  service_configs: [
    {
      type: 'data_manager',
      attributes: {
        capture_methods: [
          {
            method: 'Analogs',
            capture_frequency_hz: 100,
            cache_size_kb: 20,
            additional_params: { reader_name: 'P32' },
          },
        ],
      },
    },
  ],
};
const data = {
  name: 'data',
  api: 'rdk:service:data_manager',
  attributes: { ram_head_kb: 0, retain_unsynced: true },
};

export interface KeptWorld {
  clock: VirtualClock;
  gateway: SimulatedGateway;
  device: SimulatedDevice;
}

/** @param directory has flash and settings, or gets them */
export async function startKept(directory: string): Promise<KeptWorld> {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork({ seed: 1, latency: 5 });
  const gateway = new SimulatedGateway({
    clock,
    network,
    disk: new StrictDisk(),
    secrets: { [part]: secret },
    configurations: new Map(),
    random: new Random(1).next,
    port: 8080,
  });
  const device = await SimulatedDevice.start({
    firmware: root,
    board: 'esp32',
    clock,
    network,
    directory,
    seed: 3,
    reboots: 'manual',
    pins: { 32: [constant(2_000), noise(40, 1)] },
    config: {
      ssid: 'sim',
      gateway: 'ws://localhost:8080',
      part,
      chip: 'esp32',
      secret,
      configuration: JSON.stringify({ components: [board], services: [data] }),
    },
  });
  return { clock, gateway, device };
}
