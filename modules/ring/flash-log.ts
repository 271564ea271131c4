/**
 * Every ring of a device. For now all of it stays in RAM; the flash comes below the same interface.
 */
import type { BootId } from '../block/types';
import { Ring } from './ring';

/** What the log needs of `embedded:storage/flash`. Writes only clear bits; erases set whole blocks. */
export interface FlashStorage {
  read(buffer: Uint8Array, byteOffset: number): number;
  write(buffer: Uint8Array, byteOffset: number): void;
  eraseBlock(start: number, end?: number): void;
  status(): { size: number; blockLength: number; blocks: number };
}

export interface FlashLogOptions {
  /** None: rings live in RAM alone. */
  flash?: FlashStorage | undefined;
  boot: BootId;
  /** Bytes of RAM in which blocks wait before they go to flash; 0 sends them straight there. */
  headBytes: number;
}

export class FlashLog {
  readonly rings: Ring[] = [];

  constructor(readonly options: FlashLogOptions) {}

  /** @param options.stream number of the stream, never used before in this boot @param options.quota bytes of complete blocks */
  openRing({ stream, quota }: { stream: number; quota: number }): Ring {
    if (!(quota >= 1000)) throw new RangeError(`quota ${quota} is below 1,000 B`);
    const ring = new Ring(stream, quota);
    this.rings.push(ring);
    return ring;
  }

  /** Work that may be put off, within `budgetMs`. */
  idle(_budgetMs: number): void {}
}
