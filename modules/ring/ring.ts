/**
 * One collector's blocks that are not yet acknowledged: the sequence numbers `oldest` … `next` − 1. Those before
 * `firstInHead` lie in flash, the others in the RAM head; `places` says where. The work is done by FlashLog.
 */
import type { BlockSink, BootId } from '../block/types';
import type { RingCounters } from './counters';
import { maximumBlock } from './format';

/** In the index: the block is lost. It still counts as stored until it is freed in its turn. */
export const gone = 0xffff;

/** What freeing a block means. */
export const acknowledged = 0;
export const overwritten = 1;
export const discarded = 2;
export type Outcome = typeof acknowledged | typeof overwritten | typeof discarded;

export const leastTarget = 200;

/** Bytes that a full block of a ring has, by its quota: min(512, quota / 4), at least 200. */
export function blockTarget(quota: number): number {
  return Math.max(leastTarget, Math.min(512, quota >> 2));
}

/** Blocks that the index of a ring has room for: a quarter more than full ones fit the quota, and 16. */
export function indexCapacity(quota: number): number {
  return indexOf(quota, quota) + 16;
}

/** Blocks in so many bytes of a ring: a quarter more than full ones. */
function indexOf(bytes: number, quota: number): number {
  return Math.ceil((1.25 * bytes) / blockTarget(quota));
}

/** The index of a ring that holds nothing any more. */
const nowhere = new Uint16Array(0);

/** Whoever holds the rings, and does their work: FlashLog. */
export interface RingOwner {
  readonly log: { readonly boot: BootId };
  /** @returns where in the RAM head a block of `length` bytes may lie */
  makeRoom(ring: Ring, length: number): number;
  append(
    ring: Ring,
    at: number,
    bytes: Uint8Array,
    length: number,
    sequence: number,
    readings: number,
    start: number,
    end: number,
  ): void;
  writeThrough(ring: Ring): void;
  read(ring: Ring, sequence: number, into: Uint8Array): number;
  acknowledge(ring: Ring, upTo: number): void;
  closeRing(ring: Ring, discard: boolean): void;
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

  /**
   * Where block n is, at `begin` + n modulo `capacity`: a place in flash, a quarter of the offset in the RAM head, or
   * `gone`. Rings share one array (`shareIndex`).
   */
  places = nowhere;
  begin = 0;

  /** Readings and bytes of all blocks ever taken in. */
  totalReadings = 0;
  totalBytes = 0;
  /** Readings of all blocks ever freed, by what became of them. */
  acknowledgedReadings = 0;
  overwrittenReadings = 0;
  discardedReadings = 0;
  /** Receipt of the last reading freed. */
  freedEnd = 0;
  /** Receipt of the last reading taken in. */
  lastEnd = 0;
  /** Bytes of stored blocks, at most, without flash; `quota` is what the ring has of them once the RAM head is full. */
  declare asked?: number;

  constructor(
    private readonly owner: RingOwner,
    readonly stream: number,
    /** Bytes of stored blocks, at most; 0 when the ring is closed. */
    public quota: number,
    /** Blocks that the index has room for. */
    public capacity: number,
  ) {}

  /** The boot whose blocks these are. */
  get boot(): BootId {
    return this.owner.log.boot;
  }

  /** Readings of the stream before the first block taken in. */
  protected get firstReadings(): number {
    return 0;
  }

  get closed(): boolean {
    return this.quota === 0;
  }

  /** Whether a short block leaves enough of the index for the bytes that are left: their blocks may all be full ones. */
  get hasRoomForShort(): boolean {
    return this.capacity - (this.next - this.oldest) > indexOf(this.quota - this.bytes, this.quota);
  }

  get freedReadings(): number {
    return this.firstReadings + this.acknowledgedReadings + this.overwrittenReadings + this.discardedReadings;
  }

  /** What became of the readings taken in, until now. */
  get counters(): RingCounters {
    const { acknowledgedReadings, overwrittenReadings, discardedReadings } = this;
    const appendedReadings = this.totalReadings - this.firstReadings;
    return { appendedReadings, acknowledgedReadings, overwrittenReadings, discardedReadings };
  }

  /** Lets the index go: nothing is stored, and nothing will be. */
  release(): void {
    this.places = nowhere;
    this.capacity = 0;
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
    if (this.closed) throw new Error(`the ring of stream ${this.stream} is closed`);
    if (sequence !== this.next)
      throw new RangeError(`block ${sequence} of stream ${this.stream} does not follow ${this.next - 1}`);
    if (!(length >= 6 && length <= maximumBlock && (length & 1) === 0))
      throw new RangeError(`a block of ${length} B is not an even number of 6…${maximumBlock} bytes`);
    if (!(readings >= 0 && readings <= 0xffff)) throw new RangeError(`${readings} readings in a block`);
    const at = this.owner.makeRoom(this, length);
    this.owner.append(this, at, bytes, length, sequence, readings, start, end);
    this.owner.writeThrough(this);
  }

  /** Copies a block into `into` (512 B or more) and returns its length, or 0 when it is gone. */
  read(sequence: number, into: Uint8Array): number {
    return this.owner.read(this, sequence, into);
  }

  /** Frees the blocks before `upTo` (exclusive): they are durable elsewhere. */
  acknowledge(upTo: number): void {
    this.owner.acknowledge(this, upTo);
  }

  /**
   * Takes no more blocks. With `handover` those stored can still be read and acknowledged, and are the first to be
   * overwritten; with `discard` they are dropped and counted.
   */
  close(how: 'handover' | 'discard'): void {
    this.owner.closeRing(this, how === 'discard');
  }
}

/** What an earlier boot left of a stream: a closed ring, of which it is known what was stored when it was found. */
export class EarlierRing extends Ring {
  private readingsBefore = 0;

  constructor(
    owner: RingOwner,
    private readonly earlierBoot: BootId,
    stream: number,
    oldest: number,
    next: number,
  ) {
    super(owner, stream, 0, next - oldest);
    this.oldest = oldest;
    this.next = next;
    this.firstInHead = next;
  }

  override get boot(): BootId {
    return this.earlierBoot;
  }
  protected override get firstReadings(): number {
    return this.readingsBefore;
  }

  /** Takes the totals from the headers of the oldest block and of the newest. */
  setTotals(readingsBefore: number, bytesBefore: number, totalReadings: number, totalBytes: number): void {
    this.readingsBefore = readingsBefore;
    this.totalReadings = totalReadings;
    this.totalBytes = totalBytes;
    this.bytes = totalBytes - bytesBefore;
  }
}

/** Gives rings one array for all their indexes, which keep what they say. */
export function shareIndex(rings: readonly Ring[]): void {
  let entries = 0;
  for (const { capacity } of rings) entries += capacity;
  const places = new Uint16Array(entries);
  let begin = 0;
  for (const ring of rings) {
    places.set(ring.places.subarray(ring.begin, ring.begin + ring.capacity), begin);
    ring.places = places;
    ring.begin = begin;
    begin += ring.capacity;
  }
}
