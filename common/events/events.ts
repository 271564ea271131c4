/** Listeners by event: any number of each, none of which can hurt another or who tells them. */
import { asError } from '../errors';

export class Events<Types extends { [Name in keyof Types]: unknown }> {
  readonly #listeners = new Map<keyof Types, Set<(told: never) => void>>();
  readonly #onProblem: (problem: Error, event: keyof Types) => void;

  /** `onProblem` hears of listeners that throw. */
  constructor(onProblem: (problem: Error, event: keyof Types) => void) {
    this.#onProblem = onProblem;
  }

  /** Returns what ends the listening. */
  on<Name extends keyof Types>(name: Name, listener: (told: Types[Name]) => void): () => void {
    // Its own for each call: who listens twice hears twice, and ends each alone.
    const own = (told: Types[Name]) => listener(told);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  /** Whether anybody would hear it: for what costs something to tell. */
  has(name: keyof Types): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  /** Tells everybody who listens now, in the order in which they came. Never throws. */
  emit<Name extends keyof Types>(name: Name, told: Types[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (told: Types[Name]) => void)(told);
      } catch (thrown) {
        this.#onProblem(asError(thrown), name);
      }
    }
  }
}
