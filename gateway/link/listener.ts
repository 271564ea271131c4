/** The link over real sockets: a WebSocket server, with TLS unless it is told otherwise. */
import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { limits } from './limits';
import type { LinkServer } from './link-server';
import { WaitingRoom } from './waiting-room';

export const linkPath = '/link';
export const linkProtocol = 'sluice.link.1';

export interface ListenerOptions {
  server: LinkServer;
  /** Address to bind. Default 127.0.0.1. */
  host?: string;
  /** 0: any free one. */
  port: number;
  /** Left out: `ws:`; to be used on loopback only, or where the operator has said `insecure`. */
  tls?: { certificate: string; key: string };
  /** Connections at most, proved or not; a quarter of them of one address without a proof. Default 4,096. */
  connections?: number;
  /** Connections of one address that are served and have not proved themselves; further ones wait. Default 64. */
  unprovedPerAddress?: number;
  /** ms a connection has to become a WebSocket. Default 10,000. */
  requestTime?: number;
}

export interface Listener {
  readonly port: number;
  /** Connections from now on are shown this; without TLS it has no effect. */
  renew(tls: { certificate: string; key: string }): void;
  close(): Promise<void>;
}

/** @throws the socket's error when the port is taken. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { server, tls, port, host = '127.0.0.1', connections = 4_096, unprovedPerAddress = 64 } = options;
  const time = options.requestTime ?? limits.handshake;
  const timeouts = { headersTimeout: time, requestTimeout: time, connectionsCheckingInterval: time / 4 };
  const http: Server = tls
    ? createTlsServer({
        cert: tls.certificate,
        key: tls.key,
        handshakeTimeout: limits.handshake,
        ...timeouts,
      })
    : createPlainServer(timeouts);
  http.maxHeadersCount = 32;
  http.maxConnections = connections;
  const serving = http.listeners('connection') as ((socket: Socket) => void)[];
  http.removeAllListeners('connection');
  const room = new WaitingRoom({
    served: unprovedPerAddress,
    most: Math.max(1, Math.floor(connections / 4)),
    patience: limits.patience,
    serve: (socket) => {
      for (const serve of serving) serve.call(http, socket);
    },
    refused: () => count(server, 'too-many-connections'),
  });
  http.on('connection', (socket: Socket) => room.arrive(socket));
  http.on('request', (_request, response) => response.writeHead(404, { connection: 'close' }).end());
  const sockets = new WebSocketServer({
    server: http,
    path: linkPath,
    maxPayload: limits.message,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has(linkProtocol) ? linkProtocol : false),
  });
  sockets.on('connection', (socket, request) => {
    const { remoteAddress: address = '', remotePort: port = 0 } = request.socket;
    attach(
      server,
      socket,
      `${address}:${port}`,
      once(() => room.left(address, port)),
    );
  });
  // The WebSocket server passes on the errors of its HTTP server, the taken port too: without a listener each would end
  // the process.
  sockets.on('error', (error) => {
    if (http.listening) server.acceptFailed(error);
  });
  // What never becomes a WebSocket: a wrong certificate, a slow handshake, rubbish.
  http.on('tlsClientError', () => count(server, 'tls'));
  http.on('clientError', (_error, socket) => {
    count(server, 'http');
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, resolve);
  });
  return {
    port: (http.address() as AddressInfo).port,
    renew: ({ certificate, key }) => {
      if (http instanceof TlsServer) http.setSecureContext({ cert: certificate, key });
    },
    close: async () => {
      server.close();
      sockets.close();
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      for (const socket of sockets.clients) socket.close(1001);
      setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
        http.closeAllConnections();
      }, 500).unref();
      await closed;
    },
  };
}

/** Hands a WebSocket to the server. @param proved called once when the part has proved itself, or has gone */
export function attach(
  server: LinkServer,
  socket: WebSocket,
  remote: string,
  proved = (): void => undefined,
): void {
  const session = server.accept({
    remote,
    get unsent() {
      return socket.bufferedAmount;
    },
    send: (bytes) => {
      if (socket.readyState === socket.OPEN) socket.send(bytes);
    },
    close: () => {
      socket.close(1000);
      server.clock.after(1_000, () => socket.terminate());
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  });
  socket.on('message', (data: Buffer, binary) => {
    if (!binary) return session.refuse('malformed');
    session.receive(data);
    if (session.state === 'open') proved();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') session.refuse('oversized');
    else if (error.code?.startsWith('WS_ERR')) session.refuse('malformed');
  });
  socket.on('close', () => {
    proved();
    session.lost();
  });
}

function count(server: LinkServer, code: string): void {
  server.counters.refusals[code] = (server.counters.refusals[code] ?? 0) + 1;
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
