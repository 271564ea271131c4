/** One part in XS that publishes to a scripted broker in virtual time, and what of its readings has arrived. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import type { BoardName } from '../../host-sim/manifest/boards';
import { root } from '../../host-sim/manifest/paths';
import { constant, noise } from '../../host-sim/signals';
import { readTruth, type Truth } from '../../host-sim/truth';
import { type Message, ScriptedBroker } from './scripted-broker';
import { type Boot, bootsOf } from './simulated-part';
import { WorldNetwork } from './world-network';

const host = 'broker.plant';
const port = 1883;
/** Of the analog pins of a board: the collectors' lie one behind the other. */
const firstPins: Partial<Record<BoardName, number>> = { esp32: 32, esp32c3: 0 };
/** Messages have volts, the pins' truth has counts of 12 bits. */
export const voltsPerCount = 2.45 / 4095;

/** A sensor that is captured by `Readings`. */
export interface PublishedSensor {
  name: string;
  model: string;
  attributes?: object;
  hertz: number;
  cacheKb: number;
}

export interface PublishingOptions {
  seed?: number;
  board?: BoardName;
  /** Bytes; the board's if left out. */
  arena?: number;
  /** Hz of each of the collectors, which read one analog pin each. */
  frequencies?: number[];
  cacheKb?: number;
  /** Beside them. */
  sensors?: PublishedSensor[];
  /** ms one way. */
  latency?: number;
  syncMinutes?: number;
  /** A firmware that does it otherwise. */
  firmware?: string;
  /** Further settings. */
  config?: Record<string, string>;
  /** Left out: it stays off after its end. */
  reboots?: 'automatic' | 'manual';
}

export interface Published {
  taken: readonly Message[];
  /** Messages of which the broker sent no acknowledgement, and connections. */
  unacknowledged: number;
  connections: number;
  boots: Boot[];
  truth: Truth;
  exits: { reason: string; detail: string }[];
}

export interface Arrivals {
  /** Readings that were taken up to a minute before the end, and those of them that did not arrive. */
  taken: number;
  missing: number;
  /** Messages that came again. */
  repeated: number;
}

export class PublishingPart {
  static readonly host = host;
  static readonly port = port;
  readonly clock = new VirtualClock();
  readonly network: WorldNetwork;
  readonly broker: ScriptedBroker;
  device!: SimulatedDevice;
  readonly #options: Required<Omit<PublishingOptions, 'arena'>> & Pick<PublishingOptions, 'arena'>;
  readonly #directory = mkdtempSync(join(tmpdir(), 'sluice-broker-'));

  constructor(options: PublishingOptions = {}) {
    this.#options = {
      seed: 1,
      board: 'esp32c3',
      frequencies: [10, 10],
      cacheKb: 20,
      sensors: [],
      latency: 20,
      syncMinutes: 0.1,
      firmware: root,
      config: {},
      reboots: 'manual',
      ...options,
    };
    const { seed, latency } = this.#options;
    this.network = new WorldNetwork({ seed, latency, jitter: 5 });
    this.broker = new ScriptedBroker({ clock: this.clock, network: this.network, host, port });
  }

  async start(): Promise<void> {
    const { seed, board, arena, frequencies, firmware, config, reboots } = this.#options;
    this.device = await SimulatedDevice.start({
      firmware,
      board,
      ...(arena && { arena }),
      clock: this.clock,
      network: this.network,
      seed,
      truth: join(this.#directory, 'truth'),
      pins: Object.fromEntries(
        frequencies.map((_, index) => [this.#pinOf(index), [constant(2_000), noise(300, seed * 8 + index)]]),
      ),
      config: {
        ssid: 'sim',
        gateway: `mqtt://${host}:${port}`,
        insecure: true,
        part: 'esp',
        chip: board,
        app_id: 'plant',
        configuration: this.configuration,
        ...config,
      },
      reboots,
    });
  }

  #pinOf(reader: number): number {
    return firstPins[this.#options.board]! + reader;
  }

  get configuration(): string {
    const { frequencies, cacheKb, sensors, syncMinutes } = this.#options;
    const capture_methods = frequencies.map((capture_frequency_hz, index) => ({
      method: 'Analogs',
      capture_frequency_hz,
      cache_size_kb: cacheKb,
      additional_params: { reader_name: `A${index}` },
    }));
    const analogs = frequencies.map((_, index) => ({ name: `A${index}`, pin: String(this.#pinOf(index)) }));
    const board = {
      name: 'board',
      api: 'rdk:component:board',
      model: 'esp32',
      attributes: { analogs },
      service_configs: capturedBy(capture_methods),
    };
    const components = sensors.map(({ name, model, attributes = {}, hertz, cacheKb: cache_size_kb }) => ({
      name,
      api: 'rdk:component:sensor',
      model,
      attributes,
      service_configs: capturedBy([
        { method: 'Readings', capture_frequency_hz: hertz, cache_size_kb, additional_params: {} },
      ]),
    }));
    const attributes = { sync_interval_mins: syncMinutes };
    const data = { name: 'data', api: 'rdk:service:data_manager', attributes };
    return JSON.stringify({ components: [board, ...components], services: [data] });
  }

  async close(): Promise<void> {
    await this.device?.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Ends the device. */
  async ended(): Promise<Published> {
    const { device, broker } = this;
    const boots = bootsOf(device);
    await device.close();
    const { taken, unacknowledged, connections } = broker;
    const truth = readTruth(join(this.#directory, 'truth'));
    return { taken, unacknowledged, connections, boots, truth, exits: device.exits };
  }

  /** Ends the device, and holds what has arrived to what the pins gave. Throws where a message is not what it must be. */
  async arrivals(): Promise<Arrivals> {
    const { device, clock, broker } = this;
    const options = this.#options;
    if (device.exit) throw new Error(`the device ended: ${device.exit.detail}`);
    const end = clock.now();
    await device.close();
    const truth = readTruth(join(this.#directory, 'truth'));
    const arrivals: Arrivals = { taken: 0, missing: 0, repeated: 0 };
    const streams = this.#readings();
    let distinct = 0;
    for (const reader of options.frequencies.keys()) {
      const pin = this.#pinOf(reader);
      const arrived = streams.get(`board_A${reader}`) ?? [];
      distinct += arrived.length;
      for (let index = 1; index < arrived.length; index++)
        if (arrived[index]!.time <= arrived[index - 1]!.time)
          throw new Error(`a time stamp did not grow: ${arrived[index]!.text}`);
      let at = 0;
      for (let index = 0; index < truth.length; index++) {
        if (truth.pin[index] !== pin || truth.written[index]) continue;
        const there = arrived[at]?.value === truth.value[index]! * voltsPerCount;
        if (there) at++;
        if (truth.time[index]! > end - 60_000) continue;
        arrivals.taken++;
        if (!there) arrivals.missing++;
      }
      if (at !== arrived.length)
        throw new Error(`was never read, or not in this order: ${arrived[at]!.text}`);
    }
    const ofPins = broker.taken.filter(({ text }) => text.includes('"board_A'));
    arrivals.repeated = ofPins.length - distinct;
    return arrivals;
  }

  /** By key of the payload: each reading once, in order. */
  #readings(): Map<string, { name: number; time: number; value: number; text: string }[]> {
    const streams = new Map<
      string,
      Map<number, { name: number; time: number; value: number; text: string }>
    >();
    for (const { topic, text } of this.broker.taken) {
      if (topic !== 'pipeline/plant/esp') throw new Error(`published to ${topic}`);
      const { time, payload_fields, sluice } = JSON.parse(text) as {
        time: number;
        payload_fields: Record<string, number>;
        sluice: { block: string; index: number };
      };
      const [[field, value] = ['', 0]] = Object.entries(payload_fields);
      const name = Number(sluice.block.split('/').pop()) * 65_536 + sluice.index;
      const stream = streams.get(field) ?? new Map();
      streams.set(field, stream);
      const before = stream.get(name);
      if (before && before.text !== text) throw new Error(`came again, but not the same: ${text}`);
      stream.set(name, { name, time, value, text });
    }
    return new Map(
      [...streams].map(([field, list]) => [field, [...list.values()].sort((a, b) => a.name - b.name)]),
    );
  }
}

function capturedBy(capture_methods: object[]): object[] {
  return [{ type: 'data_manager', attributes: { capture_methods } }];
}
