/**
 * Which block of which ring is where, in the RAM head or in flash, and what reading and freeing it means.
 *
 * What holds, after every call: for each ring, in blocks and in readings, appended = acknowledged + overwritten +
 * discarded + stored; for each sector, its count of live records is the number of index entries that lie in it.
 */
import type { CircularLog } from './circular-log';
import type { FlashCounters } from './counters';
import {
  bytesModulus,
  maximumBlock,
  recordBytes,
  recordBytesBefore,
  recordDuration,
  recordHeaderBytes,
  recordReadingsBefore,
  recordSequence,
  recordSize,
  recordStart,
  recordStream,
} from './format';
import type { Head } from './head';
import { causes, LossLedger } from './ledger';
import { acknowledged, gone, type Outcome, overwritten, type Ring } from './ring';
import { scratchAt } from './working-memory';

const causeFlash = causes.indexOf('flash');
const causeEarlier = causes.indexOf('earlier boot');

/** Whether a block read from flash, which begins at word 0, is whole. */
export type IsWhole = (words: Int32Array, length: number) => boolean;

export class Catalogue {
  readonly ledger = new LossLedger();
  /** Open rings, and closed ones until they are empty, by stream. */
  readonly rings = new Map<number, Ring>();
  /** What earlier boots left, oldest first: closed rings. Those that are empty leave the list. */
  readonly retained: Ring[] = [];

  // What `totalsBefore` found.
  private readingsBefore = 0;
  private bytesBefore = 0;
  private startAfter = 0;

  constructor(
    readonly log: CircularLog,
    readonly head: Head,
    readonly counters: FlashCounters,
    private readonly isWhole: IsWhole,
  ) {}

  /** Bytes of the record that stands at `at` of the working memory. */
  sizeAt(at: number): number {
    return recordBytes(this.log.words[(at >> 2) + recordSize] & 0xffff);
  }

  /** Whether the record at `at` of the RAM head still has a ring that wants it. */
  wanted(at: number): boolean {
    const { words } = this.log;
    const ring = this.rings.get(words[(at >> 2) + recordStream]);
    return ring !== undefined && words[(at >> 2) + recordSequence] >= ring.oldest;
  }

  /** Lets go what is no longer wanted at the old end of the RAM head, and of closed rings that are empty. */
  trim(ring: Ring): void {
    if (ring.closed && ring.oldest === ring.next) {
      if (this.rings.get(ring.stream) === ring) this.rings.delete(ring.stream);
      const index = this.retained.indexOf(ring);
      if (index >= 0) this.retained.splice(index, 1);
    }
    const { head } = this;
    while (head.used > 0 && !this.wanted(head.oldest)) head.drop(this.sizeAt(head.oldest));
  }

  storedBlocks(): number {
    let blocks = 0;
    for (const ring of this.rings.values()) blocks += ring.next - ring.oldest;
    return blocks;
  }

  /** Whether a block is in flash and lies at that place. */
  isAt(ring: Ring, sequence: number, place: number): boolean {
    return (
      sequence >= ring.oldest && sequence < ring.firstInHead && ring.index[sequence % ring.capacity] === place
    );
  }

  /** The block in flash lies elsewhere now. */
  move(ring: Ring, sequence: number, place: number): void {
    const { log } = this;
    const slot = sequence % ring.capacity;
    log.live[ring.index[slot] >> log.placeShift] -= 1;
    log.live[place >> log.placeShift] += 1;
    ring.index[slot] = place;
  }

  /** The block in flash cannot be had again. */
  lose(ring: Ring, sequence: number): void {
    const slot = sequence % ring.capacity;
    this.log.live[ring.index[slot] >> this.log.placeShift] -= 1;
    ring.index[slot] = gone;
    this.counters.damaged += 1;
  }

  /** Where a block's record stands in the working memory, or −1. */
  private locate(ring: Ring, sequence: number, pages: number): number {
    const place = ring.index[sequence % ring.capacity];
    if (place === gone) return -1;
    if (sequence >= ring.firstInHead) return this.head.begin + 4 * place;
    return this.log.find(place, ring.stream, sequence, pages, ring.seed);
  }

  /** Copies a block into `into` and returns its length, or 0 when it is gone. */
  read(ring: Ring, sequence: number, into: Uint8Array): number {
    if (!(sequence >= ring.oldest && sequence < ring.next)) return 0;
    const { log } = this;
    const inHead = sequence >= ring.firstInHead;
    // Twice: a bit that is weak may read right the next time.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const at = this.locate(ring, sequence, 4);
      if (at < 0) continue;
      const length = log.words[(at >> 2) + recordSize] & 0xffff;
      const begin = at + recordHeaderBytes;
      log.bytes.copyWithin(scratchAt, begin, begin + length);
      if (!inHead && !this.isWhole(log.memory.outletWords, length)) continue;
      if (into.length >= maximumBlock) into.set(log.memory.outlet);
      else into.set(log.memory.outlet.subarray(0, length));
      return length;
    }
    if (ring.index[sequence % ring.capacity] !== gone) this.lose(ring, sequence);
    return 0;
  }

  /** Frees a ring's oldest block. @param cause index into `causes`, unless it is acknowledged */
  free(ring: Ring, outcome: Outcome, cause: number): void {
    const { log, counters } = this;
    const sequence = ring.oldest;
    const place = ring.index[sequence % ring.capacity];
    const at = this.locate(ring, sequence, 2);
    let length: number;
    let readings: number;
    let start: number;
    let end: number;
    let became = outcome;
    let why = cause;
    if (at >= 0) {
      const { words } = log;
      const word = at >> 2;
      length = words[word] & 0xffff;
      readings = words[word] >>> 16;
      start = recordStart(words, word);
      end = start + words[word + recordDuration];
    } else {
      this.totalsBefore(ring, sequence + 1);
      length = (this.bytesBefore - (ring.freedBytes % bytesModulus) + bytesModulus) % bytesModulus;
      readings = (this.readingsBefore - (ring.freedReadings >>> 0)) >>> 0;
      start = ring.freedEnd;
      end = this.startAfter;
      if (outcome !== acknowledged || place === gone) {
        became = overwritten;
        why = causeFlash;
        if (place !== gone) counters.damaged += 1;
      }
    }
    if (sequence >= ring.firstInHead) ring.firstInHead = sequence + 1;
    else if (place !== gone) log.live[place >> log.placeShift] -= 1;
    ring.oldest = sequence + 1;
    ring.bytes -= length;
    ring.freedBytes += length;
    ring.freedReadings += readings;
    ring.freedEnd = end;
    const { counters: own } = ring;
    if (became === acknowledged) {
      own.acknowledged += 1;
      own.acknowledgedReadings += readings;
      counters.acknowledged += 1;
      return;
    }
    if (became === overwritten) {
      own.overwritten += 1;
      own.overwrittenReadings += readings;
      counters.overwritten += 1;
    } else {
      own.discarded += 1;
      own.discardedReadings += readings;
      counters.discarded += 1;
    }
    // Its stream and times are of that boot: under another cause they would pass for this one's.
    if (this.retained.includes(ring)) why = causeEarlier;
    this.ledger.add(ring.stream, why, sequence, readings, start, end);
  }

  /** The stream's totals before block `from`, or before the first one behind it whose header is right. */
  private totalsBefore(ring: Ring, from: number): void {
    const { words } = this.log;
    for (let sequence = from; sequence < ring.next; sequence += 1) {
      const at = this.locate(ring, sequence, 2);
      if (at < 0) continue;
      const word = at >> 2;
      this.readingsBefore = words[word + recordReadingsBefore];
      this.bytesBefore = words[word + recordBytesBefore] % bytesModulus;
      this.startAfter = recordStart(words, word);
      return;
    }
    this.readingsBefore = ring.totalReadings >>> 0;
    this.bytesBefore = ring.totalBytes % bytesModulus;
    this.startAfter = ring.lastEnd;
  }
}
