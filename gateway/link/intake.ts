/**
 * When a part is read from: not while the directory is behind, nor faster than it may send. A part that is fast is
 * held back by its transport, and not sent away. What its transport had read already waits here, in its order.
 */
import type { Clock } from '@sluice/common/clock';
import type { link } from '../../proto/link.js';
import { limits } from './limits';

export interface IntakeOptions {
  clock: Pick<Clock, 'now' | 'after'>;
  /** No more messages until `resume`. */
  pause(): void;
  resume(): void;
}

type Reason = 'storage' | 'rate';

export class Intake {
  readonly #reasons = new Set<Reason>();
  #tokens: number = limits.burst;
  #since: number;
  #cancel: (() => void) | undefined;
  readonly #waiting: { envelope: link.Envelope; bytes: number }[] = [];
  #waitingBytes = 0;
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  get held(): boolean {
    return this.#reasons.size > 0;
  }

  /** What comes now waits until the directory has room. */
  get isWaiting(): boolean {
    return this.#reasons.has('storage');
  }

  get hasMessages(): boolean {
    return this.#waiting.length > 0;
  }

  /** A message waits behind others. @returns whether it may: a transport that is paused has not read more */
  keep(envelope: link.Envelope, bytes: number): boolean {
    this.#waiting.push({ envelope, bytes });
    this.#waitingBytes += bytes;
    return this.#waitingBytes <= limits.waiting;
  }

  /** What is left of the message at hand waits before all others. */
  keepFirst(envelope: link.Envelope): void {
    this.#waiting.unshift({ envelope, bytes: 0 });
  }

  /** The next message that waits. */
  next(): link.Envelope | undefined {
    const next = this.#waiting.shift();
    this.#waitingBytes -= next?.bytes ?? 0;
    return next?.envelope;
  }

  /** A message that counts, as blocks and answers do not. @returns whether it is one too many in this moment */
  count(): boolean {
    const now = this.#options.clock.now();
    this.#tokens = Math.min(limits.burst, this.#tokens + ((now - this.#since) / 1_000) * limits.rate);
    this.#since = now;
    this.#tokens--;
    return this.#tokens < 0;
  }

  /** Reads nothing until what came too fast is made up for. */
  slowDown(): void {
    if (this.#cancel !== undefined) return;
    const wait = Math.min((-this.#tokens / limits.rate) * 1_000, limits.silence / 2);
    this.hold('rate');
    this.#cancel = this.#options.clock.after(wait, () => {
      this.#cancel = undefined;
      this.release('rate');
    });
  }

  hold(reason: Reason): void {
    if (!this.held) this.#options.pause();
    this.#reasons.add(reason);
  }

  release(reason: Reason): void {
    if (this.#reasons.delete(reason) && !this.held) this.#options.resume();
  }

  end(): void {
    this.#cancel?.();
    this.#waiting.length = 0;
  }
}
