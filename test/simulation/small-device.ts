/**
 * What the smallest device carries, an ESP32-C3: pins at 100 Hz and slow Readings, with the real uplink to the real
 * gateway, which adds streams once it is there, may change the configuration while all of them run, and asks for the
 * status in the end. Reading a configuration is the peak.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StrictDisk } from '../../common/storage/strict-disk';
import { openAuthority } from '../../common/tls/authority';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import type { Report } from '../../host-sim/exit';
import { root } from '../../host-sim/manifest/paths';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, noise, toggle } from '../../host-sim/signals';
import { Random } from './random';
import { SimulatedGateway } from './simulated-gateway';

export const fiveStreams: Load = { analogs: [0, 1, 2], added: [], gpios: [5], sensors: ['slow'] };
/** A C3 has five analog pins: what is more, the main captures too. Each keeps what the service keeps unless told. */
export const fifteenStreams: Load = {
  analogs: [0, 1, 2, 3, 4],
  added: [0, 1, 2],
  gpios: [5, 6, 7, 10],
  sensors: ['slow', 'slower', 'slowest'],
  cacheSize: 1,
};

/** Bytes of arena in which fifteen streams run, and in which they are reconfigured: a C3 has 94,208. */
export const fifteenStreamsArena = 66_816;
/** A day of them, with a status asked for in the end. */
export const dayArena = 67_584;
export const reconfigurationArena = 71_936;

const part = 'small';
const secret = 'a secret of the simulation';
const port = 8080;
const minute = 60_000;
/** As an open page asks, and how often, ms. */
const statusRequest = { resource: '', method: 'Status', arguments: {}, deadline: 5_000 };
const watchPeriod = 1_000;
/** Minute of the change, and of the first measurement: by then each encoder has tried what it tries. */
const change = 2;
const warmUp = 4;

/** What the device captures: pins at 100 Hz, `added` analogs by the main too, Readings at 0.2 Hz. */
export interface Load {
  analogs: number[];
  added: number[];
  gpios: number[];
  sensors: string[];
  /** `cache_size_kb` of each; left out: 20. The service's own default is 1. */
  cacheSize?: number;
}

export interface Conditions {
  /** Bytes; the board's if left out. */
  arena?: number;
  /** Whether the gateway changes the configuration meanwhile; left out: it does. */
  reconfigured?: boolean;
  /** Over TLS, with what a session takes of the arena, and asked for the status once a second; left out: neither. */
  secure?: boolean;
  watched?: boolean;
  /** Told of each hour. */
  progress?(hours: number): void;
}

/** How many streams a change of the configuration replaces. */
export const replaced = 2;

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
  /** ms of the device when it was asked. */
  uptime: number;
  /** Revision of the configuration that runs in the end. */
  revision: string;
  /** Those that run, and those that the change replaced. */
  streams: StreamStatus[];
  /** Readings that are durable on the gateway. */
  received: number;
  /** Why the device ended; undefined: it runs. */
  exit: string | undefined;
  report: Report;
  /** Bytes in use after a collection: after the first minutes, and at the end. */
  early: number;
  late: number;
  /** Most of the arena that was ever in use, and what was free of it then, bytes. */
  peak: number;
  free: number;
  /** To whoever watches. */
  answers: number;
}

/** @throws Error that names the first stream which missed, failed to read or lost anything */
export function checkLossless(streams: readonly StreamStatus[]): void {
  for (const { resource, method, missed, failed, overwritten, discarded } of streams)
    if (missed + failed + overwritten + discarded > 0)
      throw new Error(
        `${resource} ${method}: ${missed} missed, ${failed} failed, ${overwritten} overwritten, ${discarded} discarded`,
      );
}

function capture(method: string, hz: number, parameters: Record<string, string> = {}, kilobytes = 20) {
  return { method, capture_frequency_hz: hz, cache_size_kb: kilobytes, additional_params: parameters };
}

function additionsOf({ added, cacheSize }: Load): string {
  const methods = added.map((pin) => ({
    ...capture('Analogs', 100, { reader_name: `P${pin}` }, cacheSize),
    name: 'rdk:component:board/board',
  }));
  return added.length === 0
    ? ''
    : JSON.stringify([{ type: 'data_manager', attributes: { capture_methods: methods } }]);
}

/** @param more KB that the first analog and the first Gpio may keep beyond the others */
function configurationOf({ analogs, gpios, sensors, cacheSize = 20 }: Load, more: number): string {
  const kept = (index: number) => cacheSize + (index === 0 ? more : 0);
  const methods = [
    ...analogs.map((pin, index) => capture('Analogs', 100, { reader_name: `P${pin}` }, kept(index))),
    ...gpios.map((pin, index) => capture('Gpios', 100, { pin_name: String(pin) }, kept(index))),
  ];
  const services = (list: object[]) => [{ type: 'data_manager', attributes: { capture_methods: list } }];
  const board = {
    name: 'board',
    api: 'rdk:component:board',
    model: 'esp32',
    attributes: { analogs: analogs.map((pin) => ({ name: `P${pin}`, pin: String(pin) })), pins: gpios },
    service_configs: services(methods),
  };
  const slow = sensors.map((name) => ({
    name,
    api: 'rdk:component:sensor',
    model: 'fake',
    attributes: { fake_value: 21.5 },
    service_configs: services([capture('Readings', 0.2, {}, cacheSize)]),
  }));
  const data = {
    name: 'data',
    api: 'rdk:service:data_manager',
    attributes: { sync_interval_mins: 0.1 },
  };
  return JSON.stringify({ components: [board, ...slow], services: [data] });
}

export async function runSmallDevice(
  minutes: number,
  load: Load,
  { arena, reconfigured = true, secure = false, watched = false, progress }: Conditions = {},
): Promise<Outcome> {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork({ seed: 1, latency: 5, jitter: 20 });
  const text = configurationOf(load, 0);
  const additions = additionsOf(load);
  const configurations = new Map([[part, { revision: 'r1', part: text, additions }]]);
  const identity = secure ? await makeIdentity() : undefined;
  const gateway = new SimulatedGateway({
    clock,
    network,
    disk: new StrictDisk(),
    secrets: { [part]: secret },
    configurations,
    random: new Random(1).next,
    port,
    ...(identity ? { tls: identity } : {}),
  });
  await gateway.start();
  const device = await SimulatedDevice.start({
    firmware: root,
    board: 'esp32c3',
    ...(arena ? { arena } : {}),
    clock,
    network,
    seed: 1,
    pins: {
      ...Object.fromEntries(load.analogs.map((pin) => [pin, [constant(2_000), noise(2, pin)]])),
      ...Object.fromEntries(load.gpios.map((pin) => [pin, toggle(1_000)])),
    },
    config: {
      ssid: 'sim',
      gateway: `${secure ? 'wss' : 'ws'}://localhost:${port}`,
      ...(identity ? { authority: identity.authority } : {}),
      part,
      chip: 'esp32c3',
      secret,
      configuration: text,
    },
    reboots: 'manual',
  });
  let answers = 0;
  const watch = (): void => {
    if (gateway.server.isConnected(part))
      gateway.server.call(part, statusRequest).then(
        () => answers++,
        () => undefined,
      );
    clock.at(clock.now() + watchPeriod, watch);
  };
  if (watched) watch();
  try {
    await clock.run(change * minute);
    if (reconfigured) {
      configurations.set(part, { revision: 'r2', part: configurationOf(load, 1), additions });
      gateway.server.configure(part);
    }
    await clock.run((warmUp - change) * minute);
    const early = inUse(await device.report({ collect: true }));
    for (let at = warmUp; at < minutes; at += 60) {
      await clock.run(Math.min(60, minutes - at) * minute);
      progress?.(Math.floor((at + 60) / 60));
    }
    // The last question: a device that has too little memory for its answer ends here.
    const told = device.exit ? undefined : await status(gateway, clock);
    const report = await device.report({ collect: true });
    const exit = device.exit && `${device.exit.reason}: ${device.exit.detail}`;
    if (exit === undefined && told instanceof Error) throw told;
    const { uptime, configuration: revision, streams } = told instanceof Error || !told ? nothing : told;
    const received = gateway.directory.account().reduce((sum, of) => sum + of.received.readings, 0);
    const late = inUse(report);
    const { peak, size } = report.arena;
    return {
      uptime,
      revision,
      streams,
      received,
      exit,
      report,
      early,
      late,
      peak,
      free: size - peak,
      answers,
    };
  } finally {
    await device.close();
  }
}

/** A gateway's certificate with its key, and its authority's, DER in hexadecimal. */
async function makeIdentity(): Promise<{ certificate: string; key: string; authority: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-small-'));
  const { authority, certificate, key } = await openAuthority(directory);
  await rm(directory, { recursive: true });
  return { certificate, key, authority: Buffer.from(authority.der).toString('hex') };
}

function inUse({ slots, chunks, slotSize }: Report): number {
  return slots.current * slotSize + chunks.current;
}

interface Status {
  uptime: number;
  configuration: string;
  streams: StreamStatus[];
}

const nothing: Status = { uptime: 0, configuration: '', streams: [] };

/** @returns an error when there was no answer within the call's deadline */
async function status(gateway: SimulatedGateway, clock: VirtualClock): Promise<Status | Error> {
  const asked = gateway.server.call(part, statusRequest) as Promise<Status>;
  const answered = asked.catch((error: Error) => error);
  // Virtual time stands still while nobody runs it, and the deadline with it.
  await clock.run(2 * statusRequest.deadline);
  return answered;
}
