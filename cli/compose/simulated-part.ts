/** The simulated ESP32 of `npm start`: the firmware in XS in real time, recorded signals on its pins, WiFi to switch. */
import { join } from 'node:path';
import type { SimulationAction, SimulationView } from '@sluice/dashboard/simulation';
import { SimulatedDevice } from '@sluice/host-sim/device';
import { SimulatedNetwork } from '@sluice/host-sim/network/simulated-network';
import { readRecording } from '@sluice/host-sim/recording';
import { constant, noise, type Signal, samples, toggle } from '@sluice/host-sim/signals';
import type { Logger } from 'pino';
import type { Simulation } from './simulation-extension';

export interface SimulatedPartOptions {
  name: string;
  secret: string;
  /** `ws://127.0.0.1:8471` */
  gateway: string;
  directory: string;
  /** The part's own Viam configuration. */
  configuration: string;
  log: Logger;
}

const repository = join(import.meta.dirname, '..', '..');
const ssid = 'home';
/** Hours of the recorded temperature in a second. */
const hoursPerSecond = 0.5;
const temperatureRate = 20;

export class SimulatedPart implements Simulation {
  readonly #options: SimulatedPartOptions;
  readonly #network = new SimulatedNetwork({
    accessPoints: [{ ssid, rssi }],
    outside: 'real',
  });
  #device: SimulatedDevice | undefined;
  #wifi = true;

  constructor(options: SimulatedPartOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { name: part, secret, gateway, directory, configuration, log } = this.#options;
    this.#device = await SimulatedDevice.start({
      firmware: repository,
      board: 'esp32',
      time: 'real',
      seed: Date.now() >>> 0,
      config: { part, secret, gateway, ssid, configuration },
      directory,
      flash: { timing: 'typical' },
      network: this.#network,
      pins: signals(),
      trace: (text) => log[levelOf(text)](text.trimEnd()),
    });
  }

  state(): SimulationView {
    return { wifi: this.#wifi, running: this.#device?.running ?? false };
  }

  async act(action: SimulationAction): Promise<void> {
    const device = this.#device;
    if (!device) return;
    switch (action) {
      case 'reboot':
        return device.reboot();
      case 'power-cut':
        return device.powerCut();
      default:
        this.#wifi = action === 'wifi-on';
        // A stretch that is over at once leaves the access point up.
        this.#network.accessPointDown(ssid, this.#wifi ? { from: 0, until: 0 } : { from: 0 });
    }
  }

  async close(): Promise<void> {
    await this.#device?.close();
  }
}

/** Of a line of the firmware's log (modules/device/log). */
export function levelOf(line: string): 'error' | 'warn' | 'info' {
  if (line.startsWith('error: ')) return 'error';
  return line.startsWith('warning: ') ? 'warn' : 'info';
}

/** Strength of the access point in dBm: somebody walks about. */
function rssi(now: number): number {
  return Math.round(-58 + 6 * Math.sin(now / 7000) + 3 * Math.sin(now / 1900));
}

/** The recordings' sources and licences stand beside them. */
function signals(): Record<number, Signal[]> {
  const read = (name: string) => readRecording(join(repository, 'test', 'data', name)).values;
  const ecg = read('ecg-mlii-360hz.csv');
  const celsius = read('ambient-temperature-hourly.csv').map((fahrenheit) => (fahrenheit - 32) / 1.8);
  const perHour = temperatureRate / hoursPerSecond;
  const temperature = Float64Array.from({ length: (celsius.length - 1) * perHour }, (_, index) => {
    const hour = Math.floor(index / perHour);
    const share = (index % perHour) / perHour;
    return tmp36Counts(celsius[hour]! * (1 - share) + celsius[hour + 1]! * share);
  });
  return {
    34: [samples(ecg, 360)],
    35: [samples(temperature, temperatureRate), noise(1.5, 1)],
    32: [constant(tmp36Counts(21.5)), noise(3, 2)],
    27: [toggle(2)],
  };
}

/** 10 mV a degree from 500 mV at 0 °C, as the analog input counts them at 12 dB. */
function tmp36Counts(celsius: number): number {
  return ((500 + 10 * celsius) * 4095) / 2450;
}
