/**
 * What every HTTP door asks of a request before anything else: the key, and that no foreign web page made a browser
 * send it (Origin), nor a rebound name (Host).
 */
import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../../proto/loopback';
import { type Access, keyMatches } from '../access/access';

export interface RequestHeaders {
  host?: string | undefined;
  origin?: string | undefined;
  authorization?: string | undefined;
}

/** Every request of a server is refused, or has these headers in its answer. */
export function guard(server: FastifyInstance, access: Access, headers: Record<string, string> = {}): void {
  server.addHook('onRequest', async (request, reply) => {
    const refusal = refuse(access, request.headers);
    if (refusal) await reply.code(refusal.status).send({ error: refusal.message });
    else reply.headers(headers);
  });
}

/** Why a request is refused: an HTTP status and a sentence; undefined when it may pass. */
export function refuse(
  access: Access,
  { host = '', origin, authorization = '' }: RequestHeaders,
): { status: 401 | 403; message: string } | undefined {
  if (!access.key && !isLoopback(host.replace(/:\d+$/, ''))) {
    return { status: 403, message: 'the Host header does not name this machine' };
  }
  if (origin !== undefined && !sameHost(origin, host)) {
    return { status: 403, message: 'requests of other web pages are refused' };
  }
  if (access.key && !keyMatches(`Bearer ${access.key}`, authorization)) {
    return { status: 401, message: 'the key is missing or wrong' };
  }
  return undefined;
}

function sameHost(origin: string, host: string): boolean {
  try {
    return new URL(origin).host === host;
  } catch {
    return false; // `null` and what is no URL
  }
}
