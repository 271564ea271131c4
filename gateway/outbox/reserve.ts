/**
 * Room on the disk that nobody else can take: a file of nothing, removed when a checkpoint or a start finds none.
 *
 * What is complete in memory makes room nowhere, and the log goes only behind a snapshot: on a disk that others have
 * filled up meanwhile neither could ever be written, whatever was delivered. With this room they can, and the log that
 * goes then is the room for the next reserve, and for what comes.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { asError, systemCode } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';

const pieceBytes = 1 << 17;

/** Whether it failed as the disk is full, or its user's share of it. */
export function isOfFullDisk(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '');
}

export interface ReserveOptions {
  home: string;
  storage: Storage;
  /** Of it, where the disk has room for more. */
  bytes: number;
  onProblem(path: string, error: Error): void;
}

export class Reserve {
  /** That it has. */
  bytes = 0;
  readonly #options: ReserveOptions;
  readonly #path: string;

  constructor(options: ReserveOptions) {
    this.#options = options;
    this.#path = join(options.home, 'reserve');
  }

  /** Never rejects: resolves to whether that made room on a disk that had too little. */
  async giveUp(): Promise<boolean> {
    const { home, storage, bytes, onProblem } = this.#options;
    try {
      // At a start it is that of the process before.
      const isThere = ((await storage.status(this.#path))?.size ?? 0) > 0;
      if (!isThere || (await storage.freeSpace(home)) >= bytes) return false;
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
    const { home, storage, bytes } = this.#options;
    this.bytes = (await storage.status(this.#path))?.size ?? 0;
    const half = Math.floor((this.bytes + (await storage.freeSpace(home))) / 2);
    const lacks = Math.min(bytes, half) - this.bytes;
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
