/**
 * A file of nothing, removed when somebody finds no room for what he needs. On a disk that others have filled up, what
 * would make room could not be written either: a log goes only behind a snapshot, rows are deleted by a transaction.
 * With this room they can, and what goes then is room for the next reserve, and for what comes.
 */
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { asError, systemCode } from '../errors';
import type { Storage } from '../storage';

const pieceBytes = 1 << 17;

/** Whether it failed as the disk is full, or its user's share of it. */
export function isOfFullDisk(error: unknown): boolean {
  if (['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '')) return true;
  // Databases have words alone.
  return /no space left on device|database or disk is full/i.test(String(error));
}

export interface ReserveOptions {
  /** Of the file, whose directory exists when it is filled. */
  path: string;
  storage: Storage;
  /** Of it, where the disk has room for more; `grow` asks for more later. */
  bytes: number;
  /** Milliseconds for which nobody has needed it when it is filled again. Default 0. */
  quiet?: number;
  onProblem(path: string, error: Error): void;
}

export class Reserve {
  /** That it has. */
  bytes = 0;
  readonly #options: ReserveOptions;
  readonly #path: string;
  #wanted: number;
  /** Work that may be in the room that was given up. */
  #borrowers = 0;
  #returned = Number.NEGATIVE_INFINITY;
  #filling: Promise<void> | undefined;

  constructor(options: ReserveOptions) {
    this.#options = options;
    this.#path = options.path;
    this.#wanted = options.bytes;
  }

  /** From the next `refill` on it has as many bytes, or what it was to have, whichever is more. */
  grow(bytes: number): void {
    this.#wanted = Math.max(this.#wanted, bytes);
  }

  /** Does something in its room, when the disk has less. It is filled again by `refill`. @throws what `work` throws */
  async lend<T>(work: () => Promise<T>): Promise<T> {
    this.#borrowers++;
    try {
      await this.#filling;
      if (await this.giveUp()) this.#returned = performance.now();
      return await work();
    } finally {
      this.#borrowers--;
    }
  }

  /**
   * To be called now and then: takes what it lacks, when nobody is in its room, nor has needed it for `quiet`, so that
   * what comes again and again, as questions do, does not write it anew each time. Never rejects.
   */
  async refill(): Promise<void> {
    const { quiet = 0 } = this.#options;
    if (this.#borrowers > 0 || this.bytes >= this.#wanted || performance.now() - this.#returned < quiet)
      return;
    this.#filling ??= this.fill().finally(() => {
      this.#filling = undefined;
    });
    await this.#filling;
  }

  /** Never rejects: resolves to whether that made room on a disk that had too little. */
  async giveUp(): Promise<boolean> {
    const { storage, onProblem } = this.#options;
    try {
      // At a start it is that of the process before, which may have wanted more.
      const size = (await storage.status(this.#path))?.size ?? 0;
      if (size === 0) return false;
      if ((await storage.freeSpace(dirname(this.#path))) >= Math.max(this.#wanted, size)) return false;
      await storage.discard(this.#path);
      this.bytes = 0;
      return true;
    } catch (error) {
      onProblem(this.#path, asError(error));
      return false;
    }
  }

  /**
   * Takes what it lacks, and never more than it leaves to others. Never rejects: what it could not take, the next call
   * does.
   */
  async fill(): Promise<void> {
    const { onProblem } = this.#options;
    await this.#fill().catch((error) => onProblem(this.#path, asError(error)));
  }

  /** For good. Never rejects. */
  async remove(): Promise<void> {
    const { storage, onProblem } = this.#options;
    await storage.discard(this.#path).catch((error) => onProblem(this.#path, asError(error)));
    this.bytes = 0;
  }

  async #fill(): Promise<void> {
    const { storage } = this.#options;
    const home = dirname(this.#path);
    this.bytes = (await storage.status(this.#path))?.size ?? 0;
    const half = Math.floor((this.bytes + (await storage.freeSpace(home))) / 2);
    const lacks = Math.min(this.#wanted, half) - this.bytes;
    if (lacks <= 0) return;
    const file = await storage.open(this.#path);
    try {
      // Of a file system that compresses, zeros would take no room.
      const piece = randomBytes(Math.min(lacks, pieceBytes));
      for (let left = lacks; left > 0; left -= piece.length) await file.append([piece.subarray(0, left)]);
      // A start after a power cut may need it.
      await file.sync();
      await storage.syncDirectory(home);
    } finally {
      this.bytes = file.size;
      await file.close();
    }
  }
}
