/** `embedded:network/dns/resolver/udp`: names from the simulated network; addresses and `localhost` by itself. */

import { forget, resolve } from 'sim/network/sockets';
import Timer from 'timer';

interface Request {
  host: string;
  onResolved?: (this: Resolver, host: string, address: string) => void;
  onError?: (this: Resolver, host: string) => void;
}

class Resolver {
  #queries: number[] = [];
  #timers: Timer[] = [];
  #closed = false;

  constructor(options: { servers: string[]; socket: { io: unknown } }) {
    options.servers.slice();
  }

  close(): void {
    this.#closed = true;
    for (const query of this.#queries) forget(query);
    for (const timer of this.#timers) Timer.clear(timer);
    this.#queries = [];
    this.#timers = [];
  }

  resolve(request: Request): void {
    const { host, onResolved, onError } = request;
    if (!host || (!onResolved && !onError) || this.#closed) throw new Error('invalid');
    const name = String(host);
    const address = name === 'localhost' ? '127.0.0.1' : name;
    const parts = address.split('.');
    if (parts.length === 4 && parts.every((part) => String(Number.parseInt(part, 10)) === part)) {
      const timer = Timer.set(() => {
        this.#timers = this.#timers.filter((each) => each !== timer);
        onResolved?.call(this, address, address);
      });
      this.#timers.push(timer);
      return;
    }
    const query = resolve(name, (found) => {
      this.#queries = this.#queries.filter((each) => each !== query);
      if (found) onResolved?.call(this, name, found);
      else onError?.call(this, name);
    });
    this.#queries.push(query);
  }
}

export default Resolver;
