/**
 * One look whether the peer can be reached: its name, then a TCP connection.
 *
 * Holds: it ends by itself within `nameTime` and `connectTime`, and lets go of what it opened; where no name server
 * answers, the address of before is tried.
 */
import TCP from 'embedded:io/socket/tcp';
import Resolver from 'embedded:network/dns/resolver/udp';
import Timer from 'timer';
import { type Address, resolver } from './transport';

/** ms for the name, and for the connection: lwIP repeats its SYN each 1.5 s. */
const nameTime = 1_500;
const connectTime = 3_000;

export interface AttemptOwner {
  readonly peer: Address;
  /** Where the peer was found last. */
  readonly known: string | undefined;
  /** `socket` stands, and is the owner's from now on. */
  answered(address: string, socket: TCP): void;
  failed(attempt: Attempt): void;
}

/** The socket's target is its attempt. */
const callbacks = Object.freeze({
  onWritable(this: TCP) {
    (this.target as Attempt).connected();
  },
  onError(this: TCP) {
    (this.target as Attempt).fail();
  },
});

export class Attempt {
  private readonly owner: AttemptOwner;
  private address = '';
  private socket: TCP | undefined;
  private resolver: Resolver | undefined;
  private timer: Timer | undefined;

  constructor(owner: AttemptOwner) {
    this.owner = owner;
    this.timer = Timer.set(() => this.giveUp(), nameTime);
    try {
      this.resolver = new Resolver(resolver());
      this.resolver.resolve({
        host: owner.peer.host,
        onResolved: (_host, address) => this.connect(address),
        onError: () => this.giveUp(),
      });
    } catch {
      // No socket is free: the next attempt may find one.
      this.giveUpLater();
    }
  }

  close(): void {
    this.stop();
    this.socket?.close();
    this.socket = undefined;
  }

  connected(): void {
    const { owner, address, socket } = this;
    this.stop();
    this.socket = undefined;
    owner.answered(address, socket!);
  }

  fail(): void {
    this.close();
    this.owner.failed(this);
  }

  private connect(address: string): void {
    this.stop();
    this.address = address;
    this.timer = Timer.set(() => this.fail(), connectTime);
    try {
      this.socket = new TCP({ address, port: this.owner.peer.port, target: this, ...callbacks });
    } catch {
      this.giveUpLater();
    }
  }

  /** No name server answers. */
  private giveUp(): void {
    const { known } = this.owner;
    if (known === undefined) this.fail();
    else this.connect(known);
  }

  /** In a turn of its own, as any other failure. */
  private giveUpLater(): void {
    this.stop();
    this.timer = Timer.set(() => this.fail(), 0);
  }

  private stop(): void {
    this.resolver?.close();
    this.resolver = undefined;
    if (this.timer !== undefined) Timer.clear(this.timer);
    this.timer = undefined;
  }
}
