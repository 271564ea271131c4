/**
 * One port for TLS and plaintext, and for HTTP/1.1 and HTTP/2 in either: what a client's first bytes say it speaks, it
 * gets. A viam-server tries TLS on a remote's address first and comes again without; gRPC-web comes over HTTP/1.1.
 */
import { createServer as createHttp, type RequestListener } from 'node:http';
import {
  createServer as createHttp2,
  createSecureServer,
  type Http2SecureServer,
  type Http2Session,
} from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { keepAccepting } from '../http/accepting';
import { firstBytes, tlsHandshake } from '../http/first-bytes';

export interface SharedPortOptions {
  host: string;
  port: number;
  /** PEM. Undefined: plaintext alone. */
  tls?: { certificate: string; key: string } | undefined;
  /** Whether a connection may go on without TLS. */
  plaintext(socket: Socket): boolean;
  handler: RequestListener;
  /** What connects beyond is turned away. Default 256. */
  connectionsAtOnce?: number | undefined;
}

/** Milliseconds for the first bytes, and for a TLS handshake. */
const patience = 10_000;
const streamsAtOnce = 100;
/** What an HTTP/2 connection without TLS begins with; three bytes tell it from any HTTP/1.1 method. */
const preface = Buffer.from('PRI');
const begins = {
  patience,
  most: preface.length,
  areEnough: ([first]: Buffer) => first !== preface[0],
};

export class SharedPort {
  readonly #server: Server;
  readonly #secure: Http2SecureServer | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<Http2Session>();

  private constructor(server: Server, secure: Http2SecureServer | undefined) {
    this.#server = server;
    this.#secure = secure;
  }

  /** @throws when the port is taken */
  static async open({
    host,
    port,
    tls,
    plaintext,
    handler,
    connectionsAtOnce = 256,
  }: SharedPortOptions): Promise<SharedPort> {
    const settings = { maxConcurrentStreams: streamsAtOnce };
    const listener = handler as never;
    const http = createHttp({ keepAliveTimeout: 60_000 }, handler);
    const http2 = createHttp2({ settings }, listener);
    const secure =
      tls &&
      createSecureServer(
        { settings, allowHTTP1: true, cert: tls.certificate, key: tls.key, handshakeTimeout: patience },
        listener,
      );
    // An HTTP server of its own would say so itself: else an answer's second piece waits 40 ms for an acknowledgement.
    const server = createServer({ noDelay: true }, (socket) => {
      shared.#hold(socket);
      firstBytes(socket, begins, (bytes) => {
        if (bytes[0] === tlsHandshake) secure ? secure.emit('connection', socket) : socket.destroy();
        else if (!plaintext(socket)) socket.destroy();
        else (bytes.equals(preface) ? http2 : http).emit('connection', socket);
      });
    });
    server.maxConnections = connectionsAtOnce;
    const shared = new SharedPort(server, secure);
    for (const each of [http2, secure])
      each?.on('session', (session) => {
        shared.#sessions.add(session);
        session.on('close', () => shared.#sessions.delete(session));
      });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    keepAccepting(server, 'the port of Viam’s clients');
    return shared;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections from now on get this certificate. */
  renew({ certificate, key }: { certificate: string; key: string }): void {
    this.#secure?.setSecureContext({ cert: certificate, key });
  }

  /** Calls under way may end within `grace` ms; then every connection is closed. */
  async close(grace = 1_000): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const timer = setTimeout(() => this.#cut(), this.#sockets.size === 0 ? 0 : grace);
    for (const session of this.#sessions) session.close();
    await closed;
    clearTimeout(timer);
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    // A peer that goes away is no news; whoever uses the connection is told by its end.
    socket.on('error', () => undefined);
  }

  #cut(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}
