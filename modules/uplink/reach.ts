/**
 * Whether the peer can be reached, asked apart from any session: an attempt a second in the first ten minutes of an
 * outage, then one each ten seconds.
 *
 * In: an address. Out: a connection that stands, for the session that follows. Holds: no attempt waits for another;
 * at most `attempts` are under way; TLS begins only on a connection that stands.
 */
import type TCP from 'embedded:io/socket/tcp';
import Timer from 'timer';
import { Attempt, type AttemptOwner } from './attempt';
import type { Address } from './transport';
import type { UplinkClock } from './uplink-host';

/** ms between two attempts, at most: early in an outage, and later. */
const soonPeriod = 1_000;
const laterPeriod = 10_000;
const early = 600_000;

export interface ReachOwner {
  /** The peer has answered; probing is over. `socket` is the owner's to use or to close. */
  reachedAt(address: string, socket: TCP): void;
  /** An attempt has found nobody. */
  missed(): void;
}

export class Reach implements AttemptOwner {
  readonly peer: Address;
  known: string | undefined;
  /** Monotonic ms of the next attempt, while it probes. */
  next: number | undefined;
  private readonly clock: UplinkClock;
  private readonly owner: ReachOwner;
  private attempts: Attempt[] | undefined;
  private timer: Timer | undefined;
  /** Monotonic ms since when the peer is sought; undefined: it was there. */
  private since: number | undefined;

  constructor(peer: Address, clock: UplinkClock, owner: ReachOwner) {
    this.peer = peer;
    this.clock = clock;
    this.owner = owner;
  }

  get probes(): boolean {
    return this.timer !== undefined;
  }

  /** Probes until the peer answers. @param delay ms before the first attempt @param period ms; left out: as above */
  seek(delay: number, period?: number): void {
    this.stop();
    this.plan(delay, period);
  }

  stop(): void {
    if (this.timer !== undefined) Timer.clear(this.timer);
    this.timer = this.next = undefined;
    const { attempts } = this;
    this.attempts = undefined;
    if (attempts !== undefined) for (const attempt of attempts) attempt.close();
  }

  /** The outage is over, or the network is another one. */
  fresh(): void {
    this.since = undefined;
  }

  answered(address: string, socket: TCP): void {
    this.stop();
    this.known = address;
    this.owner.reachedAt(address, socket);
  }

  failed(attempt: Attempt): void {
    this.attempts = this.attempts?.filter((other) => other !== attempt);
    this.owner.missed();
  }

  private probe(period: number | undefined): void {
    const now = this.clock.now();
    this.since ??= now;
    const nominal = period ?? (now - this.since < early ? soonPeriod : laterPeriod);
    this.plan(Math.round(nominal * (0.6 + Math.random() * 0.3)), period);
    this.attempts ??= [];
    this.attempts.push(new Attempt(this));
  }

  private plan(wait: number, period: number | undefined): void {
    this.next = this.clock.now() + wait;
    this.timer = Timer.set(() => this.probe(period), wait);
  }
}
