/**
 * MQTT 3.1.1 on a socket of the SDK, as far as a part that only publishes at QoS 1 needs it: it is let in, its packets
 * go out as they are given, and acknowledgements and signs of life come.
 *
 * Holds: whatever the broker sends, nothing is kept of it beyond four bytes; what it was not asked for ends the
 * connection. The SDK's own client makes five writes of a message and an object of each acknowledgement.
 */
import type TCP from 'embedded:io/socket/tcp';
import type { TCPOptions } from 'embedded:io/socket/tcp';
import { encodeUtf8 } from '../../config/utf8';
import { ConnectionError, type ConnectionOwner } from '../connection';
import type { GuardedTCP } from '../guarded-tcp';
import { socketOf } from '../transport';
import type { Broker } from './broker';

/** First bytes of packets (section 2.2). */
const connect = 0x10;
const connack = 0x20;
const puback = 0x40;
const pingreq = 0xc0;
const pingresp = 0xd0;
const cleanSession = 0x02;
const withPassword = 0x40;
const withUser = 0x80;
/** s without a packet, of which one and a half are too many for the broker. */
const keepAlive = 30;
/** An acknowledgement. */
const ackBytes = 4;

export interface BrokerConnectionOwner {
  /** Something has come: told before what it is. */
  heard(): void;
  /** The broker has let the part in. */
  welcomed(): void;
  /** The broker lets nobody in who says what the part says. */
  refused(): void;
  acknowledged(id: number): void;
  /** There is room in the socket. */
  writable(): void;
  /** The connection has closed itself. */
  failed(reason: string): void;
}

export class BrokerConnection implements ConnectionOwner {
  begun = false;
  fault: string | undefined;
  /** Bytes that the socket takes now. */
  room = 0;
  private readonly owner: BrokerConnectionOwner;
  private socket: TCP | undefined;
  /** What the first write says. */
  private greeting: Uint8Array | undefined;
  private welcome = false;
  private readonly four = new Uint8Array(ackBytes);
  private readonly one = new Uint8Array(1);
  /** Of the packet at hand: its first byte once that has come, what is still to come (−1: its length), its number. */
  private operation = 0;
  private remaining = -1;
  private number = 0;

  /** @throws AddressError when TLS has nothing to trust */
  constructor(broker: Broker, owner: BrokerConnectionOwner) {
    const { address, authority, client, user, password } = broker;
    this.owner = owner;
    this.greeting = greetingOf(client, user, password);
    const { io, ...options } = socketOf(address, authority, this);
    const Socket = io as unknown as new (options: TCPOptions & { host: string }) => TCP;
    this.socket = new Socket({
      ...options,
      host: address.host,
      port: address.port,
      address: address.reached!.address,
      onReadable: (count: number) => this.readable(count),
      onWritable: (count: number) => this.writable(count),
      onError: () => this.fail(this.fault ?? 'connection to the broker failed'),
    });
  }

  /** What fails ends the connection, in a turn of its own. @param packet whole or in parts, of no more than `room` bytes */
  write(packet: Uint8Array): void {
    const { socket } = this;
    this.room = 0;
    try {
      this.room = socket!.write(packet) ?? 0;
    } catch (error) {
      // The session writes in a timer of its own, where nobody would catch it. Of TLS nothing is thrown.
      (socket as GuardedTCP).fail(error);
    }
  }

  /** Asks for a sign of life. Between two packets only. @returns whether there was room */
  ping(): boolean {
    if (this.room < 2) return false;
    this.write(Uint8Array.of(pingreq, 0));
    return true;
  }

  close(): void {
    const { socket } = this;
    this.socket = undefined;
    socket?.close();
  }

  private fail(reason: string): void {
    if (this.socket === undefined) return;
    this.close();
    this.owner.failed(reason);
  }

  private writable(count: number): void {
    this.room = count;
    if (this.greeting !== undefined) {
      this.write(this.greeting);
      this.greeting = undefined;
    } else if (this.welcome) this.owner.writable();
  }

  private readable(count: number): void {
    const { four, one, owner } = this;
    owner.heard();
    for (let left = count; left > 0 && this.socket !== undefined; ) {
      const part = this.operation === 0 && left >= ackBytes ? four : one;
      this.socket.read(part);
      left -= part.length;
      if (part === four && four[0] === puback && four[1] === 2 && this.welcome)
        owner.acknowledged((four[2]! << 8) | four[3]!);
      else for (let index = 0; index < part.length; index++) this.take(part[index]!);
    }
  }

  /** @throws ConnectionError */
  private take(byte: number): void {
    if (this.operation === 0) this.operation = byte;
    else if (this.remaining < 0) {
      const { operation } = this;
      const expected = operation === pingresp ? 0 : 2;
      const known = operation === pingresp || operation === (this.welcome ? puback : connack);
      if (!known || byte !== expected)
        throw new ConnectionError('the broker sends what it was not asked for');
      this.remaining = byte;
    } else {
      this.number = ((this.number << 8) | byte) & 0xffff;
      this.remaining--;
    }
    if (this.remaining !== 0) return;
    const { operation, number } = this;
    this.operation = this.number = 0;
    this.remaining = -1;
    if (operation === puback) this.owner.acknowledged(number);
    else if (operation === connack) this.answered(number & 0xff);
  }

  private answered(code: number): void {
    if (code !== 0) {
      if (code !== unavailable) this.owner.refused();
      throw new ConnectionError(`the broker refuses the part: ${refusals[code] ?? code}`);
    }
    this.welcome = true;
    this.owner.welcomed();
    if (this.room > 0) this.owner.writable();
  }
}

/** Section 3.2.2.3. It passes by itself. */
const unavailable = 3;
const refusals: readonly (string | undefined)[] = Object.freeze([
  undefined,
  'it speaks no MQTT 3.1.1',
  "the part's name",
  'it is not available',
  'user or password',
  'not authorised',
]);

/** CONNECT (section 3.1). Nothing of it is spread: an argument takes a place of XS's stack, of which a chip has 384. */
function greetingOf(client: string, user: string | undefined, password: string | undefined): Uint8Array {
  const fields = [client, user, password].filter((field) => field !== undefined).map(encodeUtf8);
  const flags =
    cleanSession | (user === undefined ? 0 : withUser) | (password === undefined ? 0 : withPassword);
  const fixed = [0, 4, 77, 81, 84, 84, 4, flags, keepAlive >> 8, keepAlive];
  let length = fixed.length;
  for (const field of fields) length += 2 + field.length;
  let at = length > 127 ? 3 : 2;
  const packet = new Uint8Array(at + length);
  packet[0] = connect;
  packet[1] = length > 127 ? 0x80 | (length & 0x7f) : length;
  if (length > 127) packet[2] = length >> 7;
  packet.set(fixed, at);
  at += fixed.length;
  for (const field of fields) {
    packet[at] = field.length >> 8;
    packet[at + 1] = field.length;
    packet.set(field, at + 2);
    at += 2 + field.length;
  }
  return packet;
}
