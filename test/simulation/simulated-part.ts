/** A device of the simulated world, with what is on its pins and on its bus, and what it has read. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SimulatedBus, together } from '../../host-sim/bus/simulated-bus';
import { type DeviceOptions, SimulatedDevice, type VirtualClock } from '../../host-sim/device';
import type { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, failure, noise, type Signal } from '../../host-sim/signals';
import { readTruth, type Truth } from '../../host-sim/truth';
import { asOfLater } from '../../modules/ring/later-format.node.js';
import { hostileFirmware } from './hostile-firmware';
import { Meter, type MeterReading } from './meter';
import { configurationOf } from './part-configuration';
import type { PartScenario } from './scenario';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Boot {
  /** Counts from 1, as in the truth log. */
  ordinal: number;
  counter: number;
  random: number;
  /** ms of the clock. */
  at: number;
}

/** What a device says of one stream. */
export interface StreamReport {
  number: number;
  resource: string;
  captured: number;
  acknowledged: number;
  overwritten: number;
  discarded: number;
  stored: number;
  failed: number;
}

export interface PartOutcome {
  name: string;
  /** Pins of its own capture methods. */
  pins: readonly number[];
  /** Through a reboot: what is in flash of blocks that are not acknowledged; with no head in RAM that is all. */
  retains: 'nothing' | 'flash' | 'all';
  /** It was taken away before the end. */
  left: boolean;
  boots: Boot[];
  truth: Truth;
  /** What its power meter was asked; undefined: it has none. */
  meter: readonly MeterReading[] | undefined;
  exits: { reason: string; detail: string; at: number; boot: number }[];
  /** Of the last boot, after everything was delivered; undefined when it could not be asked. */
  status?: { monotonic: number; streams: StreamReport[]; problems: string[] } | undefined;
}

export interface SimulatedPartOptions {
  scenario: PartScenario;
  clock: VirtualClock;
  network: SimulatedNetwork;
  /** Of the device, and of the noise on its pins. */
  seed: number;
  signalSeed: number;
  /** Counts. */
  deviation: number | undefined;
  gateway: string;
  secret: string;
  /** Of the truth log. */
  directory: string;
  /** Another firmware, and another flash. */
  firmware: string | undefined;
  flash: DeviceOptions['flash'] | undefined;
  trace(text: string): void;
}

export class SimulatedPart {
  device!: SimulatedDevice;
  readonly meter: Meter;
  readonly bus: SimulatedBus;
  left = false;
  readonly #truth: string;
  #boots: Boot[] = [];
  #isFlashLater = false;

  constructor(readonly options: SimulatedPartOptions) {
    this.#truth = join(options.directory, `truth-${options.seed}`);
    this.meter = new Meter(() => this.device?.boots ?? 1);
    this.bus = new SimulatedBus([{ address: Meter.address, chip: this.meter }]);
  }

  async start(): Promise<void> {
    const { scenario, clock, network, seed, gateway, secret, flash, firmware, trace } = this.options;
    this.device = await SimulatedDevice.start({
      firmware: firmware ?? (scenario.hostile ? hostileFirmware() : root),
      board: scenario.board,
      clock,
      network: together(network, this.bus),
      seed,
      pins: this.#signals(),
      ...(flash ? { flash } : {}),
      truth: this.#truth,
      config: {
        ssid: 'sim',
        gateway,
        insecure: true,
        part: scenario.name,
        chip: scenario.board,
        secret,
        configuration: configurationOf(scenario),
      },
      trace,
    });
  }

  /** Reads of its first pin fail meanwhile. @param from ms of the clock */
  failReads(from: number, until: number): void {
    const { pin } = this.options.scenario.own[0]!;
    this.device.setPin(pin, ...this.#signals()[pin]!, failure(from, until));
  }

  /** Another firmware ran meanwhile, a later one, and has left its readings in flash. */
  async writeLater(): Promise<void> {
    await this.device.powerCut();
    this.device.flash.write('capture', asOfLater(new Uint8Array(this.device.flash.read('capture'))));
    this.#isFlashLater = true;
    await this.device.reboot();
  }

  /** It is carried away, with all that it still had. */
  async takeAway(): Promise<void> {
    this.left = true;
    await this.close();
  }

  async close(): Promise<void> {
    if (this.device === undefined) return;
    this.#boots = bootsOf(this.device);
    await this.device.close();
  }

  /** Once it is closed. */
  outcome(status: PartOutcome['status']): PartOutcome {
    const { name, own, retainUnsynced, headKb, meter } = this.options.scenario;
    const retains =
      !retainUnsynced || this.left || this.#isFlashLater ? 'nothing' : headKb === 0 ? 'all' : 'flash';
    return {
      name,
      pins: own.map(({ pin }) => pin),
      retains,
      left: this.left,
      boots: this.#boots,
      truth: readTruth(this.#truth),
      meter: meter && this.meter.readings,
      exits: this.device.exits.map(({ reason, detail, at, boot }) => ({ reason, detail, at, boot })),
      status,
    };
  }

  #signals(): Record<number, Signal[]> {
    const { scenario, signalSeed, deviation = 300 } = this.options;
    const all = [...scenario.own, ...scenario.added];
    return Object.fromEntries(
      all.map(({ pin }): [number, Signal[]] => [
        pin,
        [constant(2_000), noise(deviation, signalSeed * 64 + pin)],
      ]),
    );
  }
}

/** As its traces tell. */
export function bootsOf(device: SimulatedDevice): Boot[] {
  const boots: Boot[] = [];
  let at = 0;
  for (const event of device.events) {
    if (event.kind === 'boot') at = event.at;
    if (event.kind !== 'trace') continue;
    const match = /, boot (\d+)-([0-9a-f]{8}) /.exec(event.text);
    if (match)
      boots.push({
        ordinal: event.boot,
        counter: Number(match[1]),
        random: Number.parseInt(match[2]!, 16),
        at,
      });
  }
  return boots;
}
