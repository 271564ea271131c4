/** The way to a gateway or a broker: its address, and what the SDK's clients need for DNS and TLS. */
import type TCP from 'embedded:io/socket/tcp';
import Resolver from 'embedded:network/dns/resolver/udp';
import WebSocketClient, { type WebSocketClientOptions } from 'embedded:network/websocket/client';
import Net from 'net';
import Timer from 'timer';
import { isLoopback } from '../../proto/loopback';
import type { ConnectionOwner } from './connection';
import { GuardedTCP } from './guarded-tcp';
import { GuardedTLS } from './guarded-tls';
import { GuardedUDP } from './guarded-udp';

export interface Address {
  /** Of a gateway: WebSocket, else of a broker. */
  kind: 'gateway' | 'mqtt';
  secure: boolean;
  host: string;
  port: number;
  /** A connection to it that stands: the client takes it over. */
  reached?: { address: string; socket: TCP };
}

/** A gateway's address that cannot be used; the message says why. */
export class AddressError extends Error {}

/** With the port that is meant when none is named. */
const schemes: Readonly<Record<string, Pick<Address, 'kind' | 'secure' | 'port'>>> = Object.freeze(
  {
    ws: { kind: 'gateway', secure: false, port: 80 },
    wss: { kind: 'gateway', secure: true, port: 443 },
    mqtt: { kind: 'mqtt', secure: false, port: 1883 },
    mqtts: { kind: 'mqtt', secure: true, port: 8883 },
  } as const,
  true,
);

const pattern = /^(wss?|mqtts?):\/\/([A-Za-z0-9.-]{1,253})(?::(\d{1,5}))?(?:\/link)?\/?$/;

/**
 * `wss://host:port` of a gateway or `mqtts://host:port` of a broker; `ws:` and `mqtt:` to this machine itself or
 * where `insecure` allows it.
 * @throws AddressError
 */
export function parseAddress(text: string, insecure: boolean): Address {
  const match = pattern.exec(text);
  if (match === null)
    throw new AddressError('gateway is not of the form wss://host:port or mqtts://host:port');
  const scheme = match[1]!;
  const { kind, secure, port: usual } = schemes[scheme]!;
  const host = match[2]!;
  const port = match[3] === undefined ? usual : Number(match[3]);
  if (port < 1 || port > 65_535) throw new AddressError('gateway has no valid port');
  if (!secure && !isLoopback(host) && !insecure)
    throw new AddressError(`gateway is ${scheme}: on a network, which needs insecure: true`);
  return { kind, secure, host, port };
}

/** Says what is known: a client of the SDK asks for the name even when it is given a connection. */
class KnownName {
  private readonly address: string;

  constructor(options: { address: string }) {
    this.address = options.address;
  }

  resolve({ host, onResolved }: { host: string; onResolved: (host: string, address: string) => void }): void {
    Timer.set(() => onResolved(host, this.address), 0);
  }

  close(): void {}
}

/** `dns` of a client of the SDK. */
export function dnsOf({ reached }: Address) {
  return reached === undefined ? resolver() : { io: KnownName, address: reached.address };
}

/** Options of a resolver of the SDK. */
export function resolver() {
  const servers = Net.get('DNS');
  return { io: Resolver, servers: servers.length > 0 ? servers : ['1.1.1.1'], socket: { io: GuardedUDP } };
}

/**
 * `socket` of a client of the SDK.
 * @param authority DER of the pinned authority @param owner is told why a connection failed
 * @throws AddressError when TLS has nothing to trust
 */
export function socketOf(
  { secure, host, reached }: Address,
  authority: ArrayBuffer | undefined,
  owner: ConnectionOwner,
) {
  // Absent, not undefined: the SDK's socket looks whether there is such a property.
  const from = reached && { from: reached.socket };
  if (!secure) return { io: GuardedTCP, owner, ...from };
  if (authority === undefined) throw new AddressError('no certificate authority is set for TLS');
  // The TLS socket hands all its options on to the TCP socket below it, `from` among them.
  return { io: GuardedTLS, owner, secure: { certificate: authority, serverName: host }, ...from };
}

type Callbacks = Pick<WebSocketClientOptions, 'onReadable' | 'onWritable' | 'onClose' | 'onError'>;

/**
 * @param authority DER of the pinned authority @param owner of the connection, and the client's target
 * @throws AddressError when TLS has nothing to trust
 */
export function dial(
  address: Address,
  authority: ArrayBuffer | undefined,
  callbacks: Callbacks,
  owner: ConnectionOwner,
): WebSocketClient {
  return new WebSocketClient({
    host: address.host,
    port: address.port,
    path: '/link',
    protocol: 'sluice.link.1',
    dns: dnsOf(address),
    socket: socketOf(address, authority, owner),
    ...callbacks,
    target: owner,
  });
}
