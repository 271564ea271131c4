/**
 * A gateway that does not know the secret, and would have everything: it proves itself with noise, then acknowledges
 * whatever there may be. Who believes it has lost it all.
 */
import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { linkPath, linkProtocol } from '../../gateway/link/listener';
import { nonceBytes, proofBytes, protocolVersion } from '../../proto/handshake';
import { link } from '../../proto/link.js';
import type { Impostor } from './impostors';

/** Streams that it acknowledges, and up to which block. */
const streams = 16;
const everything = 1_000_000;

export function falseGateway(random: () => number): Impostor {
  const noise = (length: number) => Uint8Array.from({ length }, () => Math.floor(random() * 256));
  const http = createServer();
  const sockets = new WebSocketServer({
    server: http,
    path: linkPath,
    handleProtocols: (protocols) => (protocols.has(linkProtocol) ? linkProtocol : false),
  });
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (bytes: Buffer) => answer(socket, link.Envelope.decode(bytes), noise));
  });
  return (stream) => http.emit('connection', stream);
}

function answer(socket: WebSocket, envelope: link.Envelope, noise: (length: number) => Uint8Array): void {
  const send = (message: link.IEnvelope) => socket.send(link.Envelope.encode(message).finish());
  if (envelope.hello) send({ challenge: { protocol: protocolVersion, nonce: noise(nonceBytes) } });
  if (!envelope.proof) return;
  const { monotonic } = envelope.proof;
  const all = Array.from({ length: streams }, (_, stream) => ({ stream, next: everything }));
  send({ welcome: { proof: noise(proofBytes), monotonic, wall: 0, window: 32_768, message: 16_384 } });
  send({ resume: { positions: all } });
  send({ acknowledgements: all });
}
