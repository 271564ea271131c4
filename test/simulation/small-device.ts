/**
 * The largest part that must fit the smallest device: eight Analogs and four Gpios at 100 Hz and three slow Readings,
 * in the memory of an ESP32-C3, with the real uplink to the real gateway. The chip is an ESP32, because a C3 has five
 * analog pins only; what counts is the C3's arena.
 */
import { join } from 'node:path';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import type { Report } from '../../host-sim/exit';
import { root } from '../../host-sim/manifest/paths';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, noise, toggle } from '../../host-sim/signals';
import { MemoryDisk } from './memory-disk';
import { Random } from './random';
import { SimulatedGateway } from './simulated-gateway';

const part = 'small';
const secret = 'a secret of the simulation';
const port = 8080;
const analogs = [32, 33, 34, 35, 36, 37, 38, 39];
const gpios = [16, 17, 18, 19];
const sensors = ['slow-1', 'slow-2', 'slow-3'];
const minute = 60_000;

/** What the device says of one stream. */
export interface StreamStatus {
  resource: string;
  method: string;
  captured: number;
  missed: number;
  failed: number;
  late: number;
  acknowledged: number;
  overwritten: number;
  discarded: number;
  stored: number;
}

export interface Outcome {
  /** ms from the first tick to the last question, at most. */
  uptime: number;
  streams: StreamStatus[];
  /** Readings that are durable on the gateway. */
  received: number;
  exit: string | undefined;
  report: Report;
  /** Slots and bytes of chunks in use after a collection: early, and at the end. */
  early: number;
  late: number;
  /** Most of the arena that was ever in use, bytes. */
  peak: number;
}

function capture(method: string, hz: number, parameters: Record<string, string> = {}) {
  return { method, capture_frequency_hz: hz, cache_size_kb: 20, additional_params: parameters };
}

function configuration(count: number): string {
  const methods = [
    ...analogs.map((pin) => capture('Analogs', 100, { reader_name: `P${pin}` })),
    ...gpios.map((pin) => capture('Gpios', 100, { pin: String(pin) })),
  ].slice(0, count);
  const services = (list: object[]) => [
    { type: 'data_manager', attributes: { capture_methods: list } },
  ];
  const board = {
    name: 'board',
    api: 'rdk:component:board',
    model: 'esp32',
    attributes: { analogs: analogs.map((pin) => ({ name: `P${pin}`, pin: String(pin) })), pins: gpios },
    service_configs: services(methods),
  };
  const slow = sensors.slice(0, Math.max(0, count - 12)).map((name) => ({
    name,
    api: 'rdk:component:sensor',
    model: 'fake',
    attributes: { fake_value: 21.5 },
    service_configs: services([capture('Readings', 0.2)]),
  }));
  const data = {
    name: 'data',
    api: 'rdk:service:data_manager',
    attributes: { sync_interval_mins: 0.1 },
  };
  return JSON.stringify({ components: [board, ...slow], services: [data] });
}

/** The firmware as it is, with the C3's memory. */
const firmware = join(root, 'test', 'simulation', 'small-memory');

/** @param count of the streams, the quick ones first */
export async function runSmallDevice(minutes: number, count = 15, trace = false): Promise<Outcome> {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork({ seed: 1, latency: 5, jitter: 20 });
  const text = configuration(count);
  const gateway = new SimulatedGateway({
    clock,
    network,
    disk: new MemoryDisk(),
    secrets: { [part]: secret },
    configurations: new Map([[part, { revision: 'r1', part: text, additions: '' }]]),
    random: new Random(1).next,
    port,
  });
  await gateway.start();
  const device = await SimulatedDevice.start({
    firmware,
    board: 'esp32',
    clock,
    network,
    seed: 1,
    pins: {
      ...Object.fromEntries(analogs.map((pin) => [pin, [constant(2_000), noise(2, pin)]])),
      ...Object.fromEntries(gpios.map((pin) => [pin, toggle(1_000)])),
    },
    config: { ssid: 'sim', gateway: `ws://localhost:${port}`, part, chip: 'esp32', secret, configuration: text },
    reboots: 'manual',
    ...(trace ? { trace: (line: string) => console.log(line.trimEnd()) } : {}),
  });
  try {
    await clock.run(minute);
    const early = inUse(await device.report({ collect: true }));
    await clock.run((minutes - 1) * minute);
    const report = await device.report({ collect: true });
    const exit = device.exit && `${device.exit.reason}: ${device.exit.detail}`;
    const { uptime, streams } = device.exit ? { uptime: 0, streams: [] } : await status(gateway, clock);
    const received = gateway.directory.account().reduce((sum, of) => sum + of.received.readings, 0);
    return { uptime, streams, received, exit, report, early, late: inUse(report), peak: report.arena.peak };
  } finally {
    await device.close();
  }
}

function inUse({ slots, chunks, slotSize }: Report): number {
  return slots.current * slotSize + chunks.current;
}

async function status(
  gateway: SimulatedGateway,
  clock: VirtualClock,
): Promise<{ uptime: number; streams: StreamStatus[] }> {
  const request = { resource: '', method: 'Status', arguments: {}, deadline: 5_000 };
  const asked = gateway.server.call(part, request) as Promise<{ uptime: number; streams: StreamStatus[] }>;
  await clock.run(1_000);
  return asked;
}
