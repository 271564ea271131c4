/**
 * One direction of one TCP connection: what is sent arrives in order, late when packets are lost, and waits for
 * retransmission while nothing passes. After as many retries as lwIP makes, it is given up.
 */
import { backOff, type Direction, firstRetransmission, type Path } from './path';
import type { NetworkClock } from './types';

/** lwIP's TCP_MAXRTX: with doubling time-outs about nine minutes. */
const retries = 12;

export class Flow {
  readonly #queue: (() => void | Promise<void>)[] = [];
  /** Packets whose time has come while nothing passed. */
  #due = 0;
  #stalled = false;
  #ended = false;
  #cancelRetry: (() => void) | undefined;
  readonly #clock: NetworkClock;
  readonly #path: Path;
  readonly #direction: Direction;
  readonly #passes: () => boolean;
  readonly #abandoned: () => void;

  constructor(
    clock: NetworkClock,
    path: Path,
    direction: Direction,
    passes: () => boolean,
    abandoned: () => void,
  ) {
    this.#clock = clock;
    this.#path = path;
    this.#direction = direction;
    this.#passes = passes;
    this.#abandoned = abandoned;
  }

  /**
   * While the first packet of a connection is repeated, its time-out does not grow: lwIP doubles none in SYN_SENT.
   * The packets of the answer are the other side's.
   */
  opening = false;

  /** Runs `deliver` when a packet of `bytes` has arrived at the other side, after all that was sent before it. */
  send(bytes: number, deliver: () => void | Promise<void>): void {
    if (this.#ended) return;
    this.#queue.push(deliver);
    this.#clock.at(this.#path.arrival(this.#direction, bytes), () => this.#arrive());
  }

  /** Forgets what is under way. */
  end(): void {
    this.#ended = true;
    this.#queue.length = 0;
    this.#cancelRetry?.();
  }

  #arrive(): void | Promise<void> {
    if (this.#ended) return;
    if (this.#stalled) {
      this.#due += 1;
    } else if (this.#passes()) {
      return this.#queue.shift()?.();
    } else {
      this.#stalled = true;
      this.#due = 1;
      this.#retryAfter(firstRetransmission, retries);
    }
  }

  #retryAfter(wait: number, left: number): void {
    this.#cancelRetry = this.#clock.at(this.#clock.now() + wait, async () => {
      if (this.#ended) return;
      if (this.#passes()) {
        this.#stalled = false;
        for (; this.#due > 0; this.#due -= 1) await this.#queue.shift()?.();
      } else if (left > 1) {
        this.#retryAfter(this.opening ? wait : backOff(wait), left - 1);
      } else {
        this.end();
        this.#abandoned();
      }
    });
  }
}
