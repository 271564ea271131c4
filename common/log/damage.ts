/** What of a log cannot be read: each place is reported and counted once, however many readers pass it. */
import { SluiceError } from '../errors';
import type { Position } from './format';

export interface Damage {
  path: string;
  /** Bytes into the file. */
  offset: number;
  /** The records that are missing: from `first`, up to but without `next`. */
  first: Position;
  next: Position;
}

export class DamageReport {
  /** Records that were durable and cannot be read. */
  records = 0;
  readonly #known = new Set<string>();
  readonly #onProblem: (problem: SluiceError) => void;

  constructor(onProblem: (problem: SluiceError) => void) {
    this.#onProblem = onProblem;
  }

  note(damage: Damage): void {
    const { path, offset, first, next } = damage;
    const key = `${path}:${offset}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.records += next - first;
    const sentence = `${path} is damaged at byte ${offset}: ${next - first} records from position ${first} cannot be read`;
    this.#onProblem(new SluiceError('log-damaged', sentence, { path, data: { ...damage } }));
  }

  /** The file is removed: nobody will pass it again. */
  forget(path: string): void {
    for (const key of this.#known) if (key.startsWith(`${path}:`)) this.#known.delete(key);
  }
}
