/**
 * WiFi and network around simulated devices: access points, names, listeners, a time server, and faults on
 * schedule. Deterministic from its seed. All times are milliseconds of the devices' clock.
 */

import { socketChannel, timeChannel, tlsChannel, wifiChannel } from '../moddable/network/protocol';
import type { Connection } from './connection';
import { dial, lookUp } from './outside';
import { type Direction, Path, type PathQuality, perfectPath, seededRandom, type Trouble } from './path';
import { type AccessPoint, Radio, type RadioTimes, usualTimes } from './radio';
import type { ServerStream } from './server-stream';
import { type SocketHost, SocketTable } from './socket-table';
import { TimeServer, type WallClock } from './time-server';
import { TlsTable } from './tls-table';
import type { NetworkClock, NetworkDevice, Stretch } from './types';

export interface SimulatedNetworkOptions extends Partial<PathQuality> {
  seed?: number;
  /** By default one open network named `sim`. */
  accessPoints?: readonly AccessPoint[];
  radio?: Partial<RadioTimes>;
  /**
   * What a device's stack does with its connections when the station loses its access point. 'abort' (the default,
   * as ESP-IDF): they fail at once. 'keep': they wait, and go on if the station is back in time.
   */
  connectionsWithoutWiFi?: 'abort' | 'keep';
  /**
   * What a TLS handshake keeps the device's machine busy, milliseconds: nothing else runs meanwhile, ticks come late.
   * 0 by default; on a board it is in the order of a second.
   */
  handshakeStall?: number;
  /** Names and addresses without listener: 'none' (the default) has none, 'real' asks the host's own network. */
  outside?: 'none' | 'real';
  /** Names that resolve to the simulated time server, which any of them reaches; by default `pool.ntp.org`. */
  timeServers?: readonly string[];
  /** Unix time at clock time 0, milliseconds; by default now in real time, 2026-01-01 in virtual time. */
  epoch?: number;
}

/** Takes the listener's end of each connection: `(stream) => server.emit('connection', stream)`. */
export type Listener = (stream: ServerStream) => void;

/** Packets that a name server sends in answer to a query; undefined: what is right. */
export type NameForgery = (query: Uint8Array, host: string) => Uint8Array[] | undefined;

interface Station {
  radio: Radio;
  path: Path;
  sockets: SocketTable;
}

const virtualEpoch = Date.UTC(2026, 0, 1);

export class SimulatedNetwork implements SocketHost {
  #silentNames = 0;
  #forgery: NameForgery | undefined;
  readonly #trouble: Trouble = { closures: 0, changes: [] };
  readonly #random: () => number;
  readonly #air: { accessPoints: (AccessPoint & { up: boolean })[]; times: RadioTimes };
  readonly #quality: PathQuality;
  readonly #wall: WallClock;
  readonly #stations = new Map<NetworkDevice, Station>();
  readonly #names = new Map<string, string>();
  readonly #listeners = new Map<string, Listener>();
  readonly #refused = new Map<string, number>();
  #connections: { connection: Connection; address: string }[] = [];
  readonly #planned: { time: number; action: () => void | Promise<void> }[] = [];
  readonly #cuts: { host?: string | undefined; direction: Direction; bytes: number }[] = [];
  #cutEach: { direction: Direction; bytes: number } | undefined;
  #clock: NetworkClock | undefined;
  #attached = 0;
  readonly #options: SimulatedNetworkOptions;

  constructor(options: SimulatedNetworkOptions = {}) {
    this.#options = options;
    const { seed = 1, latency, jitter, bandwidth, loss } = options;
    this.#random = seededRandom(seed);
    this.#quality = {
      latency: latency ?? perfectPath.latency,
      jitter: jitter ?? perfectPath.jitter,
      bandwidth: bandwidth ?? perfectPath.bandwidth,
      loss: loss ?? perfectPath.loss,
    };
    this.#air = {
      accessPoints: (options.accessPoints ?? [{ ssid: 'sim' }]).map((point) => ({ ...point, up: true })),
      times: { ...usualTimes, ...options.radio },
    };
    for (const name of options.timeServers ?? ['pool.ntp.org']) this.#addressOf(name);
    this.#wall = { epoch: options.epoch ?? virtualEpoch, silent: 0, error: 0 };
  }

  /** Called by the device it is given to. */
  attach(device: NetworkDevice): void {
    this.#attached += 1;
    const number = this.#attached;
    const random = seededRandom(Math.floor(this.#random() * 2 ** 32));
    const path = new Path(device.clock, random, this.#quality, this.#trouble);
    const address = [10, 1, number >> 8, number & 0xff];
    const passes = () => path.open && radio.connected;
    const radio = new Radio(device, this.#air, address, () => {
      if (this.#options.connectionsWithoutWiFi !== 'keep') sockets.abort();
    });
    const sockets = new SocketTable(device, this, path, passes, () => radio.addressed, address.join('.'));
    device.channel(wifiChannel, radio);
    device.channel(socketChannel, sockets);
    device.channel(tlsChannel, new TlsTable(device.clock, this.#options.handshakeStall ?? 0));
    device.channel(timeChannel, new TimeServer(device, this.#wall, path, passes));
    this.#stations.set(device, { radio, path, sockets });
    if (!this.#clock) this.#start(device.clock);
  }

  detach(device: NetworkDevice): void {
    const station = this.#stations.get(device);
    station?.radio.reset();
    station?.sockets.end();
    this.#stations.delete(device);
  }

  /** ms for which the device's radio was not idle. */
  radioOn(device: NetworkDevice): number {
    return this.#stations.get(device)?.radio.on ?? 0;
  }

  get namesAnswered(): boolean {
    return this.#silentNames === 0;
  }

  /** The wall clock of the simulation, Unix time in milliseconds. */
  wallTime(): number {
    return this.#wall.epoch + (this.#clock?.now() ?? 0);
  }

  /** Listens on a name (or an IPv4 address) and port; returns a function that ends it. Open connections stay. */
  listen(host: string, port: number, listener: Listener): () => void {
    const address = this.#addressOf(host);
    const key = `${address}:${port}`;
    if (this.#listeners.has(key)) throw new Error(`simulated network: ${host}:${port} is taken`);
    this.#listeners.set(key, listener);
    return () => void this.#listeners.delete(key);
  }

  /** An access point is silent for a while; of several stretches the last begin or end counts. */
  accessPointDown(ssid: string, stretch: Stretch): void {
    const point = this.#air.accessPoints.find((each) => each.ssid === ssid);
    if (!point) throw new Error(`simulated network: no access point '${ssid}'`);
    this.#during(stretch, (down) => {
      point.up = !down;
      for (const { radio } of this.#stations.values()) radio.changed();
    });
  }

  /** Nothing passes, and nobody is told: connections are half open. */
  blackhole(stretch: Stretch, device?: NetworkDevice): void {
    const trouble = this.#troubleOf(device);
    this.#during(stretch, (begun) => {
      trouble.closures += begun ? 1 : -1;
    });
  }

  /** Another quality of the way for a while. */
  degrade(stretch: Stretch, quality: Partial<PathQuality>, device?: NetworkDevice): void {
    const change = { ...quality };
    const { changes } = this.#troubleOf(device);
    this.#during(stretch, (begun) => {
      if (begun) changes.push(change);
      else changes.splice(changes.indexOf(change), 1);
    });
  }

  /** Connections to this listener are refused. */
  refuse(host: string, port: number, stretch: Stretch): void {
    const key = `${this.#addressOf(host)}:${port}`;
    this.#during(stretch, (begun) => {
      this.#refused.set(key, (this.#refused.get(key) ?? 0) + (begun ? 1 : -1));
    });
  }

  /** Breaks every open connection (to `host`, if given) at a time; both ends learn of it. */
  cut(time: number, host?: string): void {
    this.#plan(time, async () => {
      for (const { connection } of this.#to(host)) await connection.cut();
    });
  }

  /** Breaks the next connection (to `host`, if given) after so many bytes in one direction, in mid-frame if need be. */
  cutAfter(direction: Direction, bytes: number, host?: string): void {
    this.#cuts.push({ host, direction, bytes });
  }

  /** The same of each connection from now on for which `cutAfter` has planned nothing. */
  cutEachAfter(direction: Direction, bytes: number): void {
    this.#cutEach = { direction, bytes };
  }

  /** What was planned by these and no connection has met yet. */
  forgetCuts(): void {
    this.#cuts.length = 0;
    this.#cutEach = undefined;
  }

  /** Names are not answered. */
  namesDown(stretch: Stretch): void {
    this.#during(stretch, (begun) => {
      this.#silentNames += begun ? 1 : -1;
    });
  }

  /** From now on names are answered by this. */
  forgeNames(forgery: NameForgery | undefined): void {
    this.#forgery = forgery;
  }

  forgeAnswers(query: Uint8Array, host: string): Uint8Array[] | undefined {
    return this.#forgery?.(query, host);
  }

  /** The time server is silent. */
  timeServerDown(stretch: Stretch): void {
    this.#during(stretch, (begun) => {
      this.#wall.silent += begun ? 1 : -1;
    });
  }

  /** From `time` on the time server is wrong by so many milliseconds. */
  timeServerWrong(time: number, error: number): void {
    this.#plan(time, () => {
      this.#wall.error = error;
    });
  }

  resolve(host: string): string | undefined | Promise<string | undefined> {
    return this.#names.get(host) ?? (this.#options.outside === 'real' ? lookUp(host) : undefined);
  }

  accept(address: string, port: number, stream: ServerStream, answer: (accepted: boolean) => void): void {
    const key = `${address}:${port}`;
    const listener = this.#listeners.get(key);
    if (listener && !this.#refused.get(key)) {
      answer(true); // before anything that the listener writes
      listener(stream);
    } else if (!listener && this.#options.outside === 'real') {
      dial(address, port, stream, answer);
    } else {
      answer(false);
    }
  }

  opened(connection: Connection, address: string): void {
    this.#connections = this.#connections.filter((each) => !each.connection.over);
    this.#connections.push({ connection, address });
    const index = this.#cuts.findIndex(({ host }) => host === undefined || this.#addressOf(host) === address);
    const cut = index < 0 ? this.#cutEach : this.#cuts.splice(index, 1)[0];
    if (cut) connection.limit[cut.direction] = cut.bytes;
  }

  #start(clock: NetworkClock): void {
    this.#clock = clock;
    if (clock.kind === 'virtual' && this.#options.outside === 'real') {
      throw new Error('simulated network: real sockets need real time');
    }
    if (clock.kind === 'real' && this.#options.epoch === undefined)
      this.#wall.epoch = Date.now() - clock.now();
    for (const { time, action } of this.#planned.splice(0)) clock.at(time, action);
  }

  #during({ from, until }: Stretch, change: (begun: boolean) => void): void {
    this.#plan(from, () => change(true));
    if (until !== undefined) this.#plan(until, () => change(false));
  }

  #plan(time: number, action: () => void | Promise<void>): void {
    if (this.#clock) this.#clock.at(Math.max(time, this.#clock.now()), action);
    else this.#planned.push({ time, action });
  }

  #troubleOf(device: NetworkDevice | undefined): Trouble {
    if (!device) return this.#trouble;
    const station = this.#stations.get(device);
    if (!station) throw new Error('simulated network: the device is not attached');
    return station.path.trouble;
  }

  #to(host: string | undefined): { connection: Connection }[] {
    const address = host === undefined ? undefined : this.#addressOf(host);
    return this.#connections.filter((each) => address === undefined || each.address === address);
  }

  #addressOf(host: string): string {
    if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return host;
    if (host === 'localhost') return '127.0.0.1';
    const address = this.#names.get(host) ?? `10.0.1.${this.#names.size + 1}`;
    this.#names.set(host, address);
    return address;
  }
}
