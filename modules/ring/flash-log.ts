/**
 * Every ring of a device in one circular log over the capture partition, behind a small RAM head.
 *
 * In come blocks, through their rings; out go each ring's oldest blocks that are not acknowledged, counters and the
 * loss ledger. What holds, after every call and whatever the flash does: for each ring, in blocks and in readings,
 * appended = acknowledged + overwritten + discarded + stored; a block is returned whole and right or not at all; a
 * ring overwrites only its own oldest blocks; nothing is allocated but when a ring is opened.
 */
import type { BootId } from '../block/types';
import { blockIsWhole } from './block-check';
import { CircularLog, carriedAt, fixedBytes, inletAt, scratchAt } from './circular-log';
import { FlashCounters } from './counters';
import type { FlashStorage } from './flash-storage';
import {
  acknowledgementStream,
  bytesModulus,
  headerBootCounter,
  headerBootRandom,
  headerFirstRecord,
  maximumBlock,
  maximumRecord,
  pageBytes,
  recordBytes,
  recordBytesBefore,
  recordDuration,
  recordHeaderBytes,
  recordReadingsBefore,
  recordSequence,
  recordSize,
  recordStart,
  recordStartHighAndCheck,
  recordStartLow,
  recordStream,
  sectorBytes,
} from './format';
import { Head } from './head';
import { causes, LossLedger } from './ledger';
import { findEarlier } from './retained';
import { acknowledged, discarded, gone, indexCapacity, type Outcome, overwritten, Ring } from './ring';
import { RingError } from './ring-error';

const causeQuota = causes.indexOf('quota');
const causeIndex = causes.indexOf('index');
const causeRemoved = causes.indexOf('removed');
const causeWorn = causes.indexOf('worn');
const causeFlash = causes.indexOf('flash');
const causeEarlier = causes.indexOf('earlier boot');

/** Erases that a sector of SPI NOR flash is specified for. */
export const endurance = 100_000;
/** Bytes that a record takes beyond its block: header and padding. */
const framing = recordHeaderBytes + 2;
/** Sectors that quotas leave free: an eighth, and no fewer than these. */
const leastReserve = 5;
const largestHead = 262_136;
/** What a page program may take; typically it is 0.4. */
const pageMilliseconds = 3;
const millisecondsPerYear = 365.25 * 86_400_000;

export interface FlashLogOptions {
  /** The capture partition. None: rings live in the RAM head alone. */
  flash?: FlashStorage | undefined;
  boot: BootId;
  /** Bytes of RAM in which blocks wait before they go to flash, up to 262,136; below 544 they go straight there. */
  headBytes: number;
  /** Milliseconds that the erase of a sector is expected to take. */
  eraseMilliseconds?: number;
  /** Keeps what earlier boots had sealed into flash and not delivered (`retain_unsynced`); the mount reads it all. */
  retainUnsynced?: boolean;
  /** Whether a block read from flash is whole; by default, whether it ends with the check of modules/block. */
  isWhole?: (words: Int32Array, length: number) => boolean;
}

export class FlashLog {
  readonly counters = new FlashCounters();
  readonly ledger = new LossLedger();
  /** Open rings, and closed ones until they are empty, by stream. */
  readonly rings = new Map<number, Ring>();
  /** What earlier boots left, oldest first: closed rings, each of its boot. Those that are empty leave the list. */
  readonly retained: Ring[] = [];
  readonly log: CircularLog;
  readonly head: Head;
  private readonly headBytes: number;
  private readonly retaining: boolean;
  private readonly eraseMilliseconds: number;
  private readonly isWhole: (words: Int32Array, length: number) => boolean;

  // Where carrying forward has come to in the tail sector; valid while the tail has not moved.
  private cursor = -1;
  private cursorTail = -1;

  private longestPause = 0;

  // What `totalsBefore` found.
  private readingsBefore = 0;
  private bytesBefore = 0;
  private startAfter = 0;

  private readonly rescuedRings: (Ring | undefined)[] = [];
  private readonly rescuedSequences: number[] = [];

  constructor({
    flash,
    boot,
    headBytes,
    eraseMilliseconds = 50,
    retainUnsynced = false,
    isWhole = blockIsWhole,
  }: FlashLogOptions) {
    if (!(headBytes >= 0 && headBytes <= largestHead))
      throw new RangeError(`a RAM head of ${headBytes} B is not in 0…${largestHead}`);
    this.headBytes = headBytes < maximumRecord ? 0 : headBytes & ~3;
    this.eraseMilliseconds = eraseMilliseconds;
    this.isWhole = isWhole;
    this.log = new CircularLog(flash, boot, this.counters, this.headBytes);
    this.retaining = retainUnsynced && this.log.sectors > 0;
    if (this.retaining) {
      for (const ring of findEarlier(this, this.log)) this.retained.push(ring);
      this.log.resetTail();
    }
    this.head = new Head(fixedBytes, fixedBytes + this.headBytes);
    for (let index = 0; index < this.log.rescued.length; index += 1) {
      this.rescuedRings.push(undefined);
      this.rescuedSequences.push(0);
    }
  }

  // ——— rings ———

  /**
   * Opens the ring of a stream.
   * @param quota bytes of complete blocks that it holds at most, 1,000 or more
   * @throws RingError that says what would fit. The rings already open are not touched.
   */
  openRing({ stream, quota }: { stream: number; quota: number }): Ring {
    const fits = this.fits();
    if (!(quota >= 1000)) throw new RingError('quota', `a cache of ${quota} B is below 1,000 B`, fits);
    if (this.rings.has(stream)) throw new RingError('stream', `stream ${stream} has a ring already`, fits);
    if (quota > fits) {
      const partition = this.log.sectors * sectorBytes;
      throw partition > 0
        ? new RingError(
            'partition',
            `a cache of ${quota / 1000} KB does not fit the capture partition of ${partition >> 10} KiB: ` +
              `with ${this.openRings()} other rings open, at most ${Math.floor(fits / 1000)} KB would fit`,
            fits,
          )
        : new RingError(
            'memory',
            `there is no capture partition, and a cache of ${quota / 1000} KB does not fit the RAM head of ` +
              `${this.headBytes} B: at most ${Math.floor(fits / 1000)} KB would fit`,
            fits,
          );
    }
    const ring = new Ring(this, this.log.boot, stream, quota, indexCapacity(quota));
    this.rings.set(stream, ring);
    return ring;
  }

  private openRings(): number {
    let open = 0;
    for (const ring of this.rings.values()) if (!ring.closed) open += 1;
    return open;
  }

  /** The largest quota, in bytes, that a ring opened now can have; below 1,000 there is room for none. */
  fits(): number {
    const { log } = this;
    const reserve = Math.max(leastReserve, log.sectors >> 3);
    let room =
      log.sectors > 0
        ? Math.max(0, log.goodSectors() - reserve) * log.payload()
        : Math.max(0, this.headBytes - 2 * maximumRecord);
    for (const ring of this.rings.values()) if (!ring.closed) room -= charge(ring.quota);
    // The charge rises with the quota in steps: go down to the first that fits.
    let quota = Math.max(0, Math.floor(room));
    while (quota > 0 && charge(quota) > room) quota -= Math.max(1, charge(quota) - room);
    return Math.max(0, quota);
  }

  closeRing(ring: Ring, discard: boolean): void {
    ring.closed = true;
    if (discard) while (ring.oldest < ring.next) this.free(ring, discarded, causeRemoved);
    this.trim(ring);
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

  private sizeAt(at: number): number {
    return recordBytes(this.log.words[(at >> 2) + recordSize] & 0xffff);
  }

  private wanted(at: number): boolean {
    const { words } = this.log;
    const ring = this.rings.get(words[(at >> 2) + recordStream]);
    return ring !== undefined && words[(at >> 2) + recordSequence] >= ring.oldest;
  }

  // ——— append ———

  append(
    ring: Ring,
    bytes: Uint8Array,
    length: number,
    sequence: number,
    readings: number,
    start: number,
    end: number,
  ): void {
    if (ring.closed) throw new Error(`the ring of stream ${ring.stream} is closed`);
    if (sequence !== ring.next)
      throw new RangeError(`block ${sequence} of stream ${ring.stream} does not follow ${ring.next - 1}`);
    if (!(length >= 6 && length <= maximumBlock && (length & 1) === 0))
      throw new RangeError(`a block of ${length} B is not an even number of 6…${maximumBlock} bytes`);
    if (!(readings >= 0 && readings <= 0xffff)) throw new RangeError(`${readings} readings in a block`);

    while (ring.bytes + length > ring.quota) this.free(ring, overwritten, causeQuota);
    if (ring.next - ring.oldest === ring.capacity) this.free(ring, overwritten, causeIndex);

    const { log, head, counters } = this;
    const { words } = log;
    const word = inletAt >> 2;
    const from = Math.floor(start);
    words[word + recordSize] = length | (readings << 16);
    words[word + recordSequence] = sequence;
    words[word + recordStream] = ring.stream;
    words[word + recordReadingsBefore] = ring.totalReadings;
    const depth = ring.next - ring.oldest;
    words[word + recordBytesBefore] = (ring.totalBytes % bytesModulus) | (depth << 24);
    words[word + recordStartLow] = from;
    words[word + recordStartHighAndCheck] = (Math.floor(from / 4294967296) & 0xff) | (depth & 0xff00);
    words[word + recordDuration] = Math.min(4294967295, Math.ceil(end) - from);
    // A copy of the whole buffer needs no view of a part of it; what is too much stays behind the record.
    if (bytes.length <= maximumBlock) log.bytes.set(bytes, inletAt + recordHeaderBytes);
    else log.bytes.set(bytes.subarray(0, length), inletAt + recordHeaderBytes);

    const size = recordBytes(length);
    let to = -1;
    let place = gone;
    if (this.headBytes > 0) {
      to = head.take(size);
      while (to < 0) {
        this.evict();
        to = head.take(size);
      }
      log.bytes.copyWithin(to, inletAt, inletAt + size);
      place = (to - head.begin) >> 2;
    } else {
      to = this.flush(inletAt, size);
      if (to >= 0) {
        place = to;
        log.live[to >> log.placeShift] += 1;
      }
      ring.firstInHead = sequence + 1;
    }
    ring.index[sequence % ring.capacity] = place;
    ring.next = sequence + 1;
    ring.bytes += length;
    ring.totalBytes += length;
    ring.totalReadings += readings;
    ring.lastEnd = end;
    ring.counters.appended += 1;
    ring.counters.appendedReadings += readings;
    counters.appended += 1;
    counters.appendedBytes += length;
  }

  /** Sends the oldest record of the RAM head to flash, if it is still wanted. */
  private evict(): void {
    const { head, log } = this;
    const at = head.oldest;
    const size = this.sizeAt(at);
    if (this.wanted(at)) {
      const ring = this.rings.get(log.words[(at >> 2) + recordStream])!;
      const sequence = log.words[(at >> 2) + recordSequence];
      const place = this.flush(at, size);
      if (place >= 0) log.live[place >> log.placeShift] += 1;
      ring.index[sequence % ring.capacity] = place >= 0 ? place : gone;
      ring.firstInHead = sequence + 1;
    }
    head.drop(size);
  }

  /** Writes a record to flash for the first time. @returns its place, or −1 when there is no flash left to write to */
  private flush(source: number, size: number): number {
    if (this.log.sectors === 0) return -1;
    this.log.advanceTail();
    if (!this.makeRoom()) return -1;
    const place = this.store(source, size);
    if (place >= 0) {
      this.counters.flushed += 1;
      this.counters.flushedBytes += this.log.words[(source >> 2) + recordSize] & 0xffff;
    }
    return place;
  }

  /** Writes a record; when a page fails, first those that were on it, then the record, elsewhere. */
  private store(source: number, size: number): number {
    const { log } = this;
    for (;;) {
      if (log.room() < size && (!log.prepare() || log.room() < size)) return -1;
      const place = log.write(source, size);
      if (place >= 0) return place;
      this.rescue();
    }
  }

  // ——— making room ———

  /** Carries live records out of the way, the more the smaller the gap. False when the flash is full of live records. */
  private makeRoom(): boolean {
    const { log } = this;
    const wanted = this.wantedGap();
    if (this.gap() >= wanted) return true;
    for (let steps = 2 * this.gap() < wanted ? 4 : 2; steps > 0; steps -= 1) if (!this.carryOne(false)) break;
    // Carrying one whole sector needs as much room as one sector and a record give.
    for (let laps = 0; this.gap() < 2 && laps < 2; laps += 1)
      for (let steps = 2 * this.storedBlocks() + log.sectors; this.gap() < 2 && steps > 0; steps -= 1)
        if (!this.carryOne(laps > 0 || this.crowded())) break;
    return this.gap() >= 2;
  }

  /** Below this gap, records are carried forward. */
  private wantedGap(): number {
    return Math.max(3, this.log.goodSectors() >> 4);
  }

  /** Sectors that can be written without carrying. */
  private gap(): number {
    return this.log.gap + (this.log.ready >= 0 ? 1 : 0);
  }

  private storedBlocks(): number {
    let blocks = 0;
    for (const ring of this.rings.values()) blocks += ring.next - ring.oldest;
    return blocks;
  }

  /** Whether so many sectors were retired that the rings no longer fit. */
  private crowded(): boolean {
    let bytes = 0;
    for (const ring of this.rings.values())
      if (!ring.closed) bytes += ring.bytes + framing * (ring.next - ring.oldest);
    return bytes > (this.log.goodSectors() - leastReserve) * this.log.payload();
  }

  /**
   * Carries the next live record of the tail sector forward, or ends with the sector.
   * @param overwrite overwrites its ring's oldest instead @returns false when there is nothing to carry
   */
  private carryOne(overwrite: boolean): boolean {
    const { log } = this;
    log.advanceTail();
    const sector = log.tail;
    if (sector === log.open) return false;
    if (this.cursorTail !== log.tailMoves) {
      this.cursorTail = log.tailMoves;
      this.cursor = sectorBytes + 1;
      if (log.readHeader(sector)) {
        if (this.retained.length > 0 && this.isEarlier()) {
          this.overwriteEarlier(sector);
          return true;
        }
        this.cursor = log.words[(scratchAt >> 2) + headerFirstRecord] & 0xffff;
      }
    }
    while (this.cursor < sectorBytes) {
      const at = log.fetch(sector, this.cursor, 4);
      const word = at >> 2;
      if (log.words[word] === 0xffffffff) {
        this.cursor = (this.cursor & ~(pageBytes - 1)) + pageBytes;
        continue;
      }
      if (!log.isRecord(at)) {
        this.cursor = sectorBytes + 1;
        break;
      }
      const place = Math.floor((sector * sectorBytes + this.cursor) / log.placeBytes);
      this.cursor += this.sizeAt(at);
      const ring = this.rings.get(log.words[word + recordStream]);
      if (ring !== undefined && this.isAt(ring, log.words[word + recordSequence], place))
        return this.carry(ring, at, overwrite);
    }
    // A record that cannot be read hides those behind it: look for each where the index says it is.
    if (log.live[sector] > 0) this.sweep(sector);
    return true;
  }

  /** Whether the sector header in the scratch area is of another boot. */
  private isEarlier(): boolean {
    const { words, boot } = this.log;
    const word = scratchAt >> 2;
    return words[word + headerBootCounter] !== boot.counter || words[word + headerBootRandom] !== boot.random;
  }

  /** Blocks of earlier boots are not carried: they make room. */
  private overwriteEarlier(sector: number): void {
    for (const ring of [...this.retained]) {
      let last = -1;
      for (let sequence = ring.oldest; sequence < ring.next; sequence += 1) {
        const place = ring.index[sequence % ring.capacity];
        if (place !== gone && place >> this.log.placeShift === sector) last = sequence;
      }
      while (ring.oldest <= last) this.free(ring, overwritten, causeEarlier);
      while (ring.oldest < ring.next && ring.index[ring.oldest % ring.capacity] === gone)
        this.free(ring, overwritten, causeEarlier);
      this.trim(ring);
    }
  }

  private isAt(ring: Ring, sequence: number, place: number): boolean {
    return (
      sequence >= ring.oldest && sequence < ring.firstInHead && ring.index[sequence % ring.capacity] === place
    );
  }

  /** Carries the record that stands at `at` forward. */
  private carry(ring: Ring, at: number, overwrite: boolean): boolean {
    const { log } = this;
    const sequence = log.words[(at >> 2) + recordSequence];
    const size = this.sizeAt(at);
    log.bytes.copyWithin(carriedAt, at, at + size);
    if (ring.closed) {
      while (ring.oldest <= sequence) this.free(ring, overwritten, causeRemoved);
      this.trim(ring);
      return true;
    }
    if (overwrite) {
      this.free(ring, overwritten, causeWorn);
      if (ring.oldest > sequence) return true;
    }
    const place = this.store(carriedAt, size);
    if (place < 0) {
      this.lose(ring, sequence);
      return false;
    }
    this.move(ring, sequence, place);
    this.counters.carried += 1;
    return true;
  }

  private move(ring: Ring, sequence: number, place: number): void {
    const { log } = this;
    const slot = sequence % ring.capacity;
    log.live[ring.index[slot] >> log.placeShift] -= 1;
    log.live[place >> log.placeShift] += 1;
    ring.index[slot] = place;
  }

  /** The block in flash cannot be had again. */
  private lose(ring: Ring, sequence: number): void {
    const slot = sequence % ring.capacity;
    this.log.live[ring.index[slot] >> this.log.placeShift] -= 1;
    ring.index[slot] = gone;
    this.counters.damaged += 1;
  }

  private sweep(sector: number): void {
    const { log } = this;
    this.overwriteEarlier(sector);
    for (const ring of this.rings.values())
      for (let sequence = ring.oldest; sequence < ring.firstInHead; sequence += 1) {
        const place = ring.index[sequence % ring.capacity];
        if (place === gone || place >> log.placeShift !== sector) continue;
        const at = log.find(place, ring.stream, sequence, 4, ring.seed);
        if (at < 0) this.lose(ring, sequence);
        else this.carry(ring, at, false);
      }
  }

  /** Writes the records again that touched a page that failed. Those that find no room are lost. */
  private rescue(): void {
    const { log, rescuedRings, rescuedSequences } = this;
    let count = 0;
    for (let index = 0; index < log.rescuedCount; index += 1) {
      const address = log.rescued[index];
      const at = log.fetch(address >>> 12, address & (sectorBytes - 1), 2);
      if (!log.isRecord(at)) continue;
      const ring = this.rings.get(log.words[(at >> 2) + recordStream]);
      const sequence = log.words[(at >> 2) + recordSequence];
      if (ring === undefined || !this.isAt(ring, sequence, Math.floor(address / log.placeBytes))) continue;
      rescuedRings[count] = ring;
      rescuedSequences[count] = sequence;
      log.rescued[count] = address;
      count += 1;
    }
    log.beginRescue();
    let done = 0;
    while (done < count) {
      const address = log.rescued[done];
      const ring = rescuedRings[done]!;
      const at = log.fetch(address >>> 12, address & (sectorBytes - 1), 4);
      const size = this.sizeAt(at);
      if (log.room() < size && (!log.prepare() || log.room() < size)) {
        this.lose(ring, rescuedSequences[done]);
        done += 1;
        continue;
      }
      // Preparing a sector reads into the scratch area, and so takes the record away.
      const source = log.fetch(address >>> 12, address & (sectorBytes - 1), 4);
      const place = log.write(source, size);
      if (place >= 0) {
        this.move(ring, rescuedSequences[done], place);
        done += 1;
      } else done = 0;
    }
    for (let index = 0; index < count; index += 1) rescuedRings[index] = undefined;
    log.endRescue();
  }

  // ——— read and free ———

  /** Where a block's record stands in the working memory, or −1. */
  private locate(ring: Ring, sequence: number, pages: number): number {
    const place = ring.index[sequence % ring.capacity];
    if (place === gone) return -1;
    if (sequence >= ring.firstInHead) return this.head.begin + 4 * place;
    return this.log.find(place, ring.stream, sequence, pages, ring.seed);
  }

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
      if (!inHead && !this.isWhole(log.outletWords, length)) continue;
      if (into.length >= maximumBlock) into.set(log.outlet);
      else into.set(log.outlet.subarray(0, length));
      return length;
    }
    if (ring.index[sequence % ring.capacity] !== gone) this.lose(ring, sequence);
    return 0;
  }

  acknowledge(ring: Ring, upTo: number): void {
    const inFlash = ring.oldest < ring.firstInHead;
    const before = ring.oldest;
    while (ring.oldest < upTo && ring.oldest < ring.next) this.free(ring, acknowledged, 0);
    if (this.retaining && inFlash && ring.oldest > before) this.noteAcknowledgement(ring);
    this.trim(ring);
  }

  /** Puts down for later boots that the blocks before `oldest` are delivered. */
  private noteAcknowledgement(ring: Ring): void {
    const { log } = this;
    const { words } = log;
    log.advanceTail();
    // Without room for the note a later boot delivers the blocks again, and the gateway knows them by name.
    while (this.makeRoom()) {
      const word = carriedAt >> 2;
      words.fill(0, word, word + (recordHeaderBytes >> 2));
      words[word + recordSize] = 16;
      words[word + recordStream] = acknowledgementStream;
      words[word + (recordHeaderBytes >> 2)] = ring.boot.counter;
      words[word + (recordHeaderBytes >> 2) + 1] = ring.boot.random;
      words[word + (recordHeaderBytes >> 2) + 2] = ring.stream;
      words[word + (recordHeaderBytes >> 2) + 3] = ring.oldest;
      if (this.store(carriedAt, recordBytes(16)) < 0 || log.fillPage()) return;
      this.rescue();
    }
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

  // ——— put off ———

  /**
   * Does one thing that may be put off: erases ahead, keeps some room in the RAM head, carries forward.
   * @param budget milliseconds until the next tick
   */
  idle(budget: number): void {
    const { log } = this;
    if (log.sectors === 0) return;
    log.advanceTail();
    if (log.ready < 0 && this.eraseAhead(budget)) return;
    if (this.flushAhead(budget)) return;
    if (log.written && budget > pageMilliseconds && this.gap() < this.wantedGap()) this.carryOne(false);
  }

  /**
   * An erase stalls every collector, so it waits for the longest pause there is, and is forced by the next append only
   * when the room runs out. Before the first page of this boot nothing is erased unless the RAM head is filling up.
   */
  private eraseAhead(budget: number): boolean {
    const { log } = this;
    const full = log.written ? log.position / sectorBytes : this.head.used / Math.max(1, this.headBytes);
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
    if (this.headBytes < 4 * maximumRecord || this.headBytes - head.used >= 2 * maximumRecord) return false;
    const size = this.sizeAt(head.oldest);
    const pages = ((log.position & (pageBytes - 1)) + size) >> 8;
    if (budget < pages * pageMilliseconds || log.room() < size) return false;
    this.evict();
    return true;
  }

  // ——— figures ———

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
