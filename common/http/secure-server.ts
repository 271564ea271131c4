/** A fastify server in plain text or over TLS, as its access says. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:tls';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import type { Access } from '../access';
import { answerPlainText } from './plain-text';

export interface MadeServerOptions extends FastifyServerOptions {
  /** Milliseconds between two looks at what has not arrived in time. Default: Node's, 30 s. */
  connectionsCheckingInterval?: number;
}

/** Not listening yet, and not guarded. */
export function makeServer({ tls }: Access, options: MadeServerOptions): FastifyInstance {
  const { connectionsCheckingInterval, ...rest } = options;
  const http = connectionsCheckingInterval === undefined ? {} : { connectionsCheckingInterval };
  const https = tls && { ...http, cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' };
  // To its routes a server over TLS is as any other; only fastify's types tell them apart.
  const server = Fastify({ ...rest, ...(https ? { https } : { http }) } as FastifyServerOptions);
  if (server.server instanceof TlsServer) answerPlainText(server.server);
  return server;
}

/** Another certificate for what connects from now on. */
export function renewServer(server: FastifyInstance, { certificate, key }: NonNullable<Access['tls']>): void {
  if (server.server instanceof TlsServer) server.server.setSecureContext({ cert: certificate, key });
}

/**
 * Lets somebody answer requests before the routes do.
 * @param answers false: it has not touched the request, which goes to the routes
 */
export function answerBefore(
  { server }: FastifyInstance,
  answers: (request: IncomingMessage, response: ServerResponse) => boolean,
): void {
  const routes = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (!answers(request, response)) for (const route of routes) route(request, response);
  });
}
