/**
 * `embedded:io/socket/tcp/tls`, as examples/io/tcp/tlssocket of SDK 8.2.3 over its `ssl/session`: records are read from
 * and written to the injected TCP socket by the same calls. What is inside a record the Node parent works out. Nothing
 * here catches: an untrusted certificate, an alert, a wrong MAC or a byte that is no TLS throws out of the TCP socket's
 * callback, which ends the machine, as on a board.
 */
import { type RecordSocket, type Secure, Session, type WriteOptions } from 'sim/network/tls-session';
import Timer from 'timer';
import type { TCPOptions } from './tcp';

export interface TLSOptions extends TCPOptions {
  host: string;
  /** The socket below, injected as on a board. */
  TCP: { io: new (options: TCPOptions) => RecordSocket };
  secure?: Secure;
}

/** The SDK's own estimate of what TLS adds to a write. */
const overhead = 96;

interface Data extends Uint8Array {
  position: number;
}

class TLSSocket {
  #socket: RecordSocket | undefined;
  #ready = false;
  #session: Session | undefined;
  #callbacks: Pick<TCPOptions, 'onReadable' | 'onWritable' | 'onError'>;
  #data: Data | undefined;
  #format = true;
  #doRead: Timer | undefined;

  constructor(options: TLSOptions) {
    const { onReadable, onWritable, onError } = options;
    this.#callbacks = { onReadable, onWritable, onError };
    this.#session = new Session({ serverName: options.host, ...options.secure });
    this.#socket = new options.TCP.io({
      ...options,
      onReadable: (count) => this.#onReadable(count),
      onWritable: (count) => this.#onWritable(count),
      onError: () => this.#onError(),
    });
    this.#socket.readable = this.#socket.writable = 0;
  }

  close(): void {
    this.#socket?.close();
    Timer.clear(this.#doRead);
    this.#session?.end();
    this.#socket = this.#session = this.#doRead = undefined;
  }

  read(count?: number | ByteBuffer): number | ArrayBuffer | undefined {
    const data = this.#data;
    if (!data) return undefined;
    let result: number | ArrayBuffer;
    const available = data.byteLength - data.position;
    if (!this.#format) {
      result = data[data.position]!;
      data.position += 1;
    } else if (typeof count === 'object') {
      result = Math.min(count.byteLength, available);
      const into = ArrayBuffer.isView(count)
        ? new Uint8Array(count.buffer, count.byteOffset, result)
        : new Uint8Array(count);
      into.set(data.subarray(data.position, data.position + result));
      data.position += result;
    } else {
      const length = count ?? available;
      if (length > available) throw new Error('invalid');
      result = data.slice(data.position, data.position + length).buffer;
      data.position += length;
    }
    if (data.position === data.byteLength) this.#data = undefined;
    if (!this.#data && this.#socket!.readable) {
      this.#doRead ??= Timer.set(() => {
        this.#doRead = undefined;
        if (this.#socket!.readable) this.#onReadable(this.#socket!.readable);
      });
    }
    return result;
  }

  write(buffer: ByteBuffer, options?: WriteOptions): number {
    return this.#session!.write(this.#socket!, buffer, options);
  }

  get format(): 'buffer' | 'number' {
    return this.#format ? 'buffer' : 'number';
  }

  set format(value: 'buffer' | 'number') {
    if (value !== 'buffer' && value !== 'number') throw new RangeError('format');
    this.#format = value === 'buffer';
  }

  #onWritable(count: number): void {
    this.#socket!.writable = count;
    if (!this.#ready) this.#messageHandler();
    else if (count > overhead) call2(this.#callbacks.onWritable, count - overhead);
  }

  #onReadable(count: number): void {
    this.#socket!.readable = count;
    if (this.#data) return;
    this.#messageHandler(true);
    if (!this.#ready) this.#messageHandler();
  }

  #onError(): void {
    (this.#callbacks.onError as (() => void) | undefined)?.();
  }

  #messageHandler(read?: boolean): void {
    if (!this.#ready) {
      if (this.#session!.handshake(this.#socket!)) {
        this.#ready = true;
        this.#onWritable(this.#socket!.writable);
      }
      if (read) this.#session!.read(this.#socket!);
      return;
    }
    const data = this.#session!.read(this.#socket!);
    if (data === undefined) return;
    if (data === null) {
      this.#onError();
      return;
    }
    (data as Data).position = 0;
    if (data.byteLength === 0) return;
    this.#data = data as Data;
    call2(this.#callbacks.onReadable, data.byteLength);
  }
}

/** The SDK calls them without an object. */
function call2(callback: TCPOptions['onReadable'], count: number): void {
  (callback as ((count: number) => void) | undefined)?.(count);
}

export default TLSSocket;
