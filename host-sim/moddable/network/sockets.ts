/** The bridge of the simulated sockets: one callback for all events, spread to those they are for. */
import { call, listen } from 'sim/bridge';
import * as protocol from 'sim/network/protocol';

/** What takes the events of one socket. */
export interface SocketOwner {
  readonly generation: number;
  triggered(triggers: number, readable: number, writable: number): void;
}

/** What takes the packets of one UDP socket. */
export interface UdpOwner {
  arrived(count: number): void;
}

let owners: (SocketOwner | undefined)[] | undefined;
let udpOwners: (UdpOwner | undefined)[] | undefined;
let queries: Map<number, (address: string) => void> | undefined;
let nextQuery = 1;

function begin(): (SocketOwner | undefined)[] {
  if (!owners) {
    owners = [];
    udpOwners = [];
    queries = new Map();
    listen(protocol.socketChannel, deliver);
  }
  return owners;
}

function deliver(event: ArrayBuffer): void {
  const view = new DataView(event);
  if (view.getUint8(0) === protocol.socketTriggered) {
    const socket = view.getUint8(1);
    const owner = begin()[socket];
    if (!owner || owner.generation !== view.getUint8(2)) return;
    const reply = new DataView(call(protocol.socketChannel, Uint8Array.of(protocol.socketDeliver, socket)));
    owner.triggered(reply.getUint8(0), reply.getUint16(1, true), reply.getUint16(3, true));
  } else if (view.getUint8(0) === protocol.udpTriggered) {
    const socket = view.getUint8(1);
    const owner = udpOwners?.[socket];
    if (!owner) return;
    const waiting = call(protocol.socketChannel, Uint8Array.of(protocol.udpDeliver, socket));
    owner.arrived(new Uint8Array(waiting)[0]!);
  } else {
    const query = view.getUint16(1, true);
    const answer = queries?.get(query);
    queries?.delete(query);
    answer?.(String.fromArrayBuffer(event.slice(3)));
  }
}

/** Opens a connection; returns the socket and its generation. Throws when all sockets are in use. */
export function open(address: string, port: number): Uint8Array {
  begin();
  const head = Uint8Array.of(protocol.socketOpen, port, port >> 8);
  return new Uint8Array(call(protocol.socketChannel, head.buffer.concat(ArrayBuffer.fromString(address))));
}

export function bind(socket: number, owner: SocketOwner | undefined): void {
  begin()[socket] = owner;
}

export function bindUdp(socket: number, owner: UdpOwner | undefined): void {
  begin();
  udpOwners![socket] = owner;
}

/** Calls back with the address, or with nothing when there is none; returns the query, for `forget`. */
export function resolve(host: string, answer: (address: string) => void): number {
  begin();
  const query = nextQuery;
  nextQuery = (nextQuery % 0xffff) + 1;
  queries?.set(query, answer);
  const head = Uint8Array.of(protocol.socketResolve, query, query >> 8);
  call(protocol.socketChannel, head.buffer.concat(ArrayBuffer.fromString(host)));
  return query;
}

export function forget(query: number): void {
  queries?.delete(query);
}
