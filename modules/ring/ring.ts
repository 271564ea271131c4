/** One collector's blocks that are not yet acknowledged, at most its quota of bytes. */
import type { BlockSink } from '../block/types';

export interface RingCounters {
  /** Blocks (readings) taken in, and what became of them: appended = acknowledged + overwritten + discarded + stored. */
  appended: number;
  acknowledged: number;
  overwritten: number;
  discarded: number;
  appendedReadings: number;
  acknowledgedReadings: number;
  overwrittenReadings: number;
  discardedReadings: number;
}

interface Stored {
  bytes: Uint8Array;
  readings: number;
}

export class Ring implements BlockSink {
  /** Sequence number of the oldest stored block; equals `next` when there is none. */
  oldest = 0;
  /** Sequence number that the next block will have. */
  next = 0;
  /** Bytes of the stored blocks. */
  bytes = 0;
  readonly counters: RingCounters = {
    appended: 0,
    acknowledged: 0,
    overwritten: 0,
    discarded: 0,
    appendedReadings: 0,
    acknowledgedReadings: 0,
    overwrittenReadings: 0,
    discardedReadings: 0,
  };
  private blocks: Stored[] = [];
  private closed = false;

  constructor(
    readonly stream: number,
    readonly quota: number,
  ) {}

  block(
    bytes: Uint8Array,
    length: number,
    sequence: number,
    readings: number,
    _start: number,
    _end: number,
  ): void {
    if (this.closed) throw new Error(`ring of stream ${this.stream} is closed`);
    if (sequence !== this.next)
      throw new RangeError(`block ${sequence} of stream ${this.stream} after ${this.next - 1}`);
    this.blocks.push({ bytes: bytes.slice(0, length), readings });
    this.next += 1;
    this.bytes += length;
    this.counters.appended += 1;
    this.counters.appendedReadings += readings;
    while (this.bytes > this.quota) {
      this.counters.overwrittenReadings += this.drop();
      this.counters.overwritten += 1;
    }
  }

  /** Copies a block into `into` (at least 512 B) and returns its length, or 0 when it is gone. */
  read(sequence: number, into: Uint8Array): number {
    const stored = this.blocks[sequence - this.oldest];
    if (stored === undefined) return 0;
    into.set(stored.bytes);
    return stored.bytes.length;
  }

  /** Frees every block before `upTo` (exclusive): they are durable elsewhere. */
  acknowledge(upTo: number): void {
    while (this.oldest < upTo && this.oldest < this.next) {
      this.counters.acknowledgedReadings += this.drop();
      this.counters.acknowledged += 1;
    }
  }

  /** Takes no more blocks. `handover` keeps what is stored until it is acknowledged, `discard` drops it. */
  close(how: 'handover' | 'discard'): void {
    this.closed = true;
    if (how === 'handover') return;
    while (this.oldest < this.next) {
      this.counters.discardedReadings += this.drop();
      this.counters.discarded += 1;
    }
  }

  private drop(): number {
    const stored = this.blocks.shift()!;
    this.oldest += 1;
    this.bytes -= stored.bytes.length;
    return stored.readings;
  }
}
