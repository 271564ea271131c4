/** The way to the gateway: its address, and a WebSocket client of the SDK with DNS and TLS put together. */
import TCP from 'embedded:io/socket/tcp';
import TLSSocket from 'embedded:io/socket/tcp/tls';
import UDP from 'embedded:io/socket/udp';
import Resolver from 'embedded:network/dns/resolver/udp';
import WebSocketClient, { type WebSocketClientOptions } from 'embedded:network/websocket/client';
import Net from 'net';

export interface Address {
  secure: boolean;
  host: string;
  port: number;
}

/** A gateway's address that cannot be used; the message says why. */
export class AddressError extends Error {}

const pattern = /^(wss?):\/\/([A-Za-z0-9.-]{1,253})(?::(\d{1,5}))?(?:\/link)?\/?$/;

/**
 * `wss://host:port`, or `ws:` to this machine itself or where `insecure` allows it.
 * @throws AddressError
 */
export function parseAddress(text: string, insecure: boolean): Address {
  const match = pattern.exec(text);
  if (match === null) throw new AddressError('gateway is not of the form wss://host:port');
  const secure = match[1] === 'wss';
  const host = match[2]!;
  const port = match[3] === undefined ? (secure ? 443 : 80) : Number(match[3]);
  if (port < 1 || port > 65_535) throw new AddressError('gateway has no valid port');
  const loopback = host === 'localhost' || host.startsWith('127.');
  if (!secure && !loopback && !insecure)
    throw new AddressError('gateway is ws: on a network, which needs insecure: true');
  return { secure, host, port };
}

type Callbacks = Pick<WebSocketClientOptions, 'onReadable' | 'onWritable' | 'onClose' | 'onError'>;

/** @param authority DER of the pinned authority @throws AddressError when TLS has nothing to trust */
export function dial(
  address: Address,
  authority: ArrayBuffer | undefined,
  callbacks: Callbacks,
): WebSocketClient {
  const { secure, host, port } = address;
  if (secure && authority === undefined) throw new AddressError('no certificate authority is set for wss:');
  const servers = Net.get('DNS');
  return new WebSocketClient({
    host,
    port,
    path: '/link',
    protocol: 'sluice.link.1',
    dns: { io: Resolver, servers: servers.length > 0 ? servers : ['1.1.1.1'], socket: { io: UDP } },
    socket: secure
      ? { io: TLSSocket, TCP: { io: TCP }, secure: { certificate: authority, serverName: host } }
      : { io: TCP },
    ...callbacks,
  });
}
