/** The simulated board of `npm start`: the firmware in XS in real time, signals on its pins, WiFi to switch. */
import { join } from 'node:path';
import { scheduler } from 'node:timers/promises';
import type { SimulationAction, SimulationView } from '@sluice/dashboard/simulation';
import { SimulatedDevice } from '@sluice/host-sim/device';
import type { BoardName } from '@sluice/host-sim/manifest/boards';
import { SimulatedNetwork } from '@sluice/host-sim/network/simulated-network';
import type { Logger } from 'pino';
import type { PinSignals } from './signals';
import type { Simulation } from './simulation-extension';

export interface SimulatedPartOptions {
  name: string;
  secret: string;
  /** `ws://127.0.0.1:8471` */
  gateway: string;
  chip: BoardName;
  directory: string;
  /** The part's own Viam configuration. */
  configuration: string;
  pins: PinSignals;
  /** Has the gateway tell it to start again, for which it hands over what it has. */
  restart?(): Promise<unknown>;
  log: Logger;
  /** What people are to read: that it has died, and that it is back. */
  tell(message: string): void;
}

const repository = join(import.meta.dirname, '..', '..');
const ssid = 'home';
/** Milliseconds after which a process that has died is started again; twice as long each time, up to a minute. */
const firstPause = 1_000;
const longestPause = 60_000;
/** Milliseconds that a board gets to hand over what it has, before it is ended. */
const handingOver = 4_000;
/** Milliseconds that a boot has to last for the next pause to be the first again. */
const lasting = 60_000;

export class SimulatedPart implements Simulation {
  readonly #options: SimulatedPartOptions;
  readonly #network = new SimulatedNetwork({
    accessPoints: [{ ssid, rssi }],
    outside: 'real',
  });
  #device: SimulatedDevice | undefined;
  #wifi = true;
  #pause = firstPause;
  #begun = 0;
  #again: NodeJS.Timeout | undefined;
  /** Wall milliseconds at which its process is started again, when it has died. */
  #againAt: number | undefined;
  #closed = false;
  #bootEnded: () => void = () => undefined;

  constructor(options: SimulatedPartOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { name: part, secret, gateway, chip, directory, configuration, pins, log } = this.#options;
    this.#begun = Date.now();
    this.#device = await SimulatedDevice.start({
      firmware: repository,
      board: chip,
      time: 'real',
      seed: Date.now() >>> 0,
      config: { part, secret, gateway, ssid, configuration },
      directory,
      flash: { timing: 'typical' },
      network: this.#network,
      pins,
      trace: (text) => {
        const { level, message } = logLineOf(text);
        log[level](message);
      },
      exited: ({ reason, detail }) => this.#exited(reason, detail),
      died: (error) => this.#died(error),
    });
  }

  state(): SimulationView {
    const running = this.#device?.running ?? false;
    return { wifi: this.#wifi, running, ...(this.#againAt === undefined ? {} : { again: this.#againAt }) };
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
    this.#closed = true;
    clearTimeout(this.#again);
    await this.#handOver();
    await this.#device?.close();
  }

  /** Whoever ends the demonstration means no power cut: nothing is to be lost by it. Where that fails, it is one. */
  async #handOver(): Promise<void> {
    const { restart, log } = this.#options;
    if (!restart || !this.#device?.running || !this.#wifi) return;
    const ended = new Promise<void>((resolve) => {
      this.#bootEnded = resolve;
    });
    try {
      await restart();
      const late = new AbortController();
      await Promise.race([ended, scheduler.wait(handingOver, { signal: late.signal })]);
      late.abort();
    } catch (error) {
      log.warn({ error: (error as Error).message }, 'the board has not handed over what it has');
    }
  }

  /** The firmware has ended a boot; the next one begins by itself. */
  #exited(reason: string, detail: string): void {
    this.#bootEnded();
    if (['stopped', 'restart', 'power cut'].includes(reason)) return;
    const { name, log, tell } = this.#options;
    log.error({ reason, detail }, 'the board has crashed');
    tell(`the simulated board ${name} has crashed (${reason}) and starts again`);
  }

  /** Its process is gone, as a board whose power has failed. */
  #died({ message }: Error): void {
    if (this.#closed) return;
    const { name, log, tell } = this.#options;
    this.#pause = Date.now() - this.#begun >= lasting ? firstPause : Math.min(longestPause, 2 * this.#pause);
    log.error({ reason: message, again: this.#pause }, 'the board has died');
    tell(`the simulated board ${name} has died (${message}): it starts again in ${this.#pause / 1000} s`);
    this.#againAt = Date.now() + this.#pause;
    this.#again = setTimeout(() => void this.#revive(), this.#pause);
  }

  async #revive(): Promise<void> {
    const { name, log, tell } = this.#options;
    this.#againAt = undefined;
    this.#begun = Date.now();
    try {
      await this.#device?.reboot();
      log.info('the board is back');
      tell(`the simulated board ${name} is back`);
    } catch (error) {
      this.#died(error as Error);
    }
  }
}

/** Of a line of the firmware's log (modules/device/log): its level once, as the level of the line here. */
export function logLineOf(line: string): { level: 'error' | 'warn' | 'info'; message: string } {
  const [, name, message] = /^(error|warning|info): (.*)/s.exec(line.trimEnd()) ?? [];
  if (message === undefined) return { level: 'info', message: line.trimEnd() };
  return { level: name === 'warning' ? 'warn' : (name as 'error' | 'info'), message };
}

/** Strength of the access point in dBm: somebody walks about. */
function rssi(now: number): number {
  return Math.round(-58 + 6 * Math.sin(now / 7000) + 3 * Math.sin(now / 1900));
}
