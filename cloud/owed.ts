/**
 * What was taken and takes far more of the disk in the stores of this machine than it does in the inbox: blocks, which
 * are opened there. A door that looked at the free disk alone would take, in a second, more than there is room for.
 * Known of what came since the start.
 */
import type { Position } from './inbox/arrival';
import type { StageRunner } from './stages/runner';
import { localStages } from './stages/stage';

export interface OwedOptions {
  /** Position of the next arrival. */
  end(): Position;
  /** Below it every store has everything. */
  stored(): Position;
}

export class Owed {
  readonly #options: OwedOptions;
  readonly #expected: { before: Position; bytes: number }[] = [];
  #bytes = 0;

  constructor(options: OwedOptions) {
    this.#options = options;
  }

  /** Bytes that stores have still to write, about. */
  get bytes(): number {
    if (this.#expected.length === 0) return 0;
    const stored = this.#options.stored();
    const left = this.#expected.findIndex(({ before }) => before > stored);
    const done = this.#expected.splice(0, left < 0 ? this.#expected.length : left);
    for (const { bytes } of done) this.#bytes -= bytes;
    return this.#bytes;
  }

  /** Of what is in the inbox now. */
  add(bytes: number): void {
    const before = this.#options.end();
    const last = this.#expected.at(-1);
    if (last?.before === before) last.bytes += bytes;
    else this.#expected.push({ before, bytes });
    this.#bytes += bytes;
  }
}

const here = new Set<string>(Object.values(localStages));

/** Below it all stores of this machine have everything, but for those that are detached. */
export function storedHere(runners: readonly StageRunner[], now: number): Position {
  const attached = runners
    .filter(({ name }) => here.has(name))
    .map((runner) => runner.status(now))
    .filter(({ state }) => state !== 'detached');
  return Math.min(Number.POSITIVE_INFINITY, ...attached.map(({ position }) => position));
}
