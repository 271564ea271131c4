/**
 * The main part as Viam's clients see it: gRPC and gRPC-web on one port.
 *
 * What comes in: calls of the SDKs, of a viam-server whose remote this is, of `grpcurl`. What goes out: calls of the
 * resources, syncs. What holds: who shows no key of the configuration calls nothing, unless nobody has one, which is
 * allowed on loopback only; what is asked at once is bounded; an error has the code and shape that a viam-server
 * gives; what is not served is UNIMPLEMENTED with its content type, so that every client falls back as it should.
 */

import { Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import { Code, ConnectError, type ConnectRouter, type Interceptor } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { isLoopback } from '../../proto/loopback';
import { descriptorsOf } from './descriptors';
import { Gate, type MoreUsers, type User } from './gate';
import { type Authentication, AuthService } from './messages/auth';
import { Health, ServingStatus } from './messages/health';
import { reflectionServices } from './messages/reflection';
import { addReflection } from './reflection';
import { addResourceServices, type Resources } from './resource-services';
import { addRobotService, type Machine } from './robot-service';
import { addService, resourceServices, robotService } from './service-types';
import { SharedPort } from './shared-port';

export interface ViamServerOptions {
  host: string;
  port: number;
  /** PEM. Required when `host` is not loopback. */
  tls?: { certificate: string; key: string } | undefined;
  /** Who may call, as the configuration says now; nobody listed: everybody. */
  users(): readonly User[];
  /** Those that the program knows beside them. */
  more?: MoreUsers | undefined;
  resources: Resources;
  machine: Machine;
  wall(): number;
}

type NodeHandlerFn = ReturnType<typeof connectNodeAdapter>;

/** Bytes of a request, as a viam-server has it. */
const longestRequest = 32 * 1024 * 1024;
const callsAtOnce = 128;

export class ViamServer {
  readonly #port: SharedPort;

  private constructor(port: SharedPort) {
    this.#port = port;
  }

  /** @throws when the port is taken, or everybody on the network could call without a key */
  static async start(options: ViamServerOptions): Promise<ViamServer> {
    const { host, port, tls, users, more, wall } = options;
    const hasUsers = users().length > 0 || more?.configured;
    if (!isLoopback(host) && (!tls || !hasUsers))
      throw new Error(`Viam's clients reach ${host} by TLS and with a key only: there is no user`);
    const gate = new Gate(users, wall, more);
    const handler = connectNodeAdapter({
      // The first sees a call first.
      interceptors: [bounded(), gate.interceptor],
      readMaxBytes: longestRequest,
      connect: false,
      routes: (router) => route(router, gate, options),
      fallback: answerUnimplemented,
    });
    // Without TLS a key could be overheard; a viam-server that tries TLS first falls back on loopback only.
    const plaintext = (socket: Socket) => isLoopback(plainAddress(socket.remoteAddress));
    return new ViamServer(await SharedPort.open({ host, port, tls, plaintext, handler: handler as never }));
  }

  get port(): number {
    return this.#port.port;
  }

  /** For the names that this machine has now. */
  renew(tls: { certificate: string; key: string }): void {
    this.#port.renew(tls);
  }

  close(): Promise<void> {
    return this.#port.close();
  }
}

function route(router: ConnectRouter, gate: Gate, { resources, machine }: ViamServerOptions): void {
  addService(router, AuthService, {
    authenticate: (request, { requestHeader }) => {
      const { entity, credentials } = request as unknown as Authentication;
      if (requestHeader.has('authorization'))
        throw new ConnectError('already authenticated; cannot re-authenticate', Code.InvalidArgument);
      if (!credentials) throw new ConnectError('credentials required', Code.InvalidArgument);
      const { type, payload } = credentials;
      return { accessToken: gate.authenticate({ entity, type, payload }) };
    },
  });
  addService(router, Health, { check: () => ({ status: ServingStatus.SERVING }) });
  addRobotService(router, machine);
  addResourceServices(router, resources);
  const services = [AuthService, Health, robotService, ...resourceServices.values(), ...reflectionServices];
  addReflection(router, descriptorsOf(services), services);
}

/** Refuses what is asked beyond what may be under way at once. */
function bounded(): Interceptor {
  let calls = 0;
  return (next) => async (request) => {
    if (calls >= callsAtOnce)
      throw new ConnectError(`more than ${callsAtOnce} calls at once`, Code.ResourceExhausted);
    calls++;
    try {
      return await next(request);
    } finally {
      calls--;
    }
  };
}

/**
 * A gRPC client takes an answer without content type for a broken one, not for "unimplemented"; and a status that is no
 * trailer only in an answer of nothing but its head.
 */
function answerUnimplemented(...[request, response]: Parameters<NodeHandlerFn>): void {
  const type = request.headers['content-type'] ?? '';
  request.resume();
  if (!type.startsWith('application/grpc')) {
    response.writeHead(404, { 'content-type': 'text/plain' });
    response.end("Viam's clients are served here: gRPC and gRPC-web\n");
    return;
  }
  const [, service = '', method = ''] = (request.url ?? '').split('/');
  const head = {
    'content-type': type,
    'grpc-status': String(Code.Unimplemented),
    'grpc-message': encodeURIComponent(`unknown method ${method} for service ${service}`),
  };
  if (response instanceof Http2ServerResponse)
    response.stream.respond({ ':status': 200, ...head }, { endStream: true });
  else response.writeHead(200, head).end();
}

/** An IPv4 address that came over IPv6 is the IPv4 one. */
function plainAddress(address = ''): string {
  return address.replace(/^::ffff:/, '');
}
