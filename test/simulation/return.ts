/**
 * How soon readings flow again: one part in XS, the real gateway, and something between them that is away for a while,
 * or that ends each connection after so many bytes.
 */

import { StrictDisk } from '../../common/storage/strict-disk';
import type { PartConfiguration } from '../../gateway/link/connection';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import { root } from '../../host-sim/manifest/paths';
import type { Connection } from '../../host-sim/network/connection';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import type { NetworkDevice } from '../../host-sim/network/types';
import { constant, noise } from '../../host-sim/signals';
import { Random } from './random';
import { SimulatedGateway } from './simulated-gateway';

export const absences = ['access point', 'gateway', 'route', 'name'] as const;
export type Absence = (typeof absences)[number];

/** ms from the moment at which the peer could be reached to the first new block acknowledged, at most. */
export function boundOf(what: Absence, length: number): number {
  const early = length <= 600_000;
  return what === 'access point' ? (early ? 6_000 : 36_000) : early ? 2_000 : 12_000;
}

const part = 'returning';
const secret = 'a secret of the simulation';
const host = 'gateway.plant';
const port = 8080;
/** ms before the outage, in which the part has come and delivers. */
const before = 60_000;
/** ms between two looks at what has been acknowledged. */
const step = 20;

/** Each connection ends when so many bytes have gone up. */
class CuttingNetwork extends SimulatedNetwork {
  limit = Number.POSITIVE_INFINITY;
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
    (connection as Connection).stream.on('error', () => undefined);
    this.dialled++;
    (connection as Connection).limit.up = this.limit;
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
  readonly network: CuttingNetwork;
  readonly gateway: SimulatedGateway;
  readonly disk = new StrictDisk();
  device!: SimulatedDevice;
  readonly #configurations = new Map<string, PartConfiguration>();
  readonly #options: PartOptions;

  constructor(options: PartOptions) {
    this.#options = options;
    const { seed } = options;
    this.network = new CuttingNetwork({ seed, latency: 5, jitter: 20, epoch: Date.UTC(2026, 0, 1) });
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

  /** Something is away from now on. */
  away(what: Absence, until: number): void {
    const { network, clock } = this;
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
  async untilNext(limit: number): Promise<number> {
    const begun = this.clock.now();
    const { promised } = this;
    while (this.promised === promised && this.clock.now() - begun < limit) await this.clock.run(step);
    return this.clock.now() - begun;
  }
}

/** @returns ms from the moment at which the gateway could be reached again to the first new block acknowledged */
export async function runAbsence(
  what: Absence,
  length: number,
  options: Partial<PartOptions> = {},
): Promise<number> {
  const { seed = 1 } = options;
  const part = new ReturningPart({ seed, frequencies: [1, 1], cacheKb: 2, ...options });
  if (what === 'name') part.network.namesDown({ from: 0, until: length });
  await part.start();
  try {
    if (what === 'name') await part.clock.run(length);
    else {
      // At any moment between two syncs.
      await part.clock.run(before + new Random(seed + 99).whole(0, 6_000));
      const until = part.clock.now() + length;
      part.away(what, until);
      await part.clock.run(length);
    }
    const late = await part.untilNext(100_000);
    if (part.device.exit) throw new Error(`the device ended: ${part.device.exit.detail}`);
    return late;
  } finally {
    await part.device.close();
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
  options: Partial<PartOptions> = {},
): Promise<Cuts> {
  const part = new ReturningPart({ seed: 1, frequencies: [100, 100, 100], cacheKb: 4, ...options });
  if (bytes !== undefined) part.network.limit = handshake + bytes;
  await part.start();
  try {
    await part.clock.run(minutes * 60_000);
    if (part.device.exit) throw new Error(`the device ended: ${part.device.exit.detail}`);
    return { received: part.received, connections: part.network.dialled };
  } finally {
    await part.device.close();
  }
}

/** Bytes up of the upgrade, `Hello`, `Proof` and `Begin`. */
const handshake = 600;
