/** For tests: a real file system of a few bytes, to be filled up to the last one by somebody else. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

export class SmallDisk {
  private constructor(readonly path: string) {}

  /** In memory. undefined: this user may not mount any. */
  static mount(bytes: number): SmallDisk | undefined {
    if (process.platform !== 'linux') return undefined;
    const path = mkdtempSync(join(tmpdir(), 'sluice-small-'));
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path]);
    if (status === 0) return new SmallDisk(path);
    rmdirSync(path);
    return undefined;
  }

  get free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Takes what is free. */
  fill(): void {
    const filler = openSync(this.#filler, 'a');
    try {
      const piece = Buffer.alloc(1 << 20, 1);
      for (let length = piece.length; length > 0; ) {
        const written = tryToWrite(filler, piece.subarray(0, length));
        if (written < length) length >>= 1;
      }
    } finally {
      closeSync(filler);
    }
  }

  /** Gives back what `fill` took. */
  empty(): void {
    rmSync(this.#filler, { force: true });
  }

  unmount(): void {
    // What is open there still goes with who has it open.
    spawnSync('umount', ['-l', this.path]);
    rmdirSync(this.path);
  }

  get #filler(): string {
    return join(this.path, 'of-somebody-else');
  }
}

function tryToWrite(file: number, bytes: Uint8Array): number {
  try {
    return writeSync(file, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    return 0;
  }
}
