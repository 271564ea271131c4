/** A log for what comes often: the same message is written now and then, with the counters of all. */
import type { Logger } from 'pino';
import type { Counters } from './doors/counters';

/** The same message is logged at most this often, in milliseconds. */
const interval = 10_000;

export class SeldomLog {
  readonly #log: Logger;
  readonly #counters: Counters;
  readonly #written = new Map<string, number>();

  constructor(log: Logger, counters: Counters) {
    this.#log = log;
    this.#counters = counters;
  }

  write(level: 'warn' | 'error', details: object, message: string): void {
    const now = performance.now();
    if (now - (this.#written.get(message) ?? Number.NEGATIVE_INFINITY) < interval) return;
    this.#written.set(message, now);
    this.#log[level]({ ...details, counters: { ...this.#counters } }, message);
  }
}
