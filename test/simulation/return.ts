/**
 * How soon readings flow again: one part in XS, the real gateway or a broker, and something between them that is away
 * for a while, or that ends each connection after so many bytes.
 */

import { StrictDisk } from '../../common/storage/strict-disk';
import type { PartConfiguration } from '../../gateway/link/connection';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import { root } from '../../host-sim/manifest/paths';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import type { NetworkDevice } from '../../host-sim/network/types';
import { constant, noise } from '../../host-sim/signals';
import { PublishingPart } from './publishing-part';
import { Random } from './random';
import { SimulatedGateway } from './simulated-gateway';

export const absences = ['access point', 'peer', 'route', 'name'] as const;
export type Absence = (typeof absences)[number];

/** To whom a part comes back. */
export const peers = ['gateway', 'broker'] as const;
export type Peer = (typeof peers)[number];

/** ms from the moment at which the peer could be reached to the first new block acknowledged, at most. */
export function boundOf(what: Absence, length: number): number {
  const early = length <= 600_000;
  return what === 'access point' ? (early ? 6_000 : 36_000) : early ? 2_000 : 12_000;
}

const part = 'returning';
const secret = 'a secret of the simulation';
const host = 'gateway.plant';
const port = 8080;
/** Bytes up of the upgrade, `Hello`, `Proof` and `Begin`; of a `CONNECT`. */
const handshake = 600;
const publisherHandshake = 17;
/** ms before the outage, in which the part has come and delivers. */
const before = 60_000;
/** ms between two looks at what has been acknowledged. */
const step = 20;

/** Tells how often its one device has dialled, and how long that had its radio on. */
class WatchedNetwork extends SimulatedNetwork {
  dialled = 0;
  #station: NetworkDevice | undefined;

  override attach(device: NetworkDevice): void {
    this.#station = device;
    super.attach(device);
  }

  get on(): number {
    return this.#station ? this.radioOn(this.#station) : 0;
  }

  override opened(...[connection, address]: Parameters<SimulatedNetwork['opened']>): void {
    connection.stream.on('error', () => undefined);
    this.dialled++;
    super.opened(connection, address);
  }
}

export interface PartOptions {
  seed: number;
  /** Hz of each of the collectors. */
  frequencies: number[];
  /** KB that each may keep. */
  cacheKb: number;
  syncMinutes?: number;
  /** More attributes of the data manager. */
  attributes?: Record<string, unknown>;
  /** A firmware that does it otherwise. */
  firmware?: string;
  log?: boolean;
}

function configurationOf({ frequencies, cacheKb, syncMinutes = 0.1, attributes: more }: PartOptions): string {
  const capture_methods = frequencies.map((capture_frequency_hz, index) => ({
    method: 'Analogs',
    capture_frequency_hz,
    cache_size_kb: cacheKb,
    additional_params: { reader_name: `A${index}` },
  }));
  const analogs = frequencies.map((_, index) => ({ name: `A${index}`, pin: String(index) }));
  const board = { name: 'board', api: 'rdk:component:board', model: 'esp32', attributes: { analogs } };
  const service_configs = [{ type: 'data_manager', attributes: { capture_methods } }];
  const attributes = { sync_interval_mins: syncMinutes, ...more };
  const service = { name: 'data', api: 'rdk:service:data_manager', attributes };
  return JSON.stringify({ components: [{ ...board, service_configs }], services: [service] });
}

export class ReturningPart {
  readonly clock = new VirtualClock();
  readonly network: WatchedNetwork;
  readonly gateway: SimulatedGateway;
  readonly disk = new StrictDisk();
  device!: SimulatedDevice;
  readonly #configurations = new Map<string, PartConfiguration>();
  readonly #options: PartOptions;

  constructor(options: PartOptions) {
    this.#options = options;
    const { seed } = options;
    this.network = new WatchedNetwork({ seed, latency: 5, jitter: 20, epoch: Date.UTC(2026, 0, 1) });
    this.gateway = new SimulatedGateway({
      clock: this.clock,
      network: this.network,
      disk: this.disk,
      secrets: { [part]: secret },
      configurations: this.#configurations,
      random: new Random(seed).next,
      host,
      port,
    });
  }

  async start(): Promise<void> {
    const { seed, frequencies, firmware = root, log } = this.#options;
    await this.gateway.start();
    this.device = await SimulatedDevice.start({
      firmware,
      board: 'esp32c3',
      clock: this.clock,
      network: this.network,
      seed,
      pins: Object.fromEntries(
        frequencies.map((_, pin) => [pin, [constant(2_000), noise(300, seed * 8 + pin)]]),
      ),
      config: {
        ssid: 'sim',
        gateway: `ws://${host}:${port}`,
        insecure: true,
        part,
        chip: 'esp32c3',
        secret,
        configuration: configurationOf(this.#options),
      },
      ...(log && { trace: (text) => console.log(`${Math.round(this.clock.now())} ${text.trimEnd()}`) }),
    });
  }

  /** Another configuration than the one it began with. */
  configure(changes: Partial<PartOptions>): void {
    const configuration = configurationOf({ ...this.#options, ...changes });
    const revision = `r${this.#configurations.size}`;
    this.#configurations.set(part, { revision, part: configuration, additions: '' });
    this.gateway.server.configure(part);
  }

  /** Blocks of which the gateway has promised that they are durable. */
  get promised(): number {
    let sum = 0;
    for (const next of this.gateway.promised.values()) sum += next;
    return sum;
  }

  get received(): number {
    return this.gateway.directory.account().reduce((sum, of) => sum + of.received.readings, 0);
  }

  /** ms for which the radio was not idle. */
  get radioOn(): number {
    return this.network.on;
  }

  get view(): { connected: boolean; asleepUntil: number | undefined } {
    const { connected, asleepUntil } = this.gateway.server.known.get(part)!;
    return { connected, asleepUntil };
  }

  /** Bytes of the device's arena in use after a collection. */
  async memory(): Promise<number> {
    const { slots, chunks, slotSize } = await this.device.report({ collect: true });
    return slots.current * slotSize + chunks.current;
  }

  away(what: Absence, until: number): void {
    takeAway(this, { host, port }, what, until);
  }

  untilNext(limit: number): Promise<number> {
    return untilNext(this, limit);
  }

  /** Each connection ends, so many bytes after its handshake. */
  endAfter(bytes: number): void {
    this.network.cutEachAfter('up', handshake + bytes);
  }

  get connections(): number {
    return this.network.dialled;
  }

  async close(): Promise<void> {
    await this.device?.close();
  }
}

/** The same of a part that publishes. */
class ReturningPublisher extends PublishingPart {
  /** Messages that the broker has taken. */
  get promised(): number {
    return this.broker.taken.length;
  }

  get received(): number {
    return new Set(this.broker.taken.map(({ text }) => text)).size;
  }

  get connections(): number {
    return this.broker.dials;
  }

  away(what: Absence, until: number): void {
    takeAway(this, PublishingPart, what, until);
  }

  endAfter(bytes: number): void {
    this.network.cutEachAfter('up', publisherHandshake + bytes);
  }
}

/** Either of them. */
interface PartOfPeer {
  readonly clock: VirtualClock;
  readonly network: SimulatedNetwork;
  readonly device: SimulatedDevice;
  /** Blocks or messages that the peer has acknowledged, and readings that it has. */
  readonly promised: number;
  readonly received: number;
  readonly connections: number;
  start(): Promise<void>;
  close(): Promise<void>;
  away(what: Absence, until: number): void;
  endAfter(bytes: number): void;
}

function partOf(peer: Peer, options: PartOptions): PartOfPeer {
  return peer === 'gateway' ? new ReturningPart(options) : new ReturningPublisher(options);
}

/** Something is away from now on. */
function takeAway(
  { network, clock }: { network: SimulatedNetwork; clock: VirtualClock },
  { host, port }: { host: string; port: number },
  what: Absence,
  until: number,
): void {
  const stretch = { from: clock.now(), until };
  if (what === 'access point') network.accessPointDown('sim', stretch);
  else if (what === 'route') network.blackhole(stretch);
  else {
    // Both ends learn that the connection is broken, and it cannot be made again.
    network.cut(clock.now());
    if (what === 'name') network.namesDown(stretch);
    else network.refuse(host, port, stretch);
  }
}

/** @returns ms until a block is acknowledged that was not before; at most `limit` */
async function untilNext(
  part: { readonly clock: VirtualClock; readonly promised: number },
  limit: number,
): Promise<number> {
  const { clock, promised } = part;
  const begun = clock.now();
  while (part.promised === promised && clock.now() - begun < limit) await clock.run(step);
  return clock.now() - begun;
}

/** @returns ms from the moment at which the peer could be reached again to the first new block or message acknowledged */
export async function runAbsence(
  what: Absence,
  length: number,
  { peer = 'gateway', seed = 1, ...more }: Partial<PartOptions> & { peer?: Peer } = {},
): Promise<number> {
  const options = { seed, frequencies: [1, 1], cacheKb: 2, ...more };
  const part = partOf(peer, options);
  if (what === 'name') part.network.namesDown({ from: 0, until: length });
  try {
    await part.start();
    if (what === 'name') await part.clock.run(length);
    else {
      // At any moment between two syncs.
      await part.clock.run(before + new Random(seed + 99).whole(0, 6_000));
      const until = part.clock.now() + length;
      part.away(what, until);
      await part.clock.run(length);
    }
    const late = await untilNext(part, 100_000);
    if (part.device.exit) throw new Error(`the device ended: ${part.device.exit.detail}`);
    return late;
  } finally {
    await part.close();
  }
}

export interface Cuts {
  received: number;
  connections: number;
}

/** Each connection ends after `bytes` beyond its handshake, for `minutes`; undefined: none does. */
export async function runCuts(
  bytes: number | undefined,
  minutes: number,
  { peer = 'gateway', ...more }: Partial<PartOptions> & { peer?: Peer } = {},
): Promise<Cuts> {
  const options = { seed: 1, frequencies: [100, 100, 100], cacheKb: 4, ...more };
  const part = partOf(peer, options);
  if (bytes !== undefined) part.endAfter(bytes);
  try {
    await part.start();
    await part.clock.run(minutes * 60_000);
    if (part.device.exit) throw new Error(`the device ended: ${part.device.exit.detail}`);
    return { received: part.received, connections: part.connections };
  } finally {
    await part.close();
  }
}
