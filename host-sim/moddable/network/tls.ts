/**
 * `embedded:io/socket/tcp/tls`, as examples/io/tcp/tlssocket of SDK 8.2.3 over its `ssl/session`: records are read from
 * and written to the injected TCP socket by the same calls. What is inside a record the Node parent works out. Nothing
 * here catches: an untrusted certificate, an alert, a wrong MAC or a byte that is no TLS throws out of the TCP socket's
 * callback, which ends the machine, as on a board.
 */
import { call } from 'sim/bridge';
import { work } from 'sim/meter';
import * as protocol from 'sim/network/protocol';
import Timer from 'timer';
import type TCP from './tcp';
import type { TCPOptions } from './tcp';

type Secure = { serverName?: string; certificate?: ArrayBuffer; verify?: boolean };
type Socket = TCP & { readable: number; writable: number };

export interface TLSOptions extends TCPOptions {
  host: string;
  /** The socket below, injected as on a board. */
  TCP: { io: new (options: TCPOptions) => Socket };
  secure?: Secure;
}

/** Chunks and slots of a handshake as measured on the SDK's TLS: about 10 KB and 6 KB (375 slots). */
const handshakeBytes = 10_240;
const handshakeSlots = 370;

/**
 * Instructions of a record of data and of each of its bytes: the SDK's record layer in XS, about 1,200 bytecodes, and
 * AES-GCM of its `crypt` in C, 16 B by some 1,300 for AES and 3,400 for GHASH, which goes bit by bit.
 */
const recordInstructions = 100_000;
const byteInstructions = 300;

/** The SDK's own estimates of what TLS adds to a write. */
const overhead = 96;
const recordOverhead = 32;
const largestRecord = 16_384;
/** What a record may have at most, by the SDK's buffer for it: more throws. */
const largestPacket = 32_768;

const { open, hello, record, write, close } = protocol.tlsChannelOperations;

/** ES2024, which the SDK's modules use where the firmware's own do not. */
interface Resizable extends ArrayBuffer {
  resize(length: number): void;
}
const ResizableBuffer = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => Resizable;

interface Packet extends Uint8Array {
  offset: number;
}

/** `ssl/session`. */
class Session {
  alert = false;
  complete = false;
  stall = 0;
  /** Only held, as a board holds it until the handshake is over. */
  handshakeMemory: { bytes: ArrayBuffer; slots: number[] } | undefined;
  applicationData: Uint8Array | undefined;
  packetBuffer: Packet | undefined;
  id: number;
  /** A flight that waits for its turn. */
  flight: ArrayBuffer | undefined;
  begun = false;
  #buffer: ArrayBuffer | undefined;

  constructor({ serverName = '', certificate, verify = true }: Secure) {
    const head = new DataView(new ArrayBuffer(10));
    head.setUint8(0, open);
    head.setUint8(1, verify ? 1 : 0);
    head.setFloat64(2, Date.now(), true);
    const name = ArrayBuffer.fromString(serverName);
    let request = (head.buffer as ArrayBuffer).concat(Uint8Array.of(name.byteLength).buffer, name);
    if (certificate) request = request.concat(certificate);
    const opened = new Uint8Array(call(protocol.tlsChannel, request));
    this.id = opened[0]!;
    this.stall = opened[1]! | (opened[2]! << 8);
    this.handshakeMemory = {
      bytes: new ArrayBuffer(handshakeBytes),
      slots: new Array(handshakeSlots).fill(0),
    };
  }

  /** @returns true when the handshake is over */
  handshake(socket: Socket): boolean {
    if (!this.begun) {
      this.begun = true;
      this.flight = call(protocol.tlsChannel, Uint8Array.of(hello, this.id));
    } else if (!this.complete && this.flight === undefined && socket.readable > 0) {
      const packet = this.readPacket(socket);
      if (packet) this.unpacketize(packet);
      if (!this.alert) return false;
    }
    if (this.flight !== undefined) {
      for (const packet of recordsOf(this.flight)) {
        socket.write(packet);
        socket.writable -= packet.byteLength;
      }
      this.flight = undefined;
    }
    if (this.complete) {
      Timer.delay(this.stall);
      this.handshakeMemory = undefined;
    }
    return this.complete || this.alert;
  }

  /** @returns undefined: nothing yet; null: closed by the other side */
  read(socket: Socket): Uint8Array | null | undefined {
    while (socket.readable) {
      if (!this.applicationData) {
        const packet = this.readPacket(socket);
        if (!packet) return undefined;
        this.unpacketize(packet);
        if (this.alert) return null;
      }
      if (this.applicationData) {
        const data = this.applicationData;
        this.applicationData = undefined;
        return data;
      }
    }
    return undefined;
  }

  write(socket: Socket, data: ByteBuffer, options?: { more?: boolean }): number {
    const bytes = this.#buffer ? this.#buffer.concat(copy(data)) : data;
    if (options?.more) {
      this.#buffer = copy(bytes);
      return Math.max(0, socket.writable - this.#buffer.byteLength - recordOverhead);
    }
    this.#buffer = undefined;
    if (bytes.byteLength > largestRecord) throw new Error('too large');
    work(recordInstructions + bytes.byteLength * byteInstructions);
    const packet = call(protocol.tlsChannel, Uint8Array.of(write, this.id).buffer.concat(copy(bytes)));
    socket.writable = socket.write(new Uint8Array(packet))!;
    return Math.max(0, socket.writable - recordOverhead);
  }

  end(): void {
    call(protocol.tlsChannel, Uint8Array.of(close, this.id));
  }

  private unpacketize(packet: ArrayBuffer): void {
    const request = Uint8Array.of(record, this.id).buffer.concat(packet);
    const reply = call(protocol.tlsChannel, request);
    const [flags, low, high] = new Uint8Array(reply, 0, 3) as unknown as [number, number, number];
    const received = 3 + (low | (high << 8));
    this.complete = (flags & 1) !== 0;
    this.alert = (flags & 2) !== 0;
    if (received > 3) this.flight = reply.slice(3, received);
    if (reply.byteLength === received) return;
    this.applicationData = new Uint8Array(reply, received);
    work(recordInstructions + this.applicationData.byteLength * byteInstructions);
  }

  private readPacket(socket: Socket): ArrayBuffer | undefined {
    let packet = this.packetBuffer;
    if (!packet || packet.offset < 5) {
      if (!packet) {
        packet = new Uint8Array(
          new ResizableBuffer(5, { maxByteLength: largestPacket }),
        ) as unknown as Packet;
        packet.offset = 0;
        this.packetBuffer = packet;
      }
      const need = Math.min(5 - packet.offset, socket.readable);
      socket.read(packet.subarray(packet.offset, packet.offset + need));
      socket.readable -= need;
      packet.offset += need;
      if (packet.offset < 5) return undefined;
      (packet.buffer as Resizable).resize(((packet[3]! << 8) | packet[4]!) + 5);
    }
    let need = packet.length - packet.offset;
    if (need > 0) {
      if (!socket.readable) return undefined;
      need = Math.min(need, socket.readable);
      socket.read(packet.subarray(packet.offset, packet.offset + need));
      socket.readable -= need;
      packet.offset += need;
      if (packet.offset < packet.length) return undefined;
    }
    this.packetBuffer = undefined;
    return packet.buffer as ArrayBuffer;
  }
}

/** The SDK writes record by record. */
function* recordsOf(flight: ArrayBuffer): Generator<Uint8Array> {
  const view = new DataView(flight);
  for (let at = 0; at < flight.byteLength; ) {
    const length = 5 + view.getUint16(at + 3);
    yield new Uint8Array(flight, at, length);
    at += length;
  }
}

interface Data extends Uint8Array {
  position: number;
}

class TLSSocket {
  #socket: Socket | undefined;
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

  write(buffer: ByteBuffer, options?: { more?: boolean; byteLength?: number }): number {
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

function copy(data: ByteBuffer): ArrayBuffer {
  if (!ArrayBuffer.isView(data)) return data;
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
}

export default TLSSocket;
