/** A reference part over a real WebSocket, for tests and benchmarks. */
import { WebSocket } from 'ws';
import { linkPath, linkProtocol } from './listener';
import { ReferencePart, type ReferencePartOptions } from './reference-part';

export interface ReferenceConnectionOptions extends Omit<ReferencePartOptions, 'send'> {
  port: number;
  /** PEM of the pinned authority; left out: `ws:`. */
  authority?: string;
}

export interface ReferenceConnection {
  part: ReferencePart;
  /** Settles when the connection is over. */
  closed: Promise<void>;
  /** Bytes sent that are still in this process. */
  readonly unsent: number;
  close(): void;
}

/** Rejects when the connection cannot be made. */
export function connectPart(options: ReferenceConnectionOptions): Promise<ReferenceConnection> {
  const { port, authority } = options;
  const scheme = authority === undefined ? 'ws' : 'wss';
  const tls = authority === undefined ? {} : { ca: authority, servername: 'localhost' };
  const socket = new WebSocket(`${scheme}://127.0.0.1:${port}${linkPath}`, linkProtocol, {
    perMessageDeflate: false,
    ...tls,
  });
  const part = new ReferencePart({
    ...options,
    send: (bytes) => {
      if (socket.readyState === socket.OPEN) socket.send(bytes);
    },
  });
  socket.on('message', (data: Buffer) => part.receive(data));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.once('open', () => {
      part.hello();
      const close = () => socket.terminate();
      resolve({
        part,
        closed,
        close,
        get unsent() {
          return socket.bufferedAmount;
        },
      });
    });
  });
}
