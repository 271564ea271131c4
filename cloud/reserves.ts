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

/** Bytes of each: a start writes at most the inbox's last batch, some pages of databases, and names. */
export const reserveBytes = 8 << 20;

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
        bytes: reserveBytes,
        quiet,
        onProblem: (path, cause) => onProblem(new Error(`${path} cannot be kept`, { cause })),
      });
    this.upkeep = reserve('upkeep.reserve', 0);
    this.questions = reserve('questions.reserve', 60_000);
  }

  /** To be called now and then. Never rejects. */
  async refill(): Promise<void> {
    await this.upkeep.refill();
    await this.questions.refill();
  }
}
