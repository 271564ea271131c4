/** What lies between two programs: a TCP proxy that counts, so that something happens in the midst of a transfer. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class CountedNetwork {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #left = Number.POSITIVE_INFINITY;
  #happen: () => void = () => undefined;

  private constructor(port: number) {
    this.#server = createServer((near) => this.#carry(near, connect(port, '127.0.0.1')));
  }

  /** @param port of who is called */
  static async open(port: number): Promise<CountedNetwork> {
    const network = new CountedNetwork(port);
    network.#server.listen(0, '127.0.0.1');
    await once(network.#server, 'listening');
    return network;
  }

  /** Where it is called. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Calls back, once, when so many more bytes went from who calls to who is called. */
  after(bytes: number, happen: () => void): void {
    this.#left = bytes;
    this.#happen = happen;
  }

  /** Ends all connections; others can be made at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #carry(near: Socket, far: Socket): void {
    near.on('data', (bytes) => this.#count(bytes.length));
    near.pipe(far).pipe(near);
    this.#own(near, far);
    this.#own(far, near);
  }

  #own(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    // An end that breaks off is what this is for: the other sees it, too.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      other.destroy();
    });
  }

  #count(bytes: number): void {
    const before = this.#left;
    this.#left -= bytes;
    if (before > 0 && this.#left <= 0) this.#happen();
  }
}
