/** Starts what a program owns, in order, and closes it in the opposite order, in bounded time. */
import { asError, SluiceError } from '../errors';

export interface Owned {
  close(): Promise<void> | void;
}

export interface LifecycleOptions {
  /** Milliseconds that one thing's close may take; then the next is closed. Default 10,000. */
  deadline?: number;
  /** What did not close well, or in time. */
  onProblem(problem: Error, name: string): void;
  /** Runs `action` once after `delay` milliseconds; the returned function cancels. */
  after?(delay: number, action: () => void): () => void;
}

const timer = (delay: number, action: () => void) => {
  const pending = setTimeout(action, delay);
  return () => clearTimeout(pending);
};

export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #owned: { name: string; close(): Promise<void> | void }[] = [];
  #closing?: Promise<void>;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /**
   * Starts something that depends on what was started before. When it cannot be, all of that is closed again.
   * @throws SluiceError start-failed
   */
  async start<T extends Owned>(name: string, start: () => Promise<T> | T): Promise<T> {
    let started: T;
    try {
      started = await start();
    } catch (error) {
      await this.close();
      throw new SluiceError('start-failed', `${name} cannot start: ${asError(error).message}`, {
        cause: error,
      });
    }
    this.#owned.push({ name, close: () => started.close() });
    if (this.#closing === undefined) return started;
    // Asked to stop meanwhile.
    await this.#closeLast();
    throw new SluiceError('start-failed', `${name} was started too late: the program stops`);
  }

  /** Closes everything, the last started first. Never rejects; called again it is the same close. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    while (this.#owned.length > 0) await this.#closeLast();
  }

  async #closeLast(): Promise<void> {
    const { name, close } = this.#owned.pop()!;
    const { deadline = 10_000, onProblem, after = timer } = this.#options;
    let cancel = () => {};
    const late = new Promise<Error>((resolve) => {
      cancel = after(deadline, () => resolve(new Error(`${name} did not close within ${deadline} ms`)));
    });
    const closed = Promise.resolve()
      .then(close)
      .then(() => undefined, asError);
    const problem = await Promise.race([closed, late]);
    cancel();
    if (problem !== undefined) onProblem(problem, name);
  }
}

/**
 * Calls `stop` at the first of the signals, and `impatient` at the second, for who does not want to wait. Returns what
 * ends the listening.
 */
export function onSignals(
  source: {
    on(signal: string, listener: () => void): unknown;
    off(signal: string, listener: () => void): unknown;
  },
  stop: (signal: string) => void,
  impatient: (signal: string) => void,
): () => void {
  let count = 0;
  const listeners = ['SIGINT', 'SIGTERM'].map((signal) => {
    const listener = () => (count++ === 0 ? stop(signal) : impatient(signal));
    source.on(signal, listener);
    return () => source.off(signal, listener);
  });
  return () => {
    for (const end of listeners) end();
  };
}
