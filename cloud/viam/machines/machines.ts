/** The machines that this cloud serves, as a running cloud knows them: a change is known within a second. */
import { type Stats, statSync } from 'node:fs';
import { readMachineFile, type StoredMachine } from './machine-file';

/** Milliseconds between two looks whether the file has changed. */
const lookInterval = 500;

export interface MachinesOptions {
  path: string;
  /** A file that cannot be read: what was known before stays. */
  onProblem(problem: Error): void;
  /** Milliseconds, monotonic; for tests. */
  now?: () => number;
}

export class Machines {
  readonly #options: MachinesOptions;
  #machines: ReadonlyMap<string, StoredMachine>;
  #looked: number;
  #seen: string;

  /** @throws when the file is there and cannot be read: who may come in is then not known */
  constructor(options: MachinesOptions) {
    this.#options = options;
    this.#looked = this.#now();
    this.#seen = stateOf(options.path);
    this.#machines = readMachines(options.path);
  }

  /** Whether there is any: their secrets then close the door to those who have none. */
  get configured(): boolean {
    this.#look();
    return this.#machines.size > 0;
  }

  get(id: string): StoredMachine | undefined {
    this.#look();
    return this.#machines.get(id);
  }

  #now(): number {
    return this.#options.now?.() ?? performance.now();
  }

  #look(): void {
    const now = this.#now();
    if (now - this.#looked < lookInterval) return;
    this.#looked = now;
    const seen = stateOf(this.#options.path);
    if (seen === this.#seen) return;
    this.#seen = seen;
    try {
      this.#machines = readMachines(this.#options.path);
    } catch (error) {
      this.#options.onProblem(error as Error);
    }
  }
}

function readMachines(path: string): ReadonlyMap<string, StoredMachine> {
  return new Map(readMachineFile(path).machines.map((machine) => [machine.id, machine]));
}

/** What tells a changed file. */
function stateOf(path: string): string {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch {
    return 'none';
  }
  return `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}
