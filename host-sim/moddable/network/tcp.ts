/**
 * `embedded:io/socket/tcp` with the semantics of the SDK's lwIP socket: triggers are coalesced until delivered,
 * readable before writable, an error only after all that was received has been read. On a board all of it but the
 * object itself is native: no methods here are private ones, which take a slot of every instance.
 */
import { call, callInto } from 'sim/bridge';
import * as protocol from 'sim/network/protocol';
import { bind, open, type SocketOwner } from 'sim/network/sockets';

type Callback = ((this: TCP, count: number) => void) | undefined;

export interface TCPOptions {
  address?: string;
  port?: number;
  from?: TCP;
  nodelay?: boolean;
  onReadable?: Callback;
  onWritable?: Callback;
  onError?: ((this: TCP) => void) | undefined;
  format?: string;
  target?: unknown;
}

/** Bytes fetched ahead, so that frames can be parsed byte by byte without a bridge call for each. */
const ahead = 64;

class TCP implements SocketOwner {
  generation = 0;
  target: unknown;
  #socket = -1;
  #ready = false;
  #error = false;
  #numbers = false;
  #readable = 0;
  #writable = 0;
  #onReadable: Callback;
  #onWritable: Callback;
  #onError: ((this: TCP) => void) | undefined;
  #cache: Uint8Array | undefined;
  #cacheFrom = 0;
  #cacheTo = 0;
  #address: string;
  #port: number;

  constructor(options: TCPOptions) {
    this.#onReadable = callback(options.onReadable);
    this.#onWritable = callback(options.onWritable);
    this.#onError = callback(options.onError);
    if (options.format !== undefined) this.format = options.format;
    if (options.target !== undefined) this.target = options.target;
    if ('from' in options) {
      const from = options.from!;
      this.#address = from.remoteAddress;
      this.#port = from.remotePort;
      this.takeOver(from);
      call(protocol.socketChannel, Uint8Array.of(protocol.socketAdopt, this.#socket));
      return;
    }
    this.#address = String(options.address);
    this.#port = Number(options.port);
    if (!isAddress(this.#address)) throw new Error('invalid address');
    if (!(this.#port >= 0 && this.#port <= 65_535)) throw new RangeError('invalid port');
    const opened = open(this.#address, this.#port);
    this.#socket = opened[0]!;
    this.generation = opened[1]!;
    bind(this.#socket, this);
  }

  close(): void {
    if (this.#socket < 0) return;
    call(protocol.socketChannel, Uint8Array.of(protocol.socketClose, this.#socket));
    this.release();
  }

  read(count?: number | ByteBuffer): number | ArrayBuffer | undefined {
    this.check();
    if (this.#readable === 0) return undefined;
    if (this.#numbers) return this.readByte();
    const length =
      count === undefined ? this.#readable : typeof count === 'object' ? count.byteLength : count | 0;
    if (length <= 0 || length > this.#readable) throw new Error('invalid');
    const into =
      typeof count === 'object'
        ? ArrayBuffer.isView(count)
          ? new Uint8Array(count.buffer, count.byteOffset, length)
          : new Uint8Array(count)
        : new Uint8Array(length);
    this.readInto(into);
    return typeof count === 'object' ? length : (into.buffer as ArrayBuffer);
  }

  write(data: number | ByteBuffer): number | undefined {
    this.check();
    if (!this.#ready) throw new Error('not ready');
    const bytes = this.#numbers ? Uint8Array.of(data as number) : (data as ByteBuffer);
    const reply = call(protocol.dataChannel + this.#socket, bytes);
    if (reply.byteLength === 0) return undefined;
    this.#writable = new DataView(reply).getUint16(0, true);
    return this.#writable;
  }

  get remoteAddress(): string {
    return this.#address;
  }

  get remotePort(): number {
    return this.#port;
  }

  get format(): string {
    return this.#numbers ? 'number' : 'buffer';
  }

  set format(value: string) {
    if (value !== 'number' && value !== 'buffer') throw new RangeError('unimplemented');
    this.#numbers = value === 'number';
  }

  triggered(triggers: number, readable: number, writable: number): void {
    this.#writable = writable;
    this.#readable = readable + this.#cacheTo - this.#cacheFrom;
    if (triggers & protocol.triggerError) {
      this.#error = true;
      this.#ready = false;
    } else if (triggers & protocol.triggerWritable) {
      this.#ready = true;
    }
    if (triggers & protocol.triggerReadable && this.#readable > 0) this.#onReadable?.(this.#readable);
    if (this.#socket < 0) return;
    if (!this.#error) {
      if (triggers & protocol.triggerWritable) this.#onWritable?.(this.#writable); // onReadable may have written
    } else if (this.#readable === 0) {
      this.#onError?.();
    }
  }

  private check(): void {
    if (this.#socket < 0) throw new SyntaxError('invalid');
  }

  private release(): void {
    bind(this.#socket, undefined);
    this.#socket = -1;
    this.#ready = false;
    this.#cache = undefined;
    this.#readable = this.#cacheFrom = this.#cacheTo = 0;
  }

  private takeOver(from: TCP): void {
    from.check();
    this.#socket = from.#socket;
    this.generation = from.generation;
    this.#ready = from.#ready;
    this.#error = from.#error;
    this.#readable = from.#readable;
    this.#cache = from.#cache;
    this.#cacheFrom = from.#cacheFrom;
    this.#cacheTo = from.#cacheTo;
    from.release();
    bind(this.#socket, this);
  }

  private readByte(): number {
    if (this.#cacheFrom === this.#cacheTo) this.fill();
    const byte = this.#cache![this.#cacheFrom]!;
    this.#cacheFrom += 1;
    this.#readable -= 1;
    // A board has no such bytes in its arena.
    if (this.#cacheFrom === this.#cacheTo) this.#cache = undefined;
    return byte;
  }

  private fill(): void {
    const count = Math.min(this.#readable, ahead);
    this.#cache = new Uint8Array(count);
    this.#cacheFrom = 0;
    this.#cacheTo = this.fetch(this.#cache);
  }

  private readInto(into: Uint8Array): void {
    let filled = 0;
    while (filled < into.length && this.#cacheFrom < this.#cacheTo) {
      into[filled] = this.#cache![this.#cacheFrom]!;
      filled += 1;
      this.#cacheFrom += 1;
    }
    if (this.#cacheFrom === this.#cacheTo) this.#cache = undefined;
    if (filled < into.length) this.fetch(filled === 0 ? into : into.subarray(filled));
    this.#readable -= into.length;
  }

  private fetch(into: Uint8Array): number {
    const { length } = into;
    const { socketChannel, socketRead } = protocol;
    return callInto(socketChannel, into, undefined, socketRead, this.#socket, length, length >> 8);
  }
}

function callback<F>(value: F | undefined): F | undefined {
  if (value !== undefined && typeof value !== 'function') throw new TypeError('callback');
  return value;
}

function isAddress(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => part !== '' && Number(part) >= 0 && Number(part) <= 255);
}

export default TCP;
