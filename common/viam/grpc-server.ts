/** A server of Viam's clients: `Authenticate`, health and reflection, and the services that it is given. */
import { Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import type { ServiceType } from '@bufbuild/protobuf';
import { Code, ConnectError, type Interceptor, type ServiceImpl } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { isLoopback } from '../../proto/loopback';
import { descriptorsOf } from './descriptors';
import type { Gate } from './gate';
import { type Authentication, AuthService } from './messages/auth';
import { Health, ServingStatus } from './messages/health';
import { reflectionServices } from './messages/reflection';
import { reflection } from './reflection';
import type { Served } from './services';
import { SharedPort } from './shared-port';

export interface GrpcServerOptions {
  host: string;
  port: number;
  /** PEM. Required when `host` is not loopback, unless plain text is meant. */
  tls?: { certificate: string; key: string } | undefined;
  /** Plain text beyond loopback is meant. */
  insecure?: boolean | undefined;
  gate: Gate;
  services: readonly Served[];
  /** What is asked beyond is refused. Default 128. */
  callsAtOnce?: number | undefined;
  /** What connects beyond is turned away. Default 256. */
  connectionsAtOnce?: number | undefined;
}

type NodeHandlerFn = ReturnType<typeof connectNodeAdapter>;

/** Bytes of a request, as a viam-server has it. */
const longestRequest = 32 * 1024 * 1024;

export class GrpcServer {
  readonly #port: SharedPort;

  private constructor(port: SharedPort) {
    this.#port = port;
  }

  /** @throws when the port is taken, or everybody on the network could call without a key */
  static async start(options: GrpcServerOptions): Promise<GrpcServer> {
    const {
      host,
      port,
      tls,
      insecure = false,
      gate,
      services,
      callsAtOnce = 128,
      connectionsAtOnce,
    } = options;
    if (!isLoopback(host) && (!(tls || insecure) || gate.isOpen))
      throw new Error(`Viam's clients reach ${host} by TLS and with a key only: there is no user`);
    const handler = connectNodeAdapter({
      // The first sees a call first.
      interceptors: [bounded(callsAtOnce), gate.interceptor],
      readMaxBytes: longestRequest,
      connect: false,
      routes: (router) => {
        for (const { service, implementation } of withOwn(gate, services))
          router.service(service, implementation as unknown as Partial<ServiceImpl<ServiceType>>);
      },
      fallback: answerUnimplemented,
    });
    // Without TLS a key could be overheard; a viam-server that tries TLS first falls back on loopback only.
    const plaintext = (socket: Socket) => insecure || isLoopback(plainAddress(socket.remoteAddress));
    return new GrpcServer(
      await SharedPort.open({ host, port, tls, plaintext, handler: handler as never, connectionsAtOnce }),
    );
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

/** With what every server answers. */
function withOwn(gate: Gate, services: readonly Served[]): Served[] {
  const own = [
    { service: AuthService, implementation: authentication(gate) },
    { service: Health, implementation: { check } },
    ...services,
  ];
  const types = [...own.map(({ service }) => service), ...reflectionServices];
  const names = new Set(types.map(({ typeName }) => typeName));
  /** As the protocol of health checks has it: no name is the server as a whole. */
  function check({ service }: { service: string }): object {
    if (service !== '' && !names.has(service))
      throw new ConnectError(`unknown service ${service}`, Code.NotFound);
    return { status: ServingStatus.SERVING };
  }
  return [...own, ...reflection(descriptorsOf(types), types)];
}

function authentication(gate: Gate): Served['implementation'] {
  return {
    authenticate: (request, { requestHeader }) => {
      const { entity, credentials } = request as Authentication;
      if (requestHeader.has('authorization'))
        throw new ConnectError('already authenticated; cannot re-authenticate', Code.InvalidArgument);
      if (!credentials) throw new ConnectError('credentials required', Code.InvalidArgument);
      const { type, payload } = credentials;
      return { accessToken: gate.authenticate({ entity, type, payload }) };
    },
  };
}

/** Refuses what is asked beyond what may be under way at once. */
function bounded(callsAtOnce: number): Interceptor {
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
