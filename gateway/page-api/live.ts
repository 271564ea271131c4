/**
 * The recent past, for the page: blocks in the order in which they became durable, by number. In: durable blocks with
 * their mapping. Out: those behind a number. What holds: bounded in time and bytes; the oldest go first.
 */
import type { WallMilliseconds } from '@sluice/common/clock';
import type { CaptureFileMetadata, WallMapping } from '../../modules/block/file';
import type { BlockEvent } from './state';
import { streamKey } from './stream-key';

interface Recent {
  /** Wall milliseconds at which it came. */
  came: WallMilliseconds;
  metadata: CaptureFileMetadata;
  /** ms */
  offset: number;
  bytes: Uint8Array;
}

export interface LiveOptions {
  /** Wall milliseconds. */
  now(): number;
  /** Milliseconds kept. Default: 15 minutes. */
  window?: number;
  /** Bytes of blocks kept, whatever the window says. Default 64 MiB. */
  bytes?: number;
}

export class Live {
  readonly #now: () => number;
  readonly #window: number;
  readonly #mostBytes: number;
  #blocks: Recent[] = [];
  /** Those before it are gone: taken out of the array once they are its half. */
  #head = 0;
  /** The number of the array's first. */
  #base = 0;
  #bytes = 0;

  constructor({ now, window = 15 * 60_000, bytes = 64 << 20 }: LiveOptions) {
    this.#now = now;
    this.#window = window;
    this.#mostBytes = bytes;
  }

  /** The number that the next block gets. */
  get end(): number {
    return this.#base + this.#blocks.length;
  }

  /** @param end wall milliseconds of the block's last reading; what an outage has made too old is not kept */
  add(metadata: CaptureFileMetadata, { known, offset }: WallMapping, bytes: Uint8Array, end: number): void {
    const now = this.#now();
    // Readings of unknown time cannot be plotted.
    if (!known || end < now - this.#window) return;
    this.#blocks.push({ came: now, metadata, offset, bytes });
    this.#bytes += bytes.length;
    this.#expire(now);
  }

  /**
   * Blocks from a number on, at most so many; of those that are gone, what is there of the rest.
   * @returns the number behind the last of them
   */
  from(number: number, most: number): { blocks: BlockEvent[]; next: number } {
    this.#expire(this.#now());
    const first = Math.max(number - this.#base, this.#head);
    const blocks = this.#blocks.slice(first, first + most);
    return { blocks: blocks.map(eventOf), next: this.#base + first + blocks.length };
  }

  #expire(now: number): void {
    const oldest = now - this.#window;
    while (this.#head < this.#blocks.length) {
      const { came, bytes } = this.#blocks[this.#head]!;
      if (came >= oldest && this.#bytes <= this.#mostBytes) break;
      this.#bytes -= bytes.length;
      this.#head++;
    }
    if (this.#head < 1024 || this.#head < this.#blocks.length / 2) return;
    this.#blocks = this.#blocks.slice(this.#head);
    this.#base += this.#head;
    this.#head = 0;
  }
}

function eventOf({ metadata, offset, bytes }: Recent): BlockEvent {
  const { part, range } = metadata;
  const { buffer, byteOffset, byteLength } = bytes;
  return {
    part,
    stream: streamKey(metadata),
    offset,
    ...(range ? { range: { min: range.min, step: range.step } } : {}),
    bytes: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  };
}
