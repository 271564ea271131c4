/**
 * What every HTTP door asks of a request before anything else: that no foreign web page made a browser send it (Origin),
 * nor a rebound name (Host), who sends it, and whether that may do this.
 *
 * A route says what right it needs (`config: { right }`); left out, `read` of what only asks and `operate` of the rest.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isLoopback } from '../../proto/loopback';
import { type Access, type Principal, prove, type Right } from '../access';
import type { LoginSessions } from './login';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends it. */
    principal: Principal;
  }
  interface FastifyContextConfig {
    /** What it takes to use the route; `nothing`: no proof at all. */
    right?: Right | 'nothing';
  }
}

export interface Refusal {
  status: 401 | 403;
  message: string;
}

export interface GuardOptions {
  access: Access;
  /** Of every answer. */
  headers?: Record<string, string>;
  /** Browsers that have logged in, where there is a page for it. */
  sessions?: LoginSessions;
  /** Told of every refusal, without any key. */
  audit?: (refusal: Refusal & { method: string; path: string; from: string; name?: string }) => void;
}

/** Every request of a server is refused, or knows its principal and has these headers in its answer. */
export function guard(server: FastifyInstance, options: GuardOptions): void {
  server.decorateRequest('principal', null as unknown as Principal);
  // Every request passes here: no promise is made for it.
  server.addHook('onRequest', (request, reply, done) => {
    const { refusal, principal } = check(options, request.headers, rightOf(request));
    if (refusal !== undefined) return void refuse(options, request, reply, refusal, principal);
    request.principal = principal;
    if (options.headers) reply.headers(options.headers);
    done();
  });
}

function refuse(
  { audit, sessions }: GuardOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
  principal: Principal | undefined,
): FastifyReply {
  const path = request.url.split('?', 1)[0]!;
  audit?.({
    ...refusal,
    method: request.method,
    path,
    from: request.ip,
    ...(principal && { name: principal.name }),
  });
  const isForPeople = request.method === 'GET' && request.headers.accept?.includes('text/html');
  if (refusal.status === 401 && sessions && isForPeople) return reply.redirect('/login');
  if (refusal.status === 401) reply.header('www-authenticate', 'Bearer realm="Sluice"');
  return reply.code(refusal.status).send({ error: refusal.message });
}

type Checked =
  | { refusal: Refusal; principal?: Principal | undefined }
  | { refusal?: undefined; principal: Principal };

const nobody: Principal = {
  name: 'nobody',
  role: 'device',
  projects: [],
  has: () => false,
  mayWrite: () => false,
  mayRead: () => false,
};

/** Who sends a request that goes past the routes; undefined when it is to be refused, which the routes then do. */
export function admitted(access: Access, headers: IncomingHttpHeaders, right: Right): Principal | undefined {
  const { refusal, principal } = check({ access }, headers, right);
  return refusal === undefined ? principal : undefined;
}

function check(
  { access, sessions }: Pick<GuardOptions, 'access' | 'sessions'>,
  { host = '', origin, authorization, cookie }: IncomingHttpHeaders,
  right: Right | 'nothing',
): Checked {
  if (!access.users?.configured && !isLoopback(host.replace(/:\d+$/, '')))
    return { refusal: { status: 403, message: 'the Host header does not name this machine' } };
  if (origin !== undefined && !sameHost(origin, host))
    return { refusal: { status: 403, message: 'requests of other web pages are refused' } };
  if (right === 'nothing') return { principal: nobody };
  const principal = proved(access, authorization) ?? sessions?.principal(cookie);
  if (principal === undefined) return { refusal: { status: 401, message: 'the key is missing or wrong' } };
  if (principal.has(right)) return { principal };
  const message = `'${principal.name}' is a ${principal.role}: it has no right to ${right}`;
  return { refusal: { status: 403, message }, principal };
}

function rightOf({ method, routeOptions }: FastifyRequest): Right | 'nothing' {
  return routeOptions.config.right ?? (method === 'GET' || method === 'HEAD' ? 'read' : 'operate');
}

/** `Bearer` and InfluxDB's `Token` with a key, `Basic` with name and key. */
function proved(access: Access, authorization: string | undefined): Principal | undefined {
  const [scheme = '', shown = ''] = authorization?.split(/ +/, 2) ?? [];
  switch (scheme.toLowerCase()) {
    case '':
      return prove(access, undefined);
    case 'bearer':
    case 'token':
      return prove(access, shown);
    case 'basic': {
      const [, name, key] = /^([^:]*):(.*)$/s.exec(Buffer.from(shown, 'base64').toString('utf8')) ?? [];
      return prove(access, key, name);
    }
    default:
      return undefined;
  }
}

function sameHost(origin: string, host: string): boolean {
  try {
    return new URL(origin).host === host;
  } catch {
    return false; // `null` and what is no URL
  }
}
