/** A bound for the connections of an HTTP server: who comes beyond it is told to come again. */
import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

const answer =
  'HTTP/1.1 503 Service Unavailable\r\nretry-after: 10\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
/** Connections that are being told so, and milliseconds for it; others are closed without a word. */
const mostTold = 100;
const patience = 1_000;

/** @param most connections at once */
export function boundConnections(server: Server, most: number): void {
  const serve = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.maxConnections = most + mostTold;
  let open = 0;
  server.on('connection', (socket) => {
    if (open < most) {
      open++;
      socket.once('close', () => open--);
      for (const each of serve) each.call(server, socket);
      return;
    }
    socket.on('error', () => undefined);
    // Over TLS an answer would cost what is short.
    if (server instanceof TlsServer) return void socket.destroy();
    socket.setTimeout(patience, () => socket.destroy());
    socket.resume().end(answer);
  });
}
