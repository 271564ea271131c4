/** The sockets of one device: what the simulated TCP, TLS and resolver modules call. */

import * as protocol from '../moddable/network/protocol';
import { Connection } from './connection';
import { type NameHost, NameServer } from './name-server';
import type { Path } from './path';
import type { ServerStream } from './server-stream';
import type { ChannelHandler, NetworkDevice } from './types';

export interface SocketHost extends NameHost {
  accept(address: string, port: number, stream: ServerStream, answer: (accepted: boolean) => void): void;
  /** A connection has begun, before anything is sent. */
  opened(connection: Connection, address: string): void;
}

interface Slot {
  taken: boolean;
  /** None of a socket that has found no route. */
  end: Connection | undefined;
  generation: number;
  triggers: number;
  posted: boolean;
  address: string;
  port: number;
}

/** The SDK's resolver: so many queries of one server, so many ms apart, and as long again until it gives up. */
const resolverQueries = 4;
const resolverPeriod = 1_000;
/** Bytes, of an ESP32. */
const usualWindow = 8_192;

export class SocketTable implements ChannelHandler {
  readonly #slots: Slot[] = Array.from({ length: protocol.sockets }, () => ({
    taken: false,
    end: undefined,
    generation: 0,
    triggers: 0,
    posted: false,
    address: '',
    port: 0,
  }));
  #nextPort = 49_152;
  /** An answer to an earlier boot is dropped. */
  #boot = 0;
  /** Not over yet, those of earlier boots included. */
  #begun: Connection[] = [];
  readonly #nameServer: NameServer;
  readonly #device: NetworkDevice;
  readonly #host: SocketHost;
  readonly #path: Path;
  readonly #passes: () => boolean;
  readonly #routed: () => boolean;
  readonly #address: string;

  constructor(
    device: NetworkDevice,
    host: SocketHost,
    path: Path,
    passes: () => boolean,
    /** False while the station has no address. */
    routed: () => boolean,
    address: string,
  ) {
    this.#device = device;
    this.#host = host;
    this.#path = path;
    this.#passes = passes;
    this.#routed = routed;
    this.#address = address;
    this.#nameServer = new NameServer(device, host, path, passes);
    for (let index = 0; index < protocol.sockets; index += 1) {
      device.channel(protocol.dataChannel + index, { call: (bytes) => this.#write(index, bytes) });
    }
  }

  call(request: Uint8Array): Uint8Array | undefined {
    const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
    switch (request[0]) {
      case protocol.socketOpen:
        return this.#open(request, view);
      case protocol.socketAdopt:
        return this.#adopt(request[1]!);
      case protocol.socketClose:
        return this.#close(request[1]!);
      case protocol.socketRead:
        return this.#slots[request[1]!]!.end?.read(view.getUint16(2, true));
      case protocol.socketDeliver:
        return this.#deliver(request[1]!);
      case protocol.socketRemote:
        return this.#remote(request[1]!);
      case protocol.socketResolve:
        return this.#resolve(view.getUint16(1, true), text(request.subarray(3)));
      case protocol.udpOpen:
      case protocol.udpClose:
      case protocol.udpSend:
      case protocol.udpRead:
      case protocol.udpDeliver:
        return this.#nameServer.call(request);
      default:
        throw new Error(`sockets: unknown call ${request[0]}`);
    }
  }

  /** The device has restarted: the connections stay as they are at the other side. */
  reset(): void {
    this.#boot += 1;
    this.#nameServer.reset();
    for (const slot of this.#slots) {
      slot.end?.orphan();
      free(slot);
    }
  }

  /** The station has lost its address: lwIP drops every connection. */
  abort(): void {
    for (const slot of this.#slots) slot.end?.abort();
  }

  /** The device has gone for good. */
  end(): void {
    for (const connection of this.#begun) connection.end();
  }

  #open(request: Uint8Array, view: DataView): Uint8Array {
    const index = this.#slots.findIndex((each) => !each.taken);
    if (index < 0) throw new Error('no socket');
    const port = view.getUint16(1, true);
    const address = text(request.subarray(3));
    const slot = this.#slots[index]!;
    slot.generation = (slot.generation + 1) & 0xff;
    Object.assign(slot, { taken: true, triggers: 0, posted: false, address, port });
    // The SDK does not look at what lwIP's connect returns: the socket is there, and nothing ever comes of it.
    if (this.#routed()) slot.end = this.#connect(slot, index);
    return Uint8Array.of(index, slot.generation);
  }

  #connect(slot: Slot, index: number): Connection {
    const { address, port } = slot;
    const connection = new Connection({
      clock: this.#device.clock,
      window: this.#device.window ?? usualWindow,
      path: this.#path,
      remoteAddress: this.#address,
      remotePort: this.#nextPort,
      passes: this.#passes,
      accept: (stream, answer) => this.#host.accept(address, port, stream, answer),
      trigger: this.#triggerOf(slot, index),
    });
    this.#nextPort = this.#nextPort === 65_535 ? 49_152 : this.#nextPort + 1;
    this.#begun = this.#begun.filter((each) => !each.over);
    this.#begun.push(connection);
    this.#host.opened(connection, address);
    return connection;
  }

  #adopt(index: number): undefined {
    const slot = this.#slots[index]!;
    const readable = (slot.end?.readable ?? 0) > 0 ? protocol.triggerReadable : 0;
    this.#triggerOf(slot, index)(protocol.triggerWritable | readable);
  }

  #triggerOf(slot: Slot, index: number): (triggers: number) => void {
    const { generation } = slot;
    return (triggers) => {
      if (slot.generation !== generation || !slot.end) return;
      slot.triggers |= triggers;
      if (slot.posted) return;
      slot.posted = true;
      this.#device.post(
        protocol.socketChannel,
        Uint8Array.of(protocol.socketTriggered, index, slot.generation),
      );
    };
  }

  #deliver(index: number): Uint8Array {
    const slot = this.#slots[index]!;
    const reply = new DataView(new ArrayBuffer(5));
    reply.setUint8(0, slot.triggers);
    reply.setUint16(1, slot.end?.readable ?? 0, true);
    reply.setUint16(3, slot.end?.writable ?? 0, true);
    slot.triggers = 0;
    slot.posted = false;
    return new Uint8Array(reply.buffer);
  }

  #write(index: number, bytes: Uint8Array): Uint8Array | undefined {
    const { end } = this.#slots[index]!;
    if (!end) return undefined;
    if (bytes.byteLength > end.writable) throw new Error('would block');
    const writable = end.write(bytes);
    return writable === undefined ? undefined : Uint8Array.of(writable & 0xff, writable >> 8);
  }

  #close(index: number): undefined {
    const slot = this.#slots[index]!;
    slot.end?.close();
    free(slot);
  }

  #remote(index: number): Uint8Array {
    const { address, port } = this.#slots[index]!;
    return Uint8Array.from([port & 0xff, port >> 8, ...new TextEncoder().encode(address)]);
  }

  #resolve(query: number, host: string): undefined {
    const { clock } = this.#device;
    const boot = this.#boot;
    const answer = (address: string) => {
      if (boot !== this.#boot) return;
      const event = [protocol.hostResolved, query & 0xff, query >> 8, ...new TextEncoder().encode(address)];
      this.#device.post(protocol.socketChannel, Uint8Array.from(event));
    };
    const ask = (left: number): void => {
      if (boot !== this.#boot) return;
      if (left === 0) answer('');
      else if (this.#passes() && this.#host.namesAnswered) {
        const { quality } = this.#path;
        clock.at(clock.now() + 2 * quality.latency, async () =>
          answer((await this.#host.resolve(host)) ?? ''),
        );
      } else clock.at(clock.now() + resolverPeriod, () => ask(left - 1));
    };
    ask(resolverQueries);
  }
}

function free(slot: Slot): void {
  slot.generation = (slot.generation + 1) & 0xff;
  Object.assign(slot, { taken: false, end: undefined, triggers: 0, posted: false });
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
