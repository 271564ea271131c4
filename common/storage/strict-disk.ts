/**
 * A disk for tests, as unkind as POSIX allows, of a process that can be killed.
 *
 * - An entry created, renamed or removed is lost or reordered at a power cut until its directory was synced.
 * - Data not synced is lost or torn at any byte; the file may be longer than its data, with zeros or garbage there.
 * - Data whose sync failed is unknown for good: a later sync succeeds without writing it.
 * - Every operation can fail (`fault`), an append or a full disk (`capacity`) after part of it is written.
 * - Every operation is counted, and the process can die at each (`stopAt`), with or without the power. Nothing of a
 *   dead process goes any further: what it awaited never settles.
 * - Operations can take time (`pause`), on whatever clock the test has.
 */

import type { Storage } from './storage';
import type { Random } from './strict-content';
import { type OperatedDisk, type Operation, type OperationKind, possibleFailures } from './strict-operation';
import { StrictStorage } from './strict-storage';
import { failure, StrictTree } from './strict-tree';

/** A small, fast generator of seeded random numbers (mulberry32). */
export function randomNumbers(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A share of all paths, as those that lie on bad sectors: others with each seed. */
export function someOf(share: number, seed: number): (path: string) => boolean {
  return (path) => {
    let state = seed | 0;
    for (const character of path) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
    return randomNumbers(state)() < share;
  };
}

const reading: readonly OperationKind[] = ['list', 'status', 'open', 'read'];

export class StrictDisk implements OperatedDisk {
  /** Bytes it holds; writing more fails with ENOSPC. */
  capacity = Number.POSITIVE_INFINITY;
  /** Bytes it is full with. */
  used = 0;
  /** Operations so far. */
  operations = 0;
  /** The code that an operation fails with (EIO, EMFILE, ENOSPC …), or undefined when it works. */
  fault?: (operation: Operation) => string | undefined;
  /** How long an operation takes, when it takes any time. */
  pause?: (operation: Operation) => Promise<void> | undefined;
  /** Changes of file contents so far: the disk's clock. */
  changes = 0;
  readonly tree = new StrictTree();
  readonly random: Random;
  #life = 0;
  #stop?: { operation: number; power: boolean; done(): void };

  constructor(seed = 1) {
    this.random = randomNumbers(seed);
  }

  /** The storage of one life of the process: from here until it is killed. */
  mount(): Storage {
    return new StrictStorage(this, this.#life);
  }

  /** Ends the process, and with `power` whatever is not durable. */
  kill({ power }: { power: boolean }): void {
    this.#life++;
    this.#stop = undefined;
    if (!power) return;
    this.tree.cutPower(this.random);
    this.used = [...this.tree.files()].reduce((sum, file) => sum + file.length, 0);
  }

  /** Ends the process in the middle of the operation of that number; resolves when it has happened. */
  stopAt(operation: number, { power }: { power: boolean }): Promise<void> {
    return new Promise((done) => {
      this.#stop = { operation, power, done };
    });
  }

  /**
   * Fails a share of the operations, as each kind may, and whatever would read a path that `isBad`; set `fault` to
   * undefined to end it.
   */
  failByChance(chance: number, isBad = (_: string): boolean => false): void {
    this.fault = ({ kind, path }) => {
      if (reading.includes(kind) && isBad(path)) return 'EIO';
      if (this.random() >= chance) return undefined;
      const codes = possibleFailures[kind];
      return codes[Math.floor(this.random() * codes.length)];
    };
  }

  /** Settles when the process still lives. */
  async #alive(life: number): Promise<void> {
    if (life !== this.#life) await new Promise<never>(() => undefined);
  }

  async perform<T>(
    life: number,
    kind: OperationKind,
    path: string,
    effect: () => T,
    torn?: () => void,
  ): Promise<T> {
    await this.#alive(life);
    const operation = { number: ++this.operations, kind, path };
    await this.pause?.(operation);
    await this.#alive(life);
    if (this.#stop !== undefined && operation.number >= this.#stop.operation) {
      const { power, done } = this.#stop;
      // What a process that dies in a sync had written the system still has, and the next sync writes: that is no failed one.
      if (kind !== 'sync') torn?.();
      this.kill({ power });
      done();
    } else {
      const code = this.fault?.(operation);
      if (code !== undefined) {
        torn?.();
        throw failure(code, kind, path);
      }
    }
    await this.#alive(life);
    const result = effect();
    await Promise.resolve();
    await this.#alive(life);
    return result;
  }
}
