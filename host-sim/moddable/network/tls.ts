/**
 * `embedded:io/socket/tcp/tls`. On a board TLS 1.2 runs in XS; here the Node parent does it over the same simulated
 * connection. What the handshake takes of the device's memory is taken here too, until the session stands.
 */
import { work } from 'sim/meter';
import * as protocol from 'sim/network/protocol';
import Timer from 'timer';
import type TCP from './tcp';
import type { TCPOptions } from './tcp';

export interface TLSOptions extends Omit<TCPOptions, 'secure'> {
  host: string;
  /** The simulated socket, injected as on a board. */
  TCP: { io: new (options: TCPOptions) => TCP };
  secure?: { serverName?: string; certificate?: ArrayBuffer; verify?: boolean };
}

/** Chunks and slots of a handshake as measured on the SDK's TLS: about 10 KB and 6 KB (375 slots). */
const handshakeBytes = 10_240;
const handshakeSlots = 370;

/**
 * Instructions of a record and of each of its bytes: the SDK's record layer in XS, about 1,200 bytecodes, and AES-GCM of
 * its `crypt` in C, 16 B by some 1,300 for AES and 3,400 for GHASH, which goes bit by bit.
 */
const recordInstructions = 100_000;
const byteInstructions = 300;

/** The SDK's own estimate of what TLS adds to a write. */
const overhead = 96;
const largestRecord = 16_384;

class TLSSocket {
  #socket: TCP;
  /** Only held, as a board holds it until the handshake is over. */
  handshake: { bytes: ArrayBuffer; slots: number[] } | undefined;
  #held: { data: ByteBuffer }[] = [];
  #format: 'buffer' | 'number' = 'buffer';

  constructor(options: TLSOptions) {
    if (!options.TCP?.io) throw new Error('TCP required');
    const { onReadable, onWritable, onError } = options;
    this.handshake = { bytes: new ArrayBuffer(handshakeBytes), slots: new Array(handshakeSlots).fill(0) };
    const verify = options.secure?.verify ?? true;
    this.#socket = new options.TCP.io({
      address: options.address!,
      port: options.port!,
      ...('from' in options && { from: options.from! }),
      secure: {
        flags: protocol.openTLS | (verify ? 0 : protocol.openUnverified),
        serverName: options.secure?.serverName ?? options.host,
        certificate: options.secure?.certificate,
      },
      onReadable: (count) => {
        work(recordInstructions + count * byteInstructions);
        (onReadable as ((count: number) => void) | undefined)?.(count);
      },
      onWritable: (count) => {
        if (this.handshake) Timer.delay(this.#socket.handshakeStall);
        this.handshake = undefined;
        if (count > overhead) (onWritable as ((count: number) => void) | undefined)?.(count - overhead);
      },
      onError: () => {
        this.handshake = undefined;
        (onError as (() => void) | undefined)?.();
      },
    });
  }

  close(): void {
    this.handshake = undefined;
    this.#socket.close();
  }

  read(count?: number | ByteBuffer): number | ArrayBuffer | undefined {
    this.#socket.format = this.#format;
    return this.#socket.read(count);
  }

  write(data: ByteBuffer, options?: { more?: boolean; byteLength?: number }): number {
    if (options?.more) {
      this.#held.push({ data });
      return overhead;
    }
    let bytes = data;
    if (this.#held.length > 0) {
      bytes = this.#held
        .map((each) => copy(each.data))
        .reduce((all, each) => all.concat(each))
        .concat(copy(data));
      this.#held = [];
    }
    if (bytes.byteLength > largestRecord) throw new Error('too large');
    work(recordInstructions + bytes.byteLength * byteInstructions);
    this.#socket.format = 'buffer';
    return Math.max(0, (this.#socket.write(bytes) ?? 0) - 32);
  }

  get format(): 'buffer' | 'number' {
    return this.#format;
  }

  set format(value: 'buffer' | 'number') {
    if (value !== 'buffer' && value !== 'number') throw new RangeError('format');
    this.#format = value;
  }
}

function copy(data: ByteBuffer): ArrayBuffer {
  if (!ArrayBuffer.isView(data)) return data;
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
}

export default TLSSocket;
