/** The WiFi station of one device: scans, associates, gets an address, loses its access point. */
import * as protocol from '../moddable/network/protocol';
import type { ChannelHandler, NetworkDevice } from './types';

export interface AccessPoint {
  ssid: string;
  /** None: an open network. */
  password?: string;
  bssid?: string;
  channel?: number;
  /** dBm as the device hears it, constant or by time (ms); below `deaf` it is not heard. */
  rssi?: number | ((now: number) => number);
}

export interface RadioTimes {
  scan: number;
  associate: number;
  dhcp: number;
  /** From an attempt to its failure: nobody of that name; the wrong password. */
  notFound: number;
  rejected: number;
  /** From the access point's silence to the station's noticing. */
  beaconTimeout: number;
}

export const usualTimes: RadioTimes = {
  scan: 1_600,
  associate: 350,
  dhcp: 600,
  notFound: 2_400,
  rejected: 3_800,
  beaconTimeout: 6_000,
};

const deaf = -95;

export interface Air {
  accessPoints: readonly (AccessPoint & { up: boolean })[];
  times: RadioTimes;
}

type State = 'idle' | 'connecting' | 'associated' | 'addressed';

export class Radio implements ChannelHandler {
  #current: State = 'idle';
  #since = 0;
  #onBefore = 0;
  #point: Air['accessPoints'][number] | undefined;
  /** As the firmware has named the station. */
  hostname = '';
  #fixedAddress: number[] | undefined;
  #stopScanning: (() => void) | undefined;
  #pending: (() => void)[] = [];
  readonly #device: NetworkDevice;
  readonly #air: Air;
  readonly #address: readonly number[];
  readonly #disconnected: () => void;

  constructor(
    device: NetworkDevice,
    air: Air,
    address: readonly number[],
    /** The station has lost or left its access point. */
    disconnected: () => void,
  ) {
    this.#device = device;
    this.#air = air;
    this.#address = address;
    this.#disconnected = disconnected;
  }

  /** ms for which the radio has had something to do: not idle. */
  get on(): number {
    return this.#onBefore + (this.#current === 'idle' ? 0 : this.#device.clock.now() - this.#since);
  }

  get #state(): State {
    return this.#current;
  }

  set #state(next: State) {
    this.#onBefore = this.on;
    this.#since = this.#device.clock.now();
    this.#current = next;
  }

  /** True while the station believes that it is on a network: an access point that is gone is noticed later. */
  get addressed(): boolean {
    return this.#state === 'addressed';
  }

  /** True while packets reach the device. */
  get connected(): boolean {
    return this.addressed && this.#point?.up === true;
  }

  call(request: Uint8Array): Uint8Array | undefined {
    switch (request[0]) {
      case protocol.wifiScan:
        return this.#scan(request[1]!);
      case protocol.wifiStopScan:
        return this.#endScan();
      case protocol.wifiConnect:
        return this.#connect(request);
      case protocol.wifiDisconnect:
        return this.#leave();
      case protocol.wifiStatus:
        return this.#status();
      case protocol.wifiHostname:
        this.hostname = text(request.subarray(1));
        return undefined;
      case protocol.wifiStatic:
        return this.#configureAddress(request.subarray(1));
      default:
        throw new Error(`WiFi: unknown call ${request[0]}`);
    }
  }

  reset(): void {
    this.#cancel();
    this.#state = 'idle';
    this.#point = undefined;
    this.#endScan();
    this.#fixedAddress = undefined;
  }

  /** An access point has gone or come. */
  changed(): void {
    if (this.#point && !this.#point.up && this.#state !== 'idle') {
      const lost = this.#point;
      this.#after(this.#air.times.beaconTimeout, () => {
        if (this.#point === lost && !lost.up) this.#drop();
      });
    }
  }

  #scan(channel: number): undefined {
    if (this.#state === 'connecting' || this.#stopScanning) throw new Error('scan failed');
    const { clock } = this.#device;
    const duration = channel === 0 ? this.#air.times.scan : this.#air.times.scan / 13;
    this.#stopScanning = clock.at(clock.now() + duration, () => {
      this.#stopScanning = undefined;
      for (const point of this.#heard()) {
        if (channel !== 0 && (point.channel ?? 1) !== channel) continue;
        this.#post([
          protocol.wifiFound,
          this.#strength(point) & 0xff,
          point.channel ?? 1,
          point.password === undefined ? 0 : 3,
          ...hardwareAddress(point),
          ...new TextEncoder().encode(point.ssid),
        ]);
      }
      this.#post([protocol.wifiScanned]);
    });
  }

  #endScan(): undefined {
    this.#stopScanning?.();
    this.#stopScanning = undefined;
  }

  #connect(request: Uint8Array): undefined {
    if (this.#state !== 'idle') throw new Error('connect failed');
    const channel = request[1]!;
    const ssid = text(request.subarray(3, 3 + request[2]!));
    const password = text(request.subarray(3 + request[2]!));
    this.#state = 'connecting';
    const point = this.#heard().find(
      (each) => each.ssid === ssid && (channel === 0 || (each.channel ?? 1) === channel),
    );
    const { times } = this.#air;
    if (!point) this.#after(times.notFound, () => this.#drop());
    else if ((point.password ?? '') !== password) this.#after(times.rejected, () => this.#drop());
    else this.#after(times.associate, () => this.#associate(point));
  }

  #associate(point: Air['accessPoints'][number]): void {
    if (!point.up) {
      this.#drop();
      return;
    }
    this.#state = 'associated';
    this.#point = point;
    this.#post([protocol.wifiAssociated, this.#fixedAddress ? protocol.addressIPv4 : 0]);
    this.#after(this.#fixedAddress ? 50 : this.#air.times.dhcp, () => {
      if (this.#point !== point || !point.up) return;
      this.#state = 'addressed';
      this.#post([protocol.wifiAddress, 0]);
    });
  }

  #leave(): undefined {
    if (this.#state === 'idle') return;
    this.#cancel();
    const associated = this.#state !== 'connecting';
    this.#state = 'idle';
    this.#point = undefined;
    if (associated) this.#disconnected();
    // The driver's own event comes later, as on a board: it may meet a station that is connecting again.
    this.#after(5, () => this.#post([protocol.wifiDisassociated]));
  }

  #drop(): void {
    this.#cancel();
    this.#state = 'idle';
    this.#point = undefined;
    this.#disconnected();
    this.#post([protocol.wifiDisassociated]);
  }

  #configureAddress(address: Uint8Array): undefined {
    this.#fixedAddress = address.some((part) => part !== 0) ? [...address] : undefined;
    if (this.#state !== 'addressed' && this.#state !== 'associated') return;
    if (this.#fixedAddress) this.#post([protocol.wifiAddress, 1]);
    else {
      this.#post([protocol.wifiAssociated, 0]);
      this.#after(this.#air.times.dhcp, () => this.#post([protocol.wifiAddress, 0]));
    }
  }

  #status(): Uint8Array {
    const point = this.#point;
    const address = this.#state === 'addressed' ? (this.#fixedAddress ?? this.#address) : [0, 0, 0, 0];
    return Uint8Array.from([
      point ? 1 : 0,
      this.#state === 'addressed' ? protocol.addressBoth : 0,
      point ? this.#strength(point) & 0xff : 0,
      point?.channel ?? 1,
      ...(point ? hardwareAddress(point) : [0, 0, 0, 0, 0, 0]),
      ...address,
      ...new TextEncoder().encode(point?.ssid ?? ''),
    ]);
  }

  #heard(): Air['accessPoints'][number][] {
    return this.#air.accessPoints
      .filter((point) => point.up && this.#strength(point) >= deaf)
      .sort((one, other) => this.#strength(other) - this.#strength(one));
  }

  #strength(point: AccessPoint): number {
    const { rssi = -60 } = point;
    return Math.round(typeof rssi === 'function' ? rssi(this.#device.clock.now()) : rssi);
  }

  #after(wait: number, action: () => void): void {
    this.#pending.push(this.#device.clock.at(this.#device.clock.now() + wait, action));
  }

  #cancel(): void {
    for (const cancel of this.#pending.splice(0)) cancel();
  }

  #post(event: number[]): void {
    this.#device.post(protocol.wifiChannel, Uint8Array.from(event));
  }
}

function hardwareAddress(point: AccessPoint): number[] {
  if (point.bssid) return point.bssid.split(':').map((pair) => Number.parseInt(pair, 16));
  const bytes = [...new TextEncoder().encode(point.ssid)];
  return [0x02, 0x51, 0, 0, 0, 0].map((byte, index) => (byte || (bytes[index % bytes.length] ?? 0)) & 0xff);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
