/**
 * A way out for news of alerts. In: news, in their order. Out: each handed over until it was taken, at least once. What
 * holds: bounded, the oldest give way; whoever is away is tried again, ever later, and holds nobody up.
 */
import type { Clock } from '../clock';
import { asError } from '../errors';
import type { AlertNews } from './alert';

/** What takes news: rejects when they should come again; `refused` when they never will be taken. */
export interface Receiver {
  readonly name: string;
  send(news: AlertNews, signal: AbortSignal): Promise<'taken' | { refused: string }>;
  close(): Promise<void>;
}

export interface OutletOptions {
  receiver: Receiver;
  clock: Clock;
  /** What waits is otherwise than it was. */
  changed(): void;
  /** Told once in a row. */
  onProblem(problem: string): void;
  /** In [0, 1). */
  random?: () => number;
  /** News that wait at most. */
  most?: number;
}

/** Milliseconds of a delivery, and between tries: the first, and the longest. */
const deadline = 10_000;
const firstPause = 1_000;
const longestPause = 300_000;

export class Outlet {
  readonly #options: OutletOptions;
  readonly #queue: AlertNews[] = [];
  readonly #closing = new AbortController();
  #failures = 0;
  #sending: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  /** News that gave way to newer ones. */
  dropped = 0;

  constructor(options: OutletOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.receiver.name;
  }

  get waiting(): readonly AlertNews[] {
    return this.#queue;
  }

  add(...news: readonly AlertNews[]): void {
    const { most = 1_000, onProblem } = this.#options;
    this.#queue.push(...news);
    const tooMany = this.#queue.length - most;
    if (tooMany > 0) {
      // The first is under way.
      this.#queue.splice(this.#sending ? 1 : 0, tooMany);
      if (this.dropped === 0) onProblem(`${this.name}: news of alerts are given up: more than ${most} wait`);
      this.dropped += tooMany;
    }
    if (this.#cancel === undefined) this.#sendNext();
  }

  /** Gives up what is under way; what waits stays in `waiting`. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#cancel?.();
    await this.#sending;
    await this.#options.receiver.close();
  }

  #sendNext(): void {
    this.#cancel = undefined;
    const [news] = this.#queue;
    if (news === undefined || this.#sending || this.#closing.signal.aborted) return;
    this.#sending = this.#send(news).finally(() => {
      this.#sending = undefined;
      if (this.#cancel === undefined) this.#sendNext();
    });
  }

  async #send(news: AlertNews): Promise<void> {
    const { receiver, clock, changed, onProblem, random = Math.random } = this.#options;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(deadline)]);
    try {
      const answer = await receiver.send(news, signal);
      if (answer !== 'taken') onProblem(`${this.name} refuses an alert: ${answer.refused}`);
      else this.#failures = 0;
      this.#queue.splice(this.#queue.indexOf(news), 1);
      changed();
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      if (this.#failures++ === 0) onProblem(`${this.name} takes no alert: ${asError(error).message}`);
      const pause = Math.min(longestPause, firstPause * 2 ** Math.min(this.#failures - 1, 20));
      this.#cancel = clock.after(pause * (1 - random() / 2), () => this.#sendNext());
    }
  }
}
