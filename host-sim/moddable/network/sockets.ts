/** The bridge of the simulated sockets: one callback for all events, spread to those they are for. */
import { call, listen } from 'sim/bridge';
import * as protocol from 'sim/network/protocol';

/** What takes the events of one socket. */
export interface SocketOwner {
  readonly generation: number;
  triggered(triggers: number, readable: number, writable: number): void;
}

let owners: (SocketOwner | undefined)[] | undefined;
let queries: Map<number, (address: string) => void> | undefined;
let nextQuery = 1;

function begin(): (SocketOwner | undefined)[] {
  if (!owners) {
    owners = [];
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
  } else {
    const query = view.getUint16(1, true);
    const answer = queries?.get(query);
    queries?.delete(query);
    answer?.(String.fromArrayBuffer(event.slice(3)));
  }
}

/** Opens a connection for `owner`; returns the socket and its generation. Throws when all sockets are in use. */
export function open(
  address: string,
  port: number,
  flags: number,
  serverName: string,
  certificate: ArrayBuffer | undefined,
): Uint8Array {
  begin();
  const addressBytes = ArrayBuffer.fromString(address);
  const nameBytes = ArrayBuffer.fromString(serverName);
  const head = new Uint8Array(5);
  head[0] = protocol.socketOpen;
  head[1] = flags;
  head[2] = port;
  head[3] = port >> 8;
  head[4] = addressBytes.byteLength;
  let request = head.buffer.concat(addressBytes, Uint8Array.of(nameBytes.byteLength).buffer, nameBytes);
  if (certificate) request = request.concat(certificate);
  return new Uint8Array(call(protocol.socketChannel, request));
}

/** TLS begins on a connection that stands. @returns what the handshake takes of the machine, milliseconds */
export function secure(
  socket: number,
  flags: number,
  serverName: string,
  certificate: ArrayBuffer | undefined,
): number {
  const nameBytes = ArrayBuffer.fromString(serverName);
  const head = Uint8Array.of(protocol.socketSecure, socket, flags, nameBytes.byteLength);
  let request = head.buffer.concat(nameBytes);
  if (certificate) request = request.concat(certificate);
  return new DataView(call(protocol.socketChannel, request)).getUint16(0, true);
}

export function bind(socket: number, owner: SocketOwner | undefined): void {
  begin()[socket] = owner;
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
