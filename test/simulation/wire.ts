/** Bytes on the wire above TCP: a recorded ECG at 360 Hz in steady syncing. */
import { fileURLToPath } from 'node:url';
import { StrictDisk } from '../../common/storage/strict-disk';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { readRecording } from '../../host-sim/recording';
import { samples } from '../../host-sim/signals';
import { Random } from './random';
import { SimulatedGateway } from './simulated-gateway';

const root = fileURLToPath(new URL('../..', import.meta.url));
const recording = new URL('../data/ecg-mlii-360hz.csv', import.meta.url);
const minutes = 5;

/** Counts what passes, as the connections do. */
class CountingNetwork extends SimulatedNetwork {
  readonly counted: { passed: { up: number; down: number } }[] = [];

  override opened(...[connection, address]: Parameters<SimulatedNetwork['opened']>): void {
    this.counted.push(connection);
    super.opened(connection, address);
  }

  get passed(): { up: number; down: number } {
    const sum = (direction: 'up' | 'down') =>
      this.counted.reduce((total, { passed }) => total + passed[direction], 0);
    return { up: sum('up'), down: sum('down') };
  }
}

export interface Wire {
  bytesPerReading: number;
  up: number;
  down: number;
  readings: number;
  syncs: number;
  /** Bytes of the arena in use at most, on an ESP32-C3 with this one collector. */
  arenaPeak: number;
}

function configuration(): string {
  const method = {
    method: 'Analogs',
    capture_frequency_hz: 360,
    cache_size_kb: 10,
    additional_params: { reader_name: 'ecg' },
  };
  const attributes = { analogs: [{ name: 'ecg', pin: '4' }] };
  const board = { name: 'board', namespace: 'rdk', type: 'board', model: 'esp32', attributes };
  const service_configs = [{ type: 'data_manager', attributes: { capture_methods: [method] } }];
  const service = { name: 'data', namespace: 'rdk', type: 'data_manager', attributes: {} };
  return JSON.stringify({ components: [{ ...board, service_configs }], services: [service] });
}

/** After the first minute, which has the handshake in it. */
export async function measureWire(): Promise<Wire> {
  const clock = new VirtualClock();
  const network = new CountingNetwork({ seed: 1, latency: 5 });
  const secrets = { ecg: 'a secret of the bench' };
  const random = new Random(1).next;
  const disk = new StrictDisk();
  const gateway = new SimulatedGateway({
    clock,
    network,
    disk,
    secrets,
    configurations: new Map(),
    random,
    port: 8080,
  });
  await gateway.start();
  const device = await SimulatedDevice.start({
    firmware: root,
    board: 'esp32c3',
    clock,
    network,
    pins: { 4: samples(readRecording(recording).values, 360) },
    config: {
      ssid: 'sim',
      gateway: 'ws://localhost:8080',
      part: 'ecg',
      chip: 'esp32c3',
      secret: secrets.ecg,
      configuration: configuration(),
    },
  });
  try {
    await device.run(60_000);
    const before = { ...network.passed, readings: gateway.server.counters.readings };
    await device.run(minutes * 60_000);
    const readings = gateway.server.counters.readings - before.readings;
    const up = network.passed.up - before.up;
    const down = network.passed.down - before.down;
    const arenaPeak = (await device.report()).arena.peak;
    return { bytesPerReading: (up + down) / readings, up, down, readings, syncs: minutes * 10, arenaPeak };
  } finally {
    await device.close();
  }
}
