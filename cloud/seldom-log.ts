/** A log for what comes often: what is the same is written now and then, with the counters of all. */
import type { Logger } from 'pino';
import type { Counters } from './doors/counters';

/** What is the same is logged at most this often, in milliseconds. */
const interval = 10_000;
/** Kinds that are told apart; beyond it all are forgotten. */
const mostKinds = 1_000;

export class SeldomLog {
  readonly #log: Logger;
  readonly #counters: Counters;
  readonly #written = new Map<string, number>();

  constructor(log: Logger, counters: Counters) {
    this.#log = log;
    this.#counters = counters;
  }

  /** @param kind what makes it the same as another */
  write(level: 'warn' | 'error', details: object, message: string, kind = message): void {
    const now = performance.now();
    if (now - (this.#written.get(kind) ?? Number.NEGATIVE_INFINITY) < interval) return;
    if (this.#written.size >= mostKinds) this.#written.clear();
    this.#written.set(kind, now);
    this.#log[level]({ ...details, counters: { ...this.#counters } }, message);
  }
}
