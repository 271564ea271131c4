/**
 * Which block of which ring is where, in the RAM head or in flash, and what reading and freeing it means.
 *
 * What holds, after every call: for each ring, in readings, appended = acknowledged + overwritten +
 * discarded + stored; for each sector, its count of live records is the number of index entries that lie in it.
 */
import type { CircularLog } from './circular-log';
import {
  bytesModulus,
  maximumBlock,
  maximumRecord,
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
import { acknowledged, gone, type Outcome, overwritten, type Ring, shareIndex } from './ring';
import { scratchAt } from './working-memory';

const causeFlash = causes.indexOf('flash');
const causeEarlier = causes.indexOf('earlier boot');

/** Whether a block read from flash, which begins at word 0, is whole. */
export type IsWhole = (words: Int32Array, length: number) => boolean;

/** What was lost with headers that cannot be read, and when what comes behind begins. */
interface Lost {
  readings: number;
  bytes: number;
  startAfter: number;
}

/** What damaged headers whose checks were right by chance (once in 65,536 times) may have counted too much. */
const slack = 0x100000;

export class Catalogue {
  readonly ledger = new LossLedger();
  /** Open rings, and closed ones until they are empty, by rising numbers of their streams. */
  readonly rings: Ring[] = [];
  /** What earlier boots left, oldest first: closed rings. Those that are empty leave the list. */
  readonly retained: Ring[] = [];

  constructor(
    readonly log: CircularLog,
    readonly head: Head,
    private readonly isWhole: IsWhole,
  ) {}

  /** Takes a ring in. The index of all is made anew, without those that have left. */
  open(ring: Ring): void {
    const { rings } = this;
    let at = rings.length;
    while (at > 0 && rings[at - 1].stream > ring.stream) at -= 1;
    rings.splice(at, 0, ring);
    shareIndex(rings);
  }

  /** The ring of a stream, if it has one. Numbers without gaps are found at once, others behind by their gaps. */
  ringOf(stream: number): Ring | undefined {
    const { rings } = this;
    const last = rings.length - 1;
    if (last < 0) return undefined;
    let at = stream - rings[0].stream;
    if (at > last) at = last;
    for (; at >= 0; at -= 1) {
      const ring = rings[at];
      if (ring.stream === stream) return ring;
      if (ring.stream < stream) return undefined;
    }
    return undefined;
  }

  /** Bytes of the record that stands at `at` of the working memory. */
  sizeAt(at: number): number {
    return recordBytes(this.log.words[(at >> 2) + recordSize] & 0xffff);
  }

  /** The ring that still wants the record at `at` of the RAM head, if any. */
  wantedBy(at: number): Ring | undefined {
    const { words } = this.log;
    const ring = this.ringOf(words[(at >> 2) + recordStream]);
    return ring !== undefined && words[(at >> 2) + recordSequence] >>> 0 >= ring.oldest ? ring : undefined;
  }

  /** Lets go what is no longer wanted at the old end of the RAM head, and of closed rings that are empty. */
  trim(ring: Ring): void {
    if (ring.closed && ring.oldest === ring.next) {
      remove(this.rings, ring);
      remove(this.retained, ring);
      ring.release();
    }
    const { head } = this;
    while (head.used > 0 && this.wantedBy(head.oldest) === undefined) head.drop(this.sizeAt(head.oldest));
  }

  storedBlocks(): number {
    let blocks = 0;
    for (const ring of this.rings) blocks += ring.next - ring.oldest;
    return blocks;
  }

  /** Whether a block is in flash and lies at that place. */
  isAt(ring: Ring, sequence: number, place: number): boolean {
    return sequence >= ring.oldest && sequence < ring.firstInHead && this.placeOf(ring, sequence) === place;
  }

  /** What the index says of a block. */
  placeOf(ring: Ring, sequence: number): number {
    return ring.places[ring.begin + (sequence % ring.capacity)];
  }

  /** The block in flash lies elsewhere now. */
  move(ring: Ring, sequence: number, place: number): void {
    const { log } = this;
    const entry = ring.begin + (sequence % ring.capacity);
    log.states[ring.places[entry] >> log.placeShift] -= 1;
    log.states[place >> log.placeShift] += 1;
    ring.places[entry] = place;
  }

  /** The block in flash cannot be had again. */
  lose(ring: Ring, sequence: number): void {
    const { log } = this;
    const entry = ring.begin + (sequence % ring.capacity);
    log.states[ring.places[entry] >> log.placeShift] -= 1;
    ring.places[entry] = gone;
    log.counters.damaged += 1;
  }

  /** Where a block's record stands in the working memory, or −1. @param length of it that is wanted */
  private locate(ring: Ring, sequence: number, length: number): number {
    const place = ring.places[ring.begin + (sequence % ring.capacity)];
    if (place === gone) return -1;
    if (sequence >= ring.firstInHead) return this.head.begin + 4 * place;
    return this.log.find(place, ring.stream, sequence, length, ring.boot.random | 0);
  }

  /** Where the whole record of a block stands in the working memory, or −1. Twice: a weak bit may read right the next time. */
  fetch(ring: Ring, sequence: number): number {
    const at = this.locate(ring, sequence, maximumRecord);
    return at >= 0 ? at : this.locate(ring, sequence, maximumRecord);
  }

  /** Copies a block into `into` and returns its length, or 0 when it is gone. */
  read(ring: Ring, sequence: number, into: Uint8Array): number {
    if (!(sequence >= ring.oldest && sequence < ring.next)) return 0;
    const { log } = this;
    const inHead = sequence >= ring.firstInHead;
    // Twice: a bit that is weak may read right the next time.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const at = this.locate(ring, sequence, maximumRecord);
      if (at < 0) continue;
      const length = log.words[(at >> 2) + recordSize] & 0xffff;
      const begin = at + recordHeaderBytes;
      log.bytes.copyWithin(scratchAt, begin, begin + length);
      if (!inHead && !this.isWhole(log.words, length)) continue;
      if (into.length >= maximumBlock) into.set(log.twoPages);
      else into.set(log.twoPages.subarray(0, length));
      return length;
    }
    if (this.placeOf(ring, sequence) !== gone) this.lose(ring, sequence);
    return 0;
  }

  /** Frees a ring's oldest block. @param cause index into `causes`, unless it is acknowledged */
  free(ring: Ring, outcome: Outcome, cause: number): void {
    const at = this.locate(ring, ring.oldest, recordHeaderBytes);
    const lost = at < 0 ? this.measureLost(ring, ring.oldest + 1) : undefined;
    this.account(ring, at, lost, outcome, cause);
  }

  /** Counts a ring's oldest block as freed. @param at where its header stands in the working memory, unless it is `lost` */
  private account(ring: Ring, at: number, lost: Lost | undefined, outcome: Outcome, cause: number): void {
    const { log } = this;
    const { counters } = log;
    const sequence = ring.oldest;
    const place = this.placeOf(ring, sequence);
    let length: number;
    let readings: number;
    let start: number;
    let end: number;
    let became = outcome;
    let why = cause;
    if (lost === undefined) {
      const { words } = log;
      const word = at >> 2;
      length = words[word] & 0xffff;
      readings = words[word] >>> 16;
      start = recordStart(words, word);
      end = start + (words[word + recordDuration] >>> 0);
    } else {
      ({ readings, bytes: length, startAfter: end } = lost);
      start = ring.freedEnd;
      if (outcome !== acknowledged || place === gone) {
        became = overwritten;
        why = causeFlash;
        if (place !== gone) counters.damaged += 1;
      }
    }
    // The last one makes the sums right: RAM knows them, whatever damaged headers said.
    if (sequence + 1 === ring.next) {
      length = ring.bytes;
      readings = ring.totalReadings - ring.freedReadings;
    }
    if (sequence >= ring.firstInHead) ring.firstInHead = sequence + 1;
    else if (place !== gone) log.states[place >> log.placeShift] -= 1;
    ring.oldest = sequence + 1;
    ring.bytes -= length;
    ring.freedEnd = end;
    if (became === acknowledged) {
      ring.acknowledgedReadings += readings;
      counters.acknowledged += 1;
      return;
    }
    if (became === overwritten) {
      ring.overwrittenReadings += readings;
      counters.overwritten += 1;
    } else {
      ring.discardedReadings += readings;
      counters.discarded += 1;
    }
    // Its stream and times are of that boot: under another cause they would pass for this one's.
    if (this.retained.includes(ring)) why = causeEarlier;
    this.ledger.add(ring.stream, why, sequence, readings, start, end);
  }

  /**
   * How much was not freed yet of what comes before block `from`, or before the first one behind it whose header is
   * right. Less than nothing when a damaged header counted too much: so the sums come right again.
   */
  private measureLost(ring: Ring, from: number): Lost {
    const { words } = this.log;
    for (let sequence = from; sequence < ring.next; sequence += 1) {
      const at = this.locate(ring, sequence, recordHeaderBytes);
      if (at < 0) continue;
      const word = at >> 2;
      const bytes = words[word + recordBytesBefore] - (ring.totalBytes - ring.bytes);
      return {
        readings: ((words[word + recordReadingsBefore] - ring.freedReadings + slack) >>> 0) - slack,
        bytes: ((bytes + slack) & (bytesModulus - 1)) - slack,
        startAfter: recordStart(words, word),
      };
    }
    return { readings: ring.totalReadings - ring.freedReadings, bytes: ring.bytes, startAfter: ring.lastEnd };
  }
}

function remove(rings: Ring[], ring: Ring): void {
  const at = rings.indexOf(ring);
  if (at >= 0) rings.splice(at, 1);
}
