/**
 * Room that a cloud keeps on its disk, for one that others fill up to the last byte: doors refuse then, and what was
 * acknowledged is there, is asked for, and can be removed. Two, so that whoever asks again and again takes nothing from
 * what a start and a deletion need.
 */
import { join } from 'node:path';
import { Reserve } from '@sluice/common/reserve';
import type { Storage } from '@sluice/common/storage';

export interface ReservesOptions {
  /** The cloud's. */
  directory: string;
  storage: Storage;
  onProblem(problem: Error): void;
}

/**
 * Bytes of each, at least and at most: a start writes at most the inbox's last batch, some pages of databases, and
 * names, a deletion what it leaves of the files that it is in.
 */
export const reserveBytes = { least: 1 << 20, most: 8 << 20 };
/** Of what is stored: so a small cloud's disk is not full of room for more than it has. */
const share = 1 / 16;

export class Reserves {
  /** For a start, and for what makes room: deletions, retention. */
  readonly upkeep: Reserve;
  /** For what a question writes until it is answered. */
  readonly questions: Reserve;

  constructor({ directory, storage, onProblem }: ReservesOptions) {
    const reserve = (name: string, quiet: number) =>
      new Reserve({
        path: join(directory, 'state', name),
        storage,
        bytes: reserveBytes.least,
        quiet,
        onProblem: (path, cause) => onProblem(new Error(`${path} cannot be kept`, { cause })),
      });
    this.upkeep = reserve('upkeep.reserve', 0);
    this.questions = reserve('questions.reserve', 60_000);
  }

  /** @param stored bytes of all stores. The next `refill` takes what is lacking then. */
  fit(stored: number): void {
    const bytes = Math.min(reserveBytes.most, Math.ceil(stored * share));
    this.upkeep.grow(bytes);
    this.questions.grow(bytes);
  }

  /** To be called now and then. Never rejects. */
  async refill(): Promise<void> {
    await this.upkeep.refill();
    await this.questions.refill();
  }
}
