/**
 * `embedded:network/dns/resolver/udp`, as examples/io/udp/dns of SDK 8.2.3: a query a second and server, five times. As
 * there, nothing catches what an answer that cannot be read throws, and the socket is closed with the last request
 * although more packets may wait in it.
 */

import { classInternet, Packet, queryOf, typeA } from 'sim/network/dns-packet';
import Timer from 'timer';
import type UDP from './udp';

interface Lookup {
  host: string;
  onResolved?: (this: Resolver, host: string, address: string) => void;
  onError?: (this: Resolver, host: string) => void;
}

interface Request extends Lookup {
  state: number;
  id: number;
  isAddress: boolean;
}

interface UDPSocket {
  io: new (options: { target: Resolver; onReadable(this: UDP, count: number): void }) => UDP;
}

const tries = 5;
const multicast = '224.0.0.251';

class Resolver {
  #socket: UDP | undefined;
  #requests: Request[] = [];
  #servers: string[] | undefined;
  #UDP: UDPSocket | undefined;
  #timer: Timer | undefined;

  constructor(options: { servers: string[]; socket: UDPSocket }) {
    this.#servers = options.servers.slice();
    this.#UDP = options.socket;
  }

  close(): void {
    this.#socket?.close();
    Timer.clear(this.#timer);
    this.#socket = this.#servers = this.#timer = this.#UDP = undefined;
  }

  resolve({ host, onResolved, onError }: Lookup): void {
    if (!host || (!onResolved && !onError) || !this.#UDP) throw new Error('invalid');
    const name = host === 'localhost' ? '127.0.0.1' : String(host);
    const parts = name.split('.');
    const isAddress = parts.length === 4 && parts.every((part) => String(Number.parseInt(part, 10)) === part);
    const id = name.endsWith('.local') ? 0 : (Math.random() * 65_535) | 1;
    const request: Request = { state: 0, id, host: name, isAddress };
    if (onResolved) request.onResolved = onResolved;
    if (onError) request.onError = onError;
    this.#requests.push(request);
    this.#timer ??= Timer.repeat(() => this.#task(), 1_000);
    Timer.schedule(this.#timer, 0, 1_000);
  }

  #send(request: Request): void {
    const packet = queryOf(request.id, request.host);
    try {
      this.#timer ??= Timer.repeat(() => this.#task(), 1_000);
      this.#socket ??= new this.#UDP!.io({
        target: this,
        onReadable(count) {
          for (let left = count; left > 0; left -= 1) (this.target as Resolver).#receive(this.read());
        },
      });
      const servers = this.#servers!;
      if (request.id) this.#socket.write(packet, servers[request.state % servers.length]!, 53);
      else this.#socket.write(packet, multicast, 5_353);
    } catch {
      if (this.#timer) return;
      this.#remove(request);
      request.onError?.call(this, request.host);
    }
  }

  #receive(buffer: ArrayBuffer | undefined): void {
    const packet = new Packet(buffer);
    const question = packet.question();
    if (question && question.class !== classInternet) return;
    for (const request of this.#requests) {
      if (request.id !== packet.id) continue;
      for (let index = 0; index < packet.answers; index += 1) {
        // Null when it cannot be read, as in the SDK, where the next line throws then.
        const answer = packet.answer(index)!;
        if (answer.type !== typeA) continue;
        if (question?.name === request.host || answer.name === request.host) {
          this.#remove(request);
          request.onResolved?.call(this, request.host, answer.address!);
          return;
        }
      }
      if (packet.id) {
        this.#remove(request);
        request.onError?.call(this, request.host);
        return;
      }
    }
  }

  #remove(request: Request): void {
    this.#requests = this.#requests.filter((each) => each !== request);
    if (this.#requests.length > 0) return;
    this.#socket?.close();
    Timer.clear(this.#timer);
    this.#socket = this.#timer = undefined;
  }

  #task(): void {
    for (const request of this.#requests.slice()) {
      if (request.isAddress) {
        this.#remove(request);
        request.onResolved?.call(this, request.host, request.host);
        continue;
      }
      request.state += 1;
      if (request.state === (request.id ? this.#servers!.length * tries : tries)) {
        this.#remove(request);
        request.onError?.call(this, request.host);
        continue;
      }
      this.#send(request);
    }
  }
}

export default Resolver;
