/**
 * WiFi, kept up for good.
 *
 * In: the networks to join, by priority. Out: whether there is an address, and a call at each change.
 * Holds: it never gives up and nothing waits for it. A network that was lost is tried again at once; while none of
 * them answers, a round through all begins each five seconds, after ten minutes each thirty, with jitter.
 */
import type WiFi from 'embedded:network/interface/wifi';
import type Timer from 'timer';
import type { Clock } from './clock';
import type { Log } from './log';
import type { NetworkSettings } from './settings';

/** ms that joining a network and getting an address may take. */
const longestAttempt = 20_000;
/** ms between the beginnings of two rounds through all networks, at most: early in an outage, and later. */
const earlyRound = 5_000;
const laterRound = 30_000;
const earlyPhase = 600_000;
/** ms between two attempts at least: a radio that refuses at once must not make an endless loop. */
const leastPause = 100;
/** `connection` of the SDK: associated and with an address. */
const connectedState = 500;

export interface NetworkOptions {
  wifi: new (options: { onChanged(property: 'connection' | 'address'): void }) => WiFi;
  timer: Pick<typeof Timer, 'set' | 'clear'>;
  clock: Pick<Clock, 'now'>;
  /** Uniform in [0, 1). */
  random: () => number;
  networks: readonly NetworkSettings[];
  hostname: string;
  log: Log;
}

export interface NetworkListener {
  networkChanged(up: boolean): void;
}

export class Network {
  /** Whether there is an address. */
  up = false;
  /** Times an address was got, and lost. */
  connections = 0;
  losses = 0;
  private readonly options: NetworkOptions;
  /** Told whenever an address has been got or lost. */
  listener: NetworkListener | undefined;
  private wifi: WiFi | undefined;
  private timer: Timer | undefined;
  private attempting = false;
  private resting = false;
  private index = 0;
  /** Monotonic ms: of the outage's beginning, of the last round's or of the next one's. */
  private since = 0;
  private round = 0;

  constructor(options: NetworkOptions) {
    this.options = options;
  }

  /** Monotonic ms of the next round of attempts, while it waits for one. */
  get next(): number | undefined {
    return this.timer !== undefined && !this.attempting ? this.round : undefined;
  }

  /** dBm; undefined while not associated. */
  get rssi(): number | undefined {
    return this.wifi?.RSSI;
  }

  get address(): string | undefined {
    return this.up ? this.wifi?.address : undefined;
  }

  get ssid(): string | undefined {
    return this.up ? this.wifi?.SSID : undefined;
  }

  start(): void {
    const { networks, wifi, hostname, log } = this.options;
    if (networks.length === 0) {
      log.warning('no WiFi network is set: readings stay on the device');
      return;
    }
    this.wifi = new wifi({ onChanged: () => this.changed() });
    try {
      this.wifi.configure({ hostname });
    } catch (error) {
      log.warning(`host name not set: ${error instanceof Error ? error.message : error}`);
    }
    this.since = this.round = this.options.clock.now();
    if (this.wifi.connection === connectedState) this.changed();
    else this.attempt();
  }

  close(): void {
    this.stopTimer();
    this.wifi?.close();
    this.wifi = undefined;
    this.listener = undefined;
  }

  /** Leaves the network, and stays away until `wake`: ESP-IDF lets the radio sleep while it is not connected. */
  rest(): void {
    if (this.resting || this.wifi === undefined) return;
    this.resting = true;
    this.attempting = false;
    this.stopTimer();
    this.wifi.disconnect();
    if (!this.up) return;
    this.up = false;
    this.tell();
  }

  wake(): void {
    if (!this.resting) return;
    this.resting = false;
    this.since = this.round = this.options.clock.now();
    this.attempt();
  }

  private changed(): void {
    if (this.resting) return;
    const connection = this.wifi!.connection;
    if (connection === connectedState && this.wifi!.address !== undefined) {
      if (this.up) return;
      this.stopTimer();
      this.attempting = false;
      this.up = true;
      this.connections++;
      this.options.log.info(`WiFi: ${this.wifi!.SSID} as ${this.wifi!.address}`);
      this.tell();
    } else if (this.up) {
      this.up = false;
      this.losses++;
      this.options.log.warning('WiFi lost');
      this.tell();
      this.since = this.round = this.options.clock.now();
      // The same network again first: most losses are short.
      this.attempt();
    } else if (connection === 200 && this.attempting) {
      this.failed('refused');
    }
  }

  private attempt(): void {
    const network = this.options.networks[this.index]!;
    this.stopTimer();
    this.attempting = true;
    this.timer = this.options.timer.set(() => {
      this.timer = undefined;
      this.failed('no answer');
    }, longestAttempt);
    const options =
      network.password === undefined
        ? { SSID: network.ssid }
        : { SSID: network.ssid, password: network.password };
    try {
      // It may still be busy with an attempt of before; then connecting would throw.
      this.wifi!.disconnect();
      this.wifi!.connect(options);
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error));
    }
  }

  private failed(reason: string): void {
    const { networks, random, log, timer, clock } = this.options;
    this.stopTimer();
    this.attempting = false;
    log.repeating(`wifi ${this.index}`, () => `WiFi ${networks[this.index]!.ssid}: ${reason}`);
    this.index = (this.index + 1) % networks.length;
    const now = clock.now();
    let wait = leastPause;
    if (this.index === 0) {
      const period = now - this.since < earlyPhase ? earlyRound : laterRound;
      wait = Math.max(leastPause, this.round + Math.round(period * (0.7 + 0.2 * random())) - now);
      this.round = now + wait;
    }
    this.timer = timer.set(() => {
      this.timer = undefined;
      this.attempt();
    }, wait);
  }

  private tell(): void {
    this.listener?.networkChanged(this.up);
  }

  private stopTimer(): void {
    if (this.timer !== undefined) this.options.timer.clear(this.timer);
    this.timer = undefined;
  }
}
