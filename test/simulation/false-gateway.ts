/**
 * A gateway that does not know the secret, and would have everything: it proves itself with noise, then acknowledges
 * each block that comes. Who believes it has lost them.
 */
import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { linkPath, linkProtocol } from '../../gateway/link/listener';
import { DecodedBlock, decodeBlock } from '../../modules/block/decoder';
import { nonceBytes, proofBytes, protocolVersion } from '../../proto/handshake';
import { link } from '../../proto/link.js';
import type { Impostor } from './impostors';

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
  if (envelope.proof) {
    const { monotonic } = envelope.proof;
    send({ welcome: { proof: noise(proofBytes), monotonic, wall: 0, window: 32_768, message: 16_384 } });
    send({ resume: {} });
  }
  const acknowledgements = envelope.blocks.flatMap((bytes) => {
    const block = decodeBlock(bytes);
    return block instanceof DecodedBlock ? [{ stream: block.stream, next: block.sequence + 1 }] : [];
  });
  if (acknowledgements.length > 0) send({ acknowledgements });
}
