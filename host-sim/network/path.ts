/**
 * The way between one device and everything else: latency, jitter, bandwidth, loss, and stretches in which
 * nothing passes. Deterministic from its seed.
 */
import type { NetworkClock } from './types';

export interface PathQuality {
  /** One way, milliseconds. */
  latency: number;
  /** Added to the latency, uniform from 0 to this many milliseconds; packets never overtake each other. */
  jitter: number;
  /** Bytes a second each way; 0: without limit. */
  bandwidth: number;
  /** Probability that a packet is lost: of a connection it is sent again after the retransmission time. */
  loss: number;
}

export const perfectPath: PathQuality = { latency: 0, jitter: 0, bandwidth: 0, loss: 0 };

export type Direction = 'up' | 'down';

/** First retransmission time-out of lwIP, milliseconds; doubled by each further loss. */
const retransmission = 1_500;
const retransmissionLimit = 60_000;

/** What ails one path, or all of a network, at present. */
export interface Trouble {
  /** Stretches of time in which nothing passes in either direction, and nobody is told: a half-open line. */
  closures: number;
  /** What is worse for a while, the latest last. */
  readonly changes: Partial<PathQuality>[];
}

export class Path {
  readonly trouble: Trouble = { closures: 0, changes: [] };
  readonly #free: Record<Direction, number> = { up: 0, down: 0 };
  readonly #last: Record<Direction, number> = { up: 0, down: 0 };
  readonly #clock: NetworkClock;
  readonly #random: () => number;
  readonly #usual: PathQuality;
  readonly #everywhere: Trouble;

  constructor(clock: NetworkClock, random: () => number, usual: PathQuality, everywhere: Trouble) {
    this.#clock = clock;
    this.#random = random;
    this.#usual = usual;
    this.#everywhere = everywhere;
  }

  get open(): boolean {
    return this.trouble.closures + this.#everywhere.closures === 0;
  }

  get quality(): PathQuality {
    const { changes } = this.#everywhere;
    if (changes.length + this.trouble.changes.length === 0) return this.#usual;
    return Object.assign({}, this.#usual, ...changes, ...this.trouble.changes);
  }

  /** When a packet of a connection that is sent now arrives, if the path is open then. */
  arrival(direction: Direction, bytes: number): number {
    const { loss } = this.quality;
    let arrival = this.#sent(direction, bytes);
    if (loss > 0) {
      for (let wait = retransmission; this.#random() < loss; wait = backOff(wait)) arrival += wait;
    }
    // Whole microseconds: a device's time has no finer ones.
    this.#last[direction] = Math.max(this.#last[direction], Math.ceil(arrival * 1000) / 1000);
    return this.#last[direction];
  }

  /** When a datagram that is sent now arrives, if the path is open then; undefined: it is lost, for good. */
  datagram(direction: Direction, bytes: number): number | undefined {
    const { loss } = this.quality;
    const arrival = this.#sent(direction, bytes);
    return loss > 0 && this.#random() < loss ? undefined : Math.ceil(arrival * 1000) / 1000;
  }

  /** With its time on the way. */
  #sent(direction: Direction, bytes: number): number {
    const { latency, jitter, bandwidth } = this.quality;
    const start = Math.max(this.#clock.now(), this.#free[direction]);
    const sent = bandwidth > 0 ? start + (bytes * 1000) / bandwidth : start;
    this.#free[direction] = sent;
    return sent + latency + (jitter > 0 ? jitter * this.#random() : 0);
  }
}

export function backOff(wait: number): number {
  return Math.min(wait * 2, retransmissionLimit);
}

export const firstRetransmission = retransmission;

/** A seeded generator, uniform in [0, 1) (Steele and Vigna, SplitMix; 32-bit variant mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
