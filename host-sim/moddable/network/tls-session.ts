/**
 * `ssl/session` of SDK 8.2.3, with its stream: records from and to the socket below, with the memory that the SDK's takes
 * for them. What is inside a record the Node parent works out, in the record's own buffer.
 */
import { call, callInto } from 'sim/bridge';
import { work } from 'sim/meter';
import * as protocol from 'sim/network/protocol';
import Timer from 'timer';
import type TCP from './tcp';

export type Secure = { serverName?: string; certificate?: ArrayBuffer; verify?: boolean };
export type RecordSocket = TCP & { readable: number; writable: number };

/**
 * What a session of the SDK's has in the arena beyond this one, bytes of chunks and slots: keys, ciphers, digests and
 * their contexts; and what it has beside until the handshake is over. host-sim/network/README.md says how it was measured.
 */
const sessionMemory = Object.freeze({ bytes: 1_640, slots: 116 });
const handshakeMemory = Object.freeze({ bytes: 3_260, slots: 72 });

/**
 * Instructions of a record of data and of each of its bytes: the SDK's record layer in XS, about 1,200 bytecodes, and
 * AES-GCM of its `crypt` in C, 16 B by some 1,300 for AES and 3,400 for GHASH, which goes bit by bit.
 */
const recordInstructions = 100_000;
const byteInstructions = 300;

/** The SDK's own estimate of what TLS adds to a write. */
const recordOverhead = 32;
const largestRecord = 16_384;
/** What a record may have at most, by the SDK's buffer for it: more throws. */
const largestPacket = 32_768;
/** Bytes of AES-GCM's tag (RFC 5288), and what a record has beside its data by any of the SDK's suites. */
const tagBytes = 16;
const recordRoom = 69;

const { open, hello, record, write, close, flight } = protocol.tlsChannelOperations;

/** By how many bytes the SDK's streams grow. */
const streamBytes = 32;

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

export interface WriteOptions {
  more?: boolean;
  /** Of all that is to come. */
  byteLength?: number;
}

/** `ssl/stream`: bytes in a buffer that grows with them. */
class Stream {
  written = 0;
  readonly #bytes: Uint8Array;

  constructor(initial = streamBytes) {
    this.#bytes = new Uint8Array(new ResizableBuffer(initial, { maxByteLength: largestPacket }));
  }

  write(data: ByteBuffer): void {
    const bytes = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    const end = this.written + bytes.length;
    const buffer = this.#bytes.buffer as Resizable;
    if (end > buffer.byteLength) buffer.resize((end + streamBytes - 1) & ~(streamBytes - 1));
    this.#bytes.set(bytes, this.written);
    this.written = end;
  }

  take(): Uint8Array {
    (this.#bytes.buffer as Resizable).resize(this.written);
    return this.#bytes;
  }
}

/** Takes memory, and does nothing else. */
interface Ballast {
  bytes: ArrayBuffer;
  links: Link | undefined;
}
type Link = { next: Link | undefined };
const slotsOfLink = 2;

function ballast({ bytes, slots }: { bytes: number; slots: number }): Ballast {
  let links: Link | undefined;
  for (let left = slots; left > 0; left -= slotsOfLink) links = { next: links };
  return { bytes: new ArrayBuffer(bytes), links };
}

export class Session {
  alert = false;
  complete = false;
  stall = 0;
  /** Only held, as a board holds them: until the handshake is over, and for as long as the session. */
  handshakeMemory: Ballast | undefined = ballast(handshakeMemory);
  readonly memory = ballast(sessionMemory);
  /** Only held, while a record is written. */
  enciphered: ArrayBuffer | undefined;
  applicationData: Uint8Array | undefined;
  packetBuffer: Packet | undefined;
  id: number;
  /** A flight that waits for its turn. */
  flight: ArrayBuffer | undefined;
  begun = false;
  #buffer: Stream | undefined;

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
  }

  /** @returns true when the handshake is over */
  handshake(socket: RecordSocket): boolean {
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
  read(socket: RecordSocket): Uint8Array | null | undefined {
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

  write(socket: RecordSocket, data: ByteBuffer, options?: WriteOptions): number {
    if (options?.more) {
      this.#buffer ??= new Stream(options.byteLength);
      this.#buffer.write(data);
      return Math.max(0, socket.writable - this.#buffer.written - recordOverhead);
    }
    let bytes = data;
    if (this.#buffer) {
      this.#buffer.write(data);
      bytes = this.#buffer.take();
      this.#buffer = undefined;
    }
    const { byteLength } = bytes;
    if (byteLength > largestRecord) throw new Error('too large');
    work(recordInstructions + byteLength * byteInstructions);
    // Both at once, as in the SDK: what its cipher makes, with the tag, and the record that it is copied to.
    this.enciphered = new ArrayBuffer(byteLength + tagBytes);
    const packet = new Uint8Array(byteLength + recordRoom);
    const length = callInto(protocol.tlsChannel, packet, bytes, write, this.id);
    this.enciphered = undefined;
    socket.writable = socket.write(packet.subarray(0, length))!;
    return Math.max(0, socket.writable - recordOverhead);
  }

  end(): void {
    call(protocol.tlsChannel, Uint8Array.of(close, this.id));
  }

  /** Deciphered in place. */
  private unpacketize(packet: ArrayBuffer): void {
    const length = callInto(protocol.tlsChannel, packet, packet, record, this.id);
    const flags = new Uint8Array(packet)[0]!;
    this.complete = (flags & 1) !== 0;
    this.alert = (flags & 2) !== 0;
    if (flags & 4) this.flight = call(protocol.tlsChannel, Uint8Array.of(flight, this.id));
    if (length === 1) return;
    this.applicationData = new Uint8Array(packet, 1, length - 1);
    work(recordInstructions + this.applicationData.byteLength * byteInstructions);
  }

  private readPacket(socket: RecordSocket): ArrayBuffer | undefined {
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
