/** Connections that a server cannot accept. */
import type { Server } from 'node:net';
import process from 'node:process';

/** Milliseconds between two words of it: for want of descriptors it happens again and again. */
const interval = 10_000;

/**
 * A connection that cannot be accepted (ENFILE, ENOBUFS …) must not end the process, as the error of a server to which
 * nobody listens does: it is a warning of the process. To be called once the server listens.
 * @param door whose it is, for people
 */
export function keepAccepting(server: Server, door: string): void {
  let told = Number.NEGATIVE_INFINITY;
  server.on('error', ({ message }) => {
    if (performance.now() - told < interval) return;
    told = performance.now();
    process.emitWarning(`a connection to ${door} could not be accepted: ${message}`);
  });
}
