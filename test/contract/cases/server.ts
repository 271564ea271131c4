/** The other end of the socket cases, `servers.ts`, as the build's configuration names it. */
import UDP from 'embedded:io/socket/udp';
import Resolver from 'embedded:network/dns/resolver/udp';
import config from 'mc/config';
import { within } from './harness';

export const host = config.server as string;
export const ports = config.ports as { tcp: number; ws: number; wss: number };
export const dns = Object.freeze({ io: Resolver, servers: ['1.1.1.1'], socket: { io: UDP } }, true);

export function address(): Promise<string> {
  return within<string>(30_000, host, (resolve, reject) => {
    new Resolver(dns).resolve({
      host,
      onResolved: (_host, found) => resolve(found),
      onError: () => reject(new Error(`'${host}' has no address`)),
    });
  });
}
