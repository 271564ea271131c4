/**
 * Every ring of a device in one circular log over the capture partition, behind a small RAM head.
 *
 * In come blocks, through their rings; out go each ring's oldest blocks that are not acknowledged, counters and the
 * loss ledger. What holds, after every call and whatever the flash does: for each ring, in readings,
 * appended = acknowledged + overwritten + discarded + stored; a block is returned whole and right or not at all; a
 * ring overwrites only its own oldest blocks, but without flash, where all share the RAM head; nothing is allocated but
 * when a ring is opened or closed.
 */
import type { BootId } from '../block/types';
import { blockIsWhole } from './block-check';
import { Carrier, framing, leastReserve } from './carrier';
import { Catalogue, type IsWhole } from './catalogue';
import { CircularLog } from './circular-log';
import { FlashCounters } from './counters';
import type { FlashStorage } from './flash-storage';
import {
  acknowledgementBytes,
  acknowledgementStream,
  bytesModulus,
  maximumRecord,
  pageBytes,
  recordBytes,
  recordBytesBefore,
  recordDuration,
  recordHeaderBytes,
  recordReadingsBefore,
  recordSequence,
  recordSize,
  recordStartHighAndCheck,
  recordStartLow,
  recordStream,
  sectorBytes,
} from './format';
import { Head } from './head';
import { shareHead, whoMakesWay } from './head-shares';
import { causes, type LossLedger } from './ledger';
import { RecordWriter } from './record-writer';
import { findEarlier, type IsRetained } from './retained';
import { acknowledged, discarded, gone, indexCapacity, overwritten, Ring } from './ring';
import { RingError } from './ring-error';
import { headAt, scratchAt, scratchBytes } from './working-memory';

const causeQuota = causes.indexOf('quota');
const causeIndex = causes.indexOf('index');
const causeRemoved = causes.indexOf('removed');
const causeFlash = causes.indexOf('flash');

/** Erases that a sector of SPI NOR flash is specified for. */
export const endurance = 100_000;
const largestHead = 262_136;
/** What a page program may take; typically it is 0.4. */
const pageMilliseconds = 3;
const millisecondsPerYear = 365.25 * 86_400_000;

export interface FlashLogOptions {
  /** The capture partition. None: rings live in the RAM head alone. */
  flash?: FlashStorage | undefined;
  boot: BootId;
  /**
   * Bytes of RAM in which blocks wait before they go to flash, up to 262,136; below 544 they go straight there. They
   * are taken at once, beside 4.7 KB and a byte a sector: the caller knows what the chip has (`modules/config/memory-costs`).
   */
  headBytes: number;
  /** Milliseconds that the erase of a sector is expected to take. */
  eraseMilliseconds?: number;
  /**
   * Keeps what earlier boots had sealed into flash and not delivered (`retain_unsynced`); the mount reads it all.
   * A function says of which streams.
   */
  retainUnsynced?: boolean | IsRetained;
  /** Whether a block read from flash is whole; by default, whether it ends with the check of modules/block. */
  isWhole?: IsWhole;
}

export class FlashLog {
  readonly log: CircularLog;
  /** The partition holds the log of a later firmware: it stays as it is, and rings live in the RAM head alone. */
  readonly laterFormat: boolean;
  readonly head: Head;
  private readonly catalogue: Catalogue;
  private readonly writer: RecordWriter;
  private readonly carrier: Carrier;
  private readonly retaining: boolean;
  private readonly eraseMilliseconds: number;
  private longestPause = 0;

  constructor({
    flash,
    boot,
    headBytes,
    eraseMilliseconds = 50,
    retainUnsynced = false,
    isWhole = blockIsWhole,
  }: FlashLogOptions) {
    if (!(headBytes >= 0 && headBytes <= largestHead))
      throw new RingError('head', `a RAM head of ${headBytes} B is not in 0…${largestHead}`, largestHead);
    this.eraseMilliseconds = eraseMilliseconds;
    const size = headBytes < maximumRecord ? 0 : headBytes & ~3;
    const log = new CircularLog(flash, boot, new FlashCounters(), size);
    this.laterFormat = log.later;
    this.log = log.later ? new CircularLog(undefined, boot, new FlashCounters(), size) : log;
    // Without flash there is one in any case, where the record of a new block has its room.
    this.head = new Head(headAt, this.inRam ? Math.max(size, maximumRecord) : size);
    this.catalogue = new Catalogue(this.log, this.head, isWhole);
    this.writer = new RecordWriter(this.catalogue);
    this.carrier = new Carrier(this.catalogue, this.writer);
    this.retaining = retainUnsynced !== false && !this.inRam;
    if (this.retaining) {
      const isRetained = typeof retainUnsynced === 'function' ? retainUnsynced : () => true;
      for (const ring of findEarlier(this, this.log, isRetained)) this.retained.push(ring);
      this.log.resetTail();
    }
  }

  get counters(): FlashCounters {
    return this.log.counters;
  }

  /** Every stretch that was lost. */
  get ledger(): LossLedger {
    return this.catalogue.ledger;
  }

  /** Open rings, and closed ones until they are empty, by rising numbers of their streams. */
  get rings(): readonly Ring[] {
    return this.catalogue.rings;
  }

  /** What earlier boots left, oldest first: closed rings, each of its boot. Those that are empty leave the list. */
  get retained(): Ring[] {
    return this.catalogue.retained;
  }

  /**
   * Opens the ring of a stream.
   * @param quota bytes of complete blocks that it holds at most, 1,000 or more; without flash, while the
   * RAM head that all share is not full
   * @throws RingError that says what would fit. The rings already open are not touched.
   */
  openRing({ stream, quota }: { stream: number; quota: number }): Ring {
    const fits = this.fits();
    if (!(quota >= 1000)) throw new RingError('quota', `a cache of ${quota} B is below 1,000 B`, fits);
    if (this.catalogue.ringOf(stream) !== undefined)
      throw new RingError('stream', `stream ${stream} has a ring already`, fits);
    if (quota > fits)
      throw new RingError(
        'partition',
        `a cache of ${quota / 1000} KB does not fit the capture partition of ${(this.log.sectors * sectorBytes) >> 10} KiB: ` +
          `with ${this.openRings()} other rings open, at most ${Math.floor(fits / 1000)} KB would fit`,
        fits,
      );
    const ring = new Ring(this, stream, quota, indexCapacity(quota));
    if (this.inRam) ring.asked = quota;
    this.catalogue.open(ring);
    if (this.inRam) shareHead(this.rings, this.head.size);
    return ring;
  }

  /** Whether the RAM head is all there is. */
  get inRam(): boolean {
    return this.log.sectors === 0;
  }

  private openRings(): number {
    let open = 0;
    for (const ring of this.rings) if (!ring.closed) open += 1;
    return open;
  }

  /**
   * The largest quota, in bytes, that a ring opened now can have; below 1,000 there is room for none. Without flash
   * any: it is not given, but shared.
   */
  fits(): number {
    const { log } = this;
    if (this.inRam) return Number.POSITIVE_INFINITY;
    const reserve = Math.max(leastReserve, log.sectors >> 3);
    let room = Math.max(0, log.goodSectors() - reserve) * log.payload();
    for (const ring of this.rings) if (!ring.closed) room -= charge(ring.quota);
    // The charge rises with the quota in steps: go down to the first that fits.
    let quota = Math.max(0, Math.floor(room));
    while (quota > 0 && charge(quota) > room) quota -= Math.max(1, charge(quota) - room);
    return Math.max(0, quota);
  }

  closeRing(ring: Ring, discard: boolean): void {
    ring.quota = 0;
    if (discard) while (ring.oldest < ring.next) this.catalogue.free(ring, discarded, causeRemoved);
    this.catalogue.trim(ring);
    if (this.inRam) shareHead(this.rings, this.head.size);
  }

  /**
   * Makes room for a ring's next block: its oldest go beyond its quota, and the oldest records of the RAM head go to
   * flash. That is the deepest way there is, so it is gone first, with little of the block on the stack.
   * @returns where in the working memory the block's record goes
   */
  makeRoom(ring: Ring, length: number): number {
    const most = ring.asked ?? ring.quota;
    while (ring.bytes + length > most) this.catalogue.free(ring, overwritten, causeQuota);
    if (ring.next - ring.oldest === ring.capacity) this.catalogue.free(ring, overwritten, causeIndex);
    const { head } = this;
    if (head.size === 0) return head.begin;
    const size = recordBytes(length);
    let at = head.take(size);
    for (let moved = 0; at < 0; at = head.take(size)) {
      if (this.inRam) moved += this.turnOver(moved > head.size ? ring : undefined);
      else this.evict();
    }
    return at;
  }

  /** Takes in a block whose record goes to `at`. */
  append(
    ring: Ring,
    at: number,
    bytes: Uint8Array,
    length: number,
    sequence: number,
    readings: number,
    start: number,
    end: number,
  ): void {
    const { log, head } = this;
    const { counters, words } = log;
    const word = at >> 2;
    const from = Math.floor(start);
    const depth = sequence - ring.oldest;
    words[word + recordSize] = length | (readings << 16);
    words[word + recordSequence] = sequence;
    words[word + recordStream] = ring.stream;
    words[word + recordReadingsBefore] = ring.totalReadings;
    words[word + recordBytesBefore] = (ring.totalBytes % bytesModulus) | (depth << 24);
    words[word + recordStartLow] = from;
    // 49.7 days pass before the first division.
    const high = from < 4294967296 ? 0 : Math.floor(from / 4294967296) & 0xff;
    words[word + recordStartHighAndCheck] = high | (depth & 0xff00);
    words[word + recordDuration] = Math.min(4294967295, Math.ceil(end) - from);
    // By way of the scratch area: a copy of the whole buffer needs no view of a part of it.
    log.bytes.set(bytes.length <= scratchBytes ? bytes : bytes.subarray(0, length), scratchAt);
    log.bytes.copyWithin(at + recordHeaderBytes, scratchAt, scratchAt + length);

    ring.places[ring.begin + (sequence % ring.capacity)] = head.size > 0 ? (at - head.begin) >> 2 : gone;
    ring.next = sequence + 1;
    ring.bytes += length;
    ring.totalBytes += length;
    ring.totalReadings += readings;
    ring.lastEnd = end;
    counters.appended += 1;
    counters.appendedBytes += length;
  }

  /** Without a RAM head, the block just taken in goes to flash. */
  writeThrough(ring: Ring): void {
    if (this.head.size === 0) this.settle(ring, this.head.begin);
  }

  /** Sends the oldest record of the RAM head to flash, if it is still wanted. */
  private evict(): void {
    const { head } = this;
    const ring = this.catalogue.wantedBy(head.oldest);
    if (ring !== undefined) this.settle(ring, head.oldest);
    head.drop(this.catalogue.sizeAt(head.oldest));
  }

  /**
   * Without flash: moves the oldest record of the RAM head behind the youngest, or drops it when it is not wanted.
   * @param taker whose block found no room although all of the head was moved; then a closed ring's oldest block goes,
   * or that of whoever has most
   */
  private turnOver(taker: Ring | undefined): number {
    const { catalogue, head, log } = this;
    const at = head.oldest;
    const size = catalogue.sizeAt(at);
    const ring = catalogue.wantedBy(at);
    if (taker !== undefined && ring !== undefined) {
      let closed: Ring | undefined;
      for (const other of this.rings) if (other.closed && other.oldest < other.next) closed = other;
      const giver = closed ?? whoMakesWay(this.rings, taker, ring);
      catalogue.free(giver, overwritten, closed === undefined ? causeFlash : causeRemoved);
      if (closed !== undefined) catalogue.trim(closed);
      return -this.head.size;
    }
    if (ring !== undefined) log.bytes.copyWithin(scratchAt, at, at + size);
    head.drop(size);
    if (ring === undefined) return size;
    const to = head.take(size);
    log.bytes.copyWithin(to, scratchAt, scratchAt + size);
    const sequence = log.words[(to >> 2) + recordSequence] >>> 0;
    ring.places[ring.begin + (sequence % ring.capacity)] = (to - head.begin) >> 2;
    return size;
  }

  /** Writes the record at `source` to flash for the first time. Its block is gone when there is none left to write to. */
  private settle(ring: Ring, source: number): void {
    const { log } = this;
    log.advanceTail();
    const place = this.carrier.makeRoom() ? this.writer.store(source, this.catalogue.sizeAt(source)) : -1;
    const sequence = log.words[(source >> 2) + recordSequence] >>> 0;
    if (place >= 0) {
      log.states[place >> log.placeShift] += 1;
      this.counters.flushed += 1;
      this.counters.flushedBytes += log.words[(source >> 2) + recordSize] & 0xffff;
    }
    ring.places[ring.begin + (sequence % ring.capacity)] = place >= 0 ? place : gone;
    ring.firstInHead = sequence + 1;
  }

  read(ring: Ring, sequence: number, into: Uint8Array): number {
    return this.catalogue.read(ring, sequence, into);
  }

  acknowledge(ring: Ring, upTo: number): void {
    const inFlash = ring.oldest < ring.firstInHead;
    const before = ring.oldest;
    while (ring.oldest < upTo && ring.oldest < ring.next) this.catalogue.free(ring, acknowledged, 0);
    if (this.retaining && inFlash && ring.oldest > before) this.noteAcknowledgement(ring);
    this.catalogue.trim(ring);
  }

  /** Puts down for later boots that the blocks before `oldest` are delivered. */
  private noteAcknowledgement(ring: Ring): void {
    const { log } = this;
    const { words } = log;
    log.advanceTail();
    // Without room for the note a later boot delivers the blocks again, and the gateway knows them by name.
    const size = recordBytes(acknowledgementBytes);
    while (this.carrier.makeRoom() && this.writer.makeReady(size)) {
      const word = scratchAt >> 2;
      const entry = word + (recordHeaderBytes >> 2);
      words.fill(0, word, entry);
      words[word + recordSize] = acknowledgementBytes;
      words[word + recordStream] = acknowledgementStream;
      words[entry] = ring.boot.counter;
      words[entry + 1] = ring.boot.random;
      words[entry + 2] = ring.stream;
      words[entry + 3] = ring.oldest;
      if (log.write(scratchAt, size) >= 0 && log.fillPage()) return;
      this.writer.rescue();
    }
  }

  /**
   * Does one thing that may be put off: erases ahead, keeps some room in the RAM head, carries forward.
   * @param budget milliseconds until the next tick
   */
  idle(budget: number): void {
    const { log } = this;
    if (this.inRam) return;
    log.advanceTail();
    if (log.ready < 0 && this.eraseAhead(budget)) return;
    if (this.flushAhead(budget)) return;
    if (log.written && budget > pageMilliseconds && this.carrier.gap() < this.carrier.wantedGap())
      this.carrier.carryOne(false);
  }

  /**
   * An erase stalls every collector, so it waits for the longest pause there is, and is forced by the next append only
   * when the room runs out. Before the first page of this boot nothing is erased unless the RAM head is filling up.
   */
  private eraseAhead(budget: number): boolean {
    const { log } = this;
    const full = log.written ? log.position / sectorBytes : this.head.used / Math.max(1, this.head.size);
    if (!log.written && full < 0.75) return false;
    const now =
      budget >= this.eraseMilliseconds ||
      (full > 0.5 && budget >= (full < 0.75 ? 1 : 0.9) * this.longestPause);
    if (now) log.prepare();
    this.longestPause = now ? 0 : Math.max(budget, this.longestPause);
    return now;
  }

  /** Sends the oldest record of a RAM head that is nearly full to flash, where its pages fit the pause. */
  private flushAhead(budget: number): boolean {
    const { head, log } = this;
    const kept = Math.max(2 * maximumRecord, this.head.size >> 2);
    if (this.head.size < 2 * kept || this.head.size - head.used >= kept) return false;
    const size = this.catalogue.sizeAt(head.oldest);
    const pages = ((log.position & (pageBytes - 1)) + size) >> 8;
    if (budget < pages * pageMilliseconds || log.room() < size) return false;
    this.evict();
    return true;
  }

  /** Least and most erases of a sector. Exact to the lap: a sector's own count of this lap, or the range of the last. */
  wear(): { minimum: number; maximum: number } {
    const { log } = this;
    return {
      minimum: Math.min(log.lapMinimum, log.previousMinimum),
      maximum: Math.max(log.lapMaximum, log.previousMaximum),
    };
  }

  /** Years until the good sectors reach 100,000 erases, at this boot's rate. @param uptime milliseconds */
  lifeYears(uptime: number): number {
    const { erases } = this.counters;
    if (erases === 0) return Number.POSITIVE_INFINITY;
    const left = Math.max(0, endurance - this.wear().maximum) * this.log.goodSectors();
    return ((left / erases) * uptime) / millisecondsPerYear;
  }
}

/** Bytes of flash that a quota takes at most: its blocks and their framing. */
function charge(quota: number): number {
  return quota + framing * indexCapacity(quota);
}
