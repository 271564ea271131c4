/** Whoever speaks HTTP in plain text to a server over TLS is told so: a browser goes to `https:` by itself. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import { firstBytes, tlsHandshake } from './first-bytes';

/** Milliseconds for the first byte, and for a request in plain text. */
const patience = 10_000;

export function answerPlainText(server: TlsServer): void {
  const plain = createServer({ headersTimeout: patience, requestTimeout: patience }, answer);
  plain.maxHeadersCount = 32;
  const secure = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket) => {
    // A peer that goes away before it has said anything is no news.
    const gone = () => undefined;
    socket.on('error', gone);
    firstBytes(socket, { patience, most: 1, areEnough: () => true }, ([first]) => {
      socket.off('error', gone);
      if (first !== tlsHandshake) plain.emit('connection', socket);
      else for (const serve of secure) serve.call(server, socket);
    });
  });
}

function answer({ method, url, headers }: IncomingMessage, response: ServerResponse): void {
  const address = `https://${headers.host}`;
  const isKnown = headers.host !== undefined && URL.canParse(address) && url?.startsWith('/');
  // A script would take what it is sent on with for its answer.
  const isBrowser = method === 'GET' && headers.accept?.includes('text/html');
  response
    .writeHead(isKnown && isBrowser ? 307 : 400, {
      'content-type': 'application/json',
      connection: 'close',
      ...(isKnown && isBrowser && { location: address + url }),
    })
    .end(JSON.stringify({ error: `this port speaks TLS alone: ${isKnown ? address : 'https:'}` }));
}
