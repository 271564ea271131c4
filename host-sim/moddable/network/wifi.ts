/**
 * `embedded:network/interface/wifi` with the semantics of the SDK on the ESP32: one radio, any number of instances,
 * each with its own view of the connection, which it learns by events.
 */
import { call, listen } from 'sim/bridge';
import { mac } from 'sim/device';
import * as protocol from 'sim/network/protocol';
import { startRadio } from 'sim/network/radio';

interface AccessPoint {
  SSID: string;
  BSSID: string;
  RSSI: number;
  channel: number;
  security: string;
}

type Changed = ((this: WiFi, property: 'connection' | 'address') => void) | undefined;

let instances: WiFi[] | undefined;
let scanner: WiFi | undefined;

const header = 14;

class WiFi {
  #onChanged: Changed;
  #onFound: ((this: WiFi, found: AccessPoint) => void) | undefined;
  #onComplete: ((this: WiFi) => void) | undefined;
  #connecting = false;
  #connected = false;
  #addresses = 0;
  #closed = false;

  constructor(options: { onChanged?: Changed }) {
    const { onChanged } = options;
    if (onChanged !== undefined && typeof onChanged !== 'function') throw new TypeError('callback');
    this.#onChanged = onChanged;
    startRadio();
    if (!instances) {
      instances = [];
      listen(protocol.wifiChannel, (event) => deliver(new Uint8Array(event)));
    }
    const status = ask(protocol.wifiStatus);
    this.#connected = status[0] === 1;
    this.#addresses = status[1]!;
    instances.push(this);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    instances = instances?.filter((each) => each !== this);
    if (scanner !== this) return;
    scanner = undefined;
    ask(protocol.wifiStopScan);
  }

  scan(options: {
    onFound: (this: WiFi, found: AccessPoint) => void;
    onComplete?: (this: WiFi) => void;
    channel?: number;
  }): void {
    this.#check();
    if (scanner) throw new Error('already scanning');
    if (!options.onFound) throw new Error('onFound required');
    call(protocol.wifiChannel, Uint8Array.of(protocol.wifiScan, options.channel ?? 0));
    this.#onFound = options.onFound;
    this.#onComplete = options.onComplete;
    scanner = this;
  }

  connect(options: { SSID: string; password?: string; channel?: number }): void {
    this.#check();
    if (this.#connecting) throw new Error('already connecting');
    if (!('SSID' in options)) throw new Error('SSID required');
    const ssid = limited(options.SSID, 32);
    const password = limited(options.password ?? '', 64);
    const channel = options.channel ?? 0;
    if ('channel' in options && (channel < 1 || channel > 13)) throw new RangeError('invalid channel');
    const head = Uint8Array.of(protocol.wifiConnect, channel, ssid.byteLength);
    call(protocol.wifiChannel, head.buffer.concat(ssid, password));
    this.#connecting = true;
  }

  disconnect(): void {
    this.#check();
    ask(protocol.wifiDisconnect);
    this.#connecting = this.#connected = false;
    this.#addresses = 0;
  }

  configure(options: {
    hostname?: string;
    static?: { address: string; mask: string; gateway: string } | false;
  }): void {
    this.#check();
    if (options.hostname !== undefined) {
      const head = Uint8Array.of(protocol.wifiHostname);
      call(protocol.wifiChannel, head.buffer.concat(ArrayBuffer.fromString(options.hostname)));
    }
    if (options.static === undefined) return;
    const { address, mask, gateway } = options.static || { address: '0.0.0.0', mask: '', gateway: '' };
    const parts = parseAddress(address, 'address');
    if (options.static) {
      parseAddress(mask, 'mask');
      parseAddress(gateway, 'gateway');
    }
    call(protocol.wifiChannel, Uint8Array.of(protocol.wifiStatic, ...parts));
  }

  get connection(): number {
    this.#check();
    if (this.#connected) return this.#addresses === protocol.addressBoth ? 500 : 400;
    return this.#connecting ? 300 : 200;
  }

  get address(): string | undefined {
    const status = this.#status();
    return status[10] === 0 ? undefined : `${status[10]}.${status[11]}.${status[12]}.${status[13]}`;
  }

  get MAC(): string | undefined {
    this.#check();
    return mac();
  }

  get SSID(): string | undefined {
    const status = this.#status();
    return status[0] === 1 ? String.fromArrayBuffer(status.buffer.slice(header)) : undefined;
  }

  get BSSID(): string | undefined {
    const status = this.#status();
    return status[0] === 1 ? hexadecimal(status, 4) : undefined;
  }

  get RSSI(): number | undefined {
    const status = this.#status();
    return status[0] === 1 ? (status[2]! << 24) >> 24 : undefined;
  }

  get channel(): number | undefined {
    const status = this.#status();
    return status[0] === 1 ? status[3] : undefined;
  }

  found(event: Uint8Array): void {
    this.#onFound?.({
      SSID: String.fromArrayBuffer(event.buffer.slice(10)),
      BSSID: hexadecimal(event, 4),
      RSSI: (event[1]! << 24) >> 24,
      channel: event[2]!,
      security: protocol.wifiSecurity[event[3]!]!,
    });
  }

  scanned(): void {
    this.#onComplete?.();
  }

  /** An event of the driver; each instance compares it with what it knew. */
  changed(kind: number, value: number): void {
    if (this.#closed) return;
    const before = [this.#connecting, this.#connected, this.#addresses] as const;
    let addressChanged = false;
    if (kind === protocol.wifiAssociated) {
      this.#connecting = false;
      this.#connected = true;
      this.#addresses = value;
    } else if (kind === protocol.wifiDisassociated) {
      this.#connecting = this.#connected = false;
      this.#addresses = 0;
    } else {
      this.#connected = true;
      this.#addresses = protocol.addressBoth;
      addressChanged = value !== 0;
    }
    if (!(before[2] & protocol.addressIPv4) && this.#addresses & protocol.addressIPv4) addressChanged = true;
    const connectionChanged =
      before[0] !== this.#connecting || before[1] !== this.#connected || before[2] !== this.#addresses;
    if (connectionChanged) this.#onChanged?.('connection');
    if (addressChanged && !this.#closed) this.#onChanged?.('address');
  }

  #check(): void {
    if (this.#closed) throw new SyntaxError('invalid');
  }

  #status(): Uint8Array & { buffer: ArrayBuffer } {
    this.#check();
    return ask(protocol.wifiStatus);
  }
}

function deliver(event: Uint8Array & { buffer: ArrayBuffer }): void {
  const kind = event[0]!;
  if (kind === protocol.wifiFound) {
    scanner?.found(event);
  } else if (kind === protocol.wifiScanned) {
    const done = scanner;
    scanner = undefined;
    done?.scanned();
  } else {
    for (const instance of instances!.slice()) instance.changed(kind, event[1] ?? 0);
  }
}

function ask(what: number): Uint8Array & { buffer: ArrayBuffer } {
  return new Uint8Array(call(protocol.wifiChannel, Uint8Array.of(what).buffer)) as Uint8Array & {
    buffer: ArrayBuffer;
  };
}

function limited(text: string, limit: number): ArrayBuffer {
  const bytes = ArrayBuffer.fromString(String(text));
  if (bytes.byteLength > limit) throw new RangeError('too long');
  return bytes;
}

function parseAddress(text: string, what: string): number[] {
  const parts = String(text).split('.').map(Number);
  if (parts.length !== 4 || !parts.every((part) => part >= 0 && part <= 255)) {
    throw new RangeError(`invalid ${what}`);
  }
  return parts;
}

function hexadecimal(bytes: Uint8Array, from: number): string {
  const pairs: string[] = [];
  for (let index = from; index < from + 6; index += 1) {
    pairs.push((bytes[index]! + 256).toString(16).slice(1));
  }
  return pairs.join(':');
}

export default WiFi;
