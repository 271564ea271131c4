/**
 * What the contract's socket cases talk to: TCP and WebSocket echo with commands, the same over TLS.
 * `npx tsx test/contract/servers.ts` runs them for a board and prints the configuration to build it with.
 */
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { type WebSocket, WebSocketServer } from 'ws';
import { openAuthority } from '../../common/tls/authority';

export const ports = { tcp: 7007, ws: 7008, wss: 7009 };

function answer(socket: WebSocket, command: string): void {
  switch (command) {
    case 'fragments':
      socket.send('frag', { fin: false });
      socket.send('mented', { fin: true });
      break;
    case 'large':
      socket.send(Buffer.alloc(100_000, 'x'));
      break;
    case 'ping':
      socket.once('pong', () => socket.send('ponged'));
      socket.ping('server');
      break;
    case 'close':
      socket.close(1001, 'as told');
      break;
    case 'drop':
      socket.terminate();
      break;
    default:
      socket.send(command);
  }
}

function serveWebSockets(server: Server): Server {
  new WebSocketServer({ server }).on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (data, binary) =>
      binary ? socket.send(data) : answer(socket, (data as Buffer).toString()),
    );
  });
  return server;
}

export interface ContractServers {
  /** Takes a connection for one of the ports. */
  accept: Record<keyof typeof ports, (stream: Duplex) => void>;
  /** DER of the authority in hexadecimal. */
  authority: string;
}

/** `names`: by which boards and simulated devices call this machine, beside its own names and addresses. */
export async function startServers(directory: string, names: string[] = []): Promise<ContractServers> {
  const { authority, certificate, key } = await openAuthority(directory, names);
  const ws = serveWebSockets(createHttpServer());
  const wss = serveWebSockets(createHttpsServer({ cert: certificate, key }));
  return {
    authority: Buffer.from(authority.der).toString('hex'),
    accept: {
      tcp: (stream) => stream.on('error', () => undefined).pipe(stream),
      ws: (stream) => ws.emit('connection', stream),
      wss: (stream) => wss.emit('connection', stream),
    },
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { accept, authority } = await startServers(join(tmpdir(), 'sluice-contract'));
  for (const [name, port] of Object.entries(ports)) {
    createTcpServer((socket) => accept[name as keyof typeof ports](socket)).listen(port);
  }
  const address = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)?.address;
  console.log(`Listening on ${address}. Build the board with: server=${address} authority=${authority}`);
}
