/**
 * What goes out to a part, no faster than it takes it.
 *
 * In: what the part has room for (`Hello.receives`) and what it has taken. Out: messages, one after the other, as
 * `next` names them: whoever has something to say keeps the newest of it until there is room, instead of a queue.
 * Holds: of a part that tells what it takes, never more is on its way than it has room for; of one of an earlier
 * release, which does not, no more than a device takes whatever it is doing.
 */

import type { Clock } from '@sluice/common/clock';
import type { link } from '../../proto/link.js';
import { limits } from './limits';

export interface OutgoingOptions {
  clock: Pick<Clock, 'now' | 'after'>;
  send(envelope: link.IEnvelope): void;
  /**
   * The next message, by urgency. @param room how many more than this one may go
   * @returns undefined: there is nothing that may go
   */
  next(room: number): link.IEnvelope | undefined;
}

export class Outgoing {
  #room = 0;
  /** Messages of the session. */
  sent = 0;
  taken = 0;
  /** Of a part that does not tell: messages that may go now, and when that was so. */
  #tokens: number = limits.untoldBurst;
  #since = 0;
  #cancel: (() => void) | undefined;
  readonly #options: OutgoingOptions;

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /** @param receives messages that may wait for the part at a time; 0: it does not tell what it has taken */
  open(receives: number): void {
    this.#room = Math.min(receives, limits.receives);
    this.#since = this.#options.clock.now();
  }

  /** Of the handshake: each is asked for. */
  answer(envelope: link.IEnvelope): void {
    this.sent++;
    this.#options.send(envelope);
  }

  /** The part has read so many messages in this session. @returns whether it can have */
  onTaken(count: number): boolean {
    if (count > this.sent || count < this.taken) return false;
    this.taken = count;
    this.flow();
    return true;
  }

  /** Sends what may go. */
  flow(): void {
    for (let room = this.#left(); room > 0; room = this.#left()) {
      const envelope = this.#options.next(room - 1);
      if (envelope === undefined) break;
      this.sent++;
      this.#tokens--;
      this.#options.send(envelope);
    }
    if (this.#room === 0 && this.#tokens < limits.untoldBurst) this.#later();
  }

  /** Messages sent that the part has not taken, as far as it tells. */
  get underWay(): number {
    return this.sent - this.taken;
  }

  end(): void {
    this.#cancel?.();
  }

  #left(): number {
    if (this.#room > 0) return this.#room - this.underWay;
    const now = this.#options.clock.now();
    this.#tokens = Math.min(
      limits.untoldBurst,
      this.#tokens + ((now - this.#since) / 1_000) * limits.untoldRate,
    );
    this.#since = now;
    return Math.floor(this.#tokens);
  }

  #later(): void {
    this.#cancel ??= this.#options.clock.after(1_000 / limits.untoldRate, () => {
      this.#cancel = undefined;
      this.flow();
    });
  }
}
