/**
 * Connections that have not proved themselves: of one address so many are served at a time, the others wait for their
 * turn before anything is done for them. So a thousand parts that come back at once, behind one router too, are taken
 * one after the other as fast as it goes, and who connects and says nothing takes the places of his address only.
 *
 * In: sockets. Out: sockets whose turn it is. Holds: bounded, first come first served within an address.
 */
import type { Socket } from 'node:net';

export interface WaitingRoomOptions {
  /** Connections of one address that are served and have not proved themselves, at most. */
  served: number;
  /** The same, those that wait included: further ones are closed. */
  most: number;
  /** Milliseconds that one waits at most. */
  patience: number;
  serve(socket: Socket): void;
  /** One was closed: there were too many, or its turn did not come. */
  refused(): void;
}

interface Address {
  served: Set<number>;
  waiting: { socket: Socket; timer: NodeJS.Timeout }[];
}

export class WaitingRoom {
  readonly #addresses = new Map<string, Address>();
  readonly #options: WaitingRoomOptions;

  constructor(options: WaitingRoomOptions) {
    this.#options = options;
  }

  arrive(socket: Socket): void {
    const { served, most, patience, refused } = this.#options;
    const { remoteAddress = '', remotePort = 0 } = socket;
    const address = this.#addresses.get(remoteAddress) ?? { served: new Set(), waiting: [] };
    this.#addresses.set(remoteAddress, address);
    socket.on('error', () => socket.destroy());
    if (address.served.size + address.waiting.length >= most) {
      refused();
      socket.destroy();
      return;
    }
    socket.once('close', () => this.left(remoteAddress, remotePort));
    if (address.served.size < served) {
      this.#serve(address, socket);
      return;
    }
    const timer = setTimeout(() => {
      refused();
      socket.destroy();
    }, patience);
    address.waiting.push({ socket, timer: timer.unref() });
  }

  /** A connection has proved itself, or is gone: the next one's turn. */
  left(remoteAddress: string, remotePort: number): void {
    const address = this.#addresses.get(remoteAddress);
    if (address === undefined) return;
    if (!address.served.delete(remotePort)) {
      const at = address.waiting.findIndex(
        ({ socket }) => socket.remotePort === remotePort || socket.destroyed,
      );
      for (const { timer } of at < 0 ? [] : address.waiting.splice(at, 1)) clearTimeout(timer);
    }
    while (address.served.size < this.#options.served) {
      const next = address.waiting.shift();
      if (next === undefined) break;
      clearTimeout(next.timer);
      if (!next.socket.destroyed) this.#serve(address, next.socket);
    }
    if (address.served.size + address.waiting.length === 0) this.#addresses.delete(remoteAddress);
  }

  #serve(address: Address, socket: Socket): void {
    address.served.add(socket.remotePort ?? 0);
    this.#options.serve(socket);
  }
}
