/** Errors that repeat, told once in a while. */
import type { Clock } from '@sluice/common/clock';

export interface RepeatedErrorsOptions {
  clock: Pick<Clock, 'now'>;
  /** @param repeated how often the same came since it was told last */
  tell(message: string, repeated: number): void;
  /** Milliseconds between two words about the same error. Default: a minute. */
  every?: number;
}

/** Of one collector: the first of a kind is told at once, the same again at most every minute, with how many there were. */
export class RepeatedErrors {
  readonly #options: RepeatedErrorsOptions;
  #message = '';
  #told = Number.NEGATIVE_INFINITY;
  #repeated = 0;

  constructor(options: RepeatedErrorsOptions) {
    this.#options = options;
  }

  add(message: string): void {
    const { clock, tell, every = 60_000 } = this.#options;
    const now = clock.now();
    if (message === this.#message && now - this.#told < every) {
      this.#repeated++;
      return;
    }
    tell(message, message === this.#message ? this.#repeated : 0);
    this.#message = message;
    this.#told = now;
    this.#repeated = 0;
  }
}
