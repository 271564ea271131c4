/**
 * One collector's blocks that are not yet acknowledged: the sequence numbers `oldest` … `next` − 1. Those before
 * `firstInHead` lie in flash, the others in the RAM head; `index` says where. The work is done by FlashLog.
 */
import type { BlockSink, BootId } from '../block/types';
import { RingCounters } from './counters';
import type { FlashLog } from './flash-log';

/** In the index: the block is lost. It still counts as stored until it is freed in its turn. */
export const gone = 0xffff;

/** What freeing a block means. */
export const acknowledged = 0;
export const overwritten = 1;
export const discarded = 2;
export type Outcome = typeof acknowledged | typeof overwritten | typeof discarded;

/** Bytes that a full block of a ring has, by its quota: min(512, quota / 4), at least 200. */
export function blockTarget(quota: number): number {
  return Math.max(200, Math.min(512, quota >> 2));
}

/** Blocks that the index of a ring has room for: a quarter more than full ones fit the quota, and 16. */
export function indexCapacity(quota: number): number {
  return Math.ceil((1.25 * quota) / blockTarget(quota)) + 16;
}

export class Ring implements BlockSink {
  /** Sequence number of the oldest stored block; `next` when there is none. */
  oldest = 0;
  /** Sequence number of the next block. */
  next = 0;
  /** Sequence number of the oldest block in the RAM head; `next` when there is none. */
  firstInHead = 0;
  /** Bytes of the stored blocks. */
  bytes = 0;
  closed = false;
  readonly counters = new RingCounters();

  /** Where block n is, at n modulo the capacity: a place in flash, a quarter of the offset in the RAM head, or `gone`. */
  readonly index: Uint16Array;
  readonly seed: number;

  /** Readings and bytes of all blocks ever taken in, and of all ever freed. */
  totalReadings = 0;
  totalBytes = 0;
  freedReadings = 0;
  freedBytes = 0;
  /** Receipt of the last reading freed. */
  freedEnd = 0;
  /** Receipt of the last reading taken in. */
  lastEnd = 0;

  constructor(
    private readonly log: FlashLog,
    /** The boot whose blocks these are. */
    readonly boot: BootId,
    readonly stream: number,
    readonly quota: number,
    readonly capacity: number,
  ) {
    this.index = new Uint16Array(capacity);
    this.seed = boot.random | 0;
  }

  /**
   * Takes in a block: an even number of bytes, at most 512, that ends with its CRC-32C. `bytes` is copied. Blocks come
   * in the order of their sequence numbers.
   */
  block(
    bytes: Uint8Array,
    length: number,
    sequence: number,
    readings: number,
    start: number,
    end: number,
  ): void {
    this.log.append(this, bytes, length, sequence, readings, start, end);
  }

  /** Copies a block into `into` (512 B or more) and returns its length, or 0 when it is gone. */
  read(sequence: number, into: Uint8Array): number {
    return this.log.read(this, sequence, into);
  }

  /** Frees the blocks before `upTo` (exclusive): they are durable elsewhere. */
  acknowledge(upTo: number): void {
    this.log.acknowledge(this, upTo);
  }

  /**
   * Takes no more blocks. With `handover` those stored can still be read and acknowledged, and are the first to be
   * overwritten; with `discard` they are dropped and counted.
   */
  close(how: 'handover' | 'discard'): void {
    this.log.closeRing(this, how === 'discard');
  }
}
