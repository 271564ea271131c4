/**
 * The one circular log over the partition: pages and records, without knowledge of rings.
 *
 * What holds: a page is programmed only in a sector that this object erased, once, whole, and in rising order; what is
 * not programmed yet, or failed to be and is written again elsewhere, is read from RAM.
 */
import type { BootId } from '../block/types';
import type { FlashCounters } from './counters';
import type { FlashStorage } from './flash-storage';
import {
  headerBootCounter,
  headerBootRandom,
  headerCheck,
  headerEpoch,
  headerErases,
  headerFirstRecord,
  headerLapMaximum,
  headerLapMinimum,
  headerMagic,
  headerPreviousMaximum,
  headerPreviousMinimum,
  leftOutBefore,
  listCapacity,
  listStream,
  magic,
  pageBytes,
  recordBytes,
  recordCheck,
  recordHeaderBytes,
  recordHeaderIsRight,
  recordSequence,
  recordSize,
  recordStartHighAndCheck,
  recordStream,
  sectorBytes,
  sectorHeaderBytes,
  sectorHeaderIsLater,
  sumOfWords,
} from './format';
import { LogReader } from './log-reader';
import { findNewestSector } from './mount';
import { pageAt, rescuedAt, savedPageAt, scratchAt, touchedAt } from './working-memory';

export class CircularLog extends LogReader {
  epoch = 0;
  /** Whether this object has programmed a page. */
  written = false;
  /** Whether the mount met a sector of a later format, which it does not know. Nothing may be written then. */
  later = false;

  private rescuing = false;
  /** Records that touched the failed page, and those that touch the one being composed. */
  rescuedCount = 0;
  private touchedCount = 0;

  lapMinimum = 0;
  lapMaximum = 0;
  previousMinimum = 0;
  previousMaximum = 0;
  private listPending = false;
  /** Whether the sector before the next one to be opened was left out. */
  private leftOut = false;

  constructor(flash: FlashStorage | undefined, boot: BootId, counters: FlashCounters, headBytes: number) {
    super(flash, boot, counters, headBytes);
    if (this.sectors > 0) this.mount();
  }

  private mount(): void {
    const { sectors } = this;
    const newest = findNewestSector(
      sectors,
      (sector) => this.epochOf(sector),
      (sector) => this.hasFailed(sector),
      (sector) => this.readList(sector),
    );
    if (newest < 0) this.open = sectors - 1;
    else {
      // A later firmware goes on where this one left off.
      this.epochOf(this.next(newest));
      this.open = newest;
      this.readList(newest);
      if (this.readHeader(newest)) {
        const word = scratchAt >> 2;
        this.epoch = this.words[word + headerEpoch];
        this.openErases = this.words[word + headerErases];
        this.lapMinimum = this.words[word + headerLapMinimum];
        this.lapMaximum = this.words[word + headerLapMaximum];
        this.previousMinimum = this.words[word + headerPreviousMinimum];
        this.previousMaximum = this.words[word + headerPreviousMaximum];
        this.skipErased();
      }
    }
    this.tail = this.next(this.open);
    this.advanceTail();
    this.counters.mountReads = this.counters.reads;
  }

  /**
   * When the header of the sector behind the newest is not right, the boot before had erased it ahead and not come to
   * write it. To erase it again would wear it more than the others, so it is left out this once. The next header says
   * so, lest it be left out again in the next lap. Only one in a row: the mount finds its way past few of them.
   */
  private skipErased(): void {
    const following = this.next(this.open);
    if (this.previousMaximum === 0 || following === this.open || this.readHeader(following)) return;
    const second = this.next(following);
    const word = (scratchAt >> 2) + headerFirstRecord;
    if (this.readHeader(second) && (this.words[word] & leftOutBefore) !== 0) return;
    this.open = following;
    this.leftOut = true;
  }

  private epochOf(sector: number): number {
    if (this.readHeader(sector)) return this.words[(scratchAt >> 2) + headerEpoch];
    if (sectorHeaderIsLater(this.words, scratchAt)) this.later = true;
    return 0;
  }

  /** Marks the sectors that the list in `sector` names; without one, none. */
  private readList(sector: number): void {
    if (!this.readHeader(sector)) return;
    const seed = this.words[(scratchAt >> 2) + headerBootRandom];
    const first = this.words[(scratchAt >> 2) + headerFirstRecord] & 0xffff;
    const at = this.fetch(sector, first, recordBytes(2 * listCapacity));
    const { words, bytes } = this;
    const word = at >> 2;
    if (words[word + recordStream] !== listStream || !recordHeaderIsRight(words, at, seed)) return;
    const length = words[word + recordSize] & 0xffff;
    // The header's check covers the list's own, which stands where a block has its sequence number.
    if (words[word + recordSequence] !== listCheck(words, at)) return;
    for (let index = 0; index < length; index += 2) {
      const listed = bytes[at + recordHeaderBytes + index] | (bytes[at + recordHeaderBytes + index + 1] << 8);
      if (listed < this.sectors) this.retire(listed);
    }
  }

  /**
   * Goes on to the next sector when the open one is full: `write` may then follow. Needs `room()` and the scratch area.
   * @returns false when a page failed, as `write` does
   */
  begin(): boolean {
    if (this.open === this.sectors - 1 && this.position >= sectorBytes - this.placeBytes && !this.fillPage())
      return false;
    if (this.position < sectorBytes) return true;
    this.openReady(0);
    return !this.listPending || this.writeList();
  }

  /**
   * Writes the record of `size` bytes at `source` of the working memory; its header gets its check. Needs `room()` for
   * it and a `begin()`. The scratch area is used once the record is taken out of it.
   * @returns its place, or −1 when a page failed: then the records that touched it are to be rescued, and this one is
   * to be written again
   */
  write(source: number, size: number): number {
    const word = source >> 2;
    const high = this.words[word + recordStartHighAndCheck] & 0xffff;
    const check = recordCheck(this.words, word, this.boot.random | 0);
    this.words[word + recordStartHighAndCheck] = high | (check << 16);
    const start = this.open * sectorBytes + this.position;
    this.touch(start);
    const { bytes } = this;
    let from = source;
    const end = source + size;
    while (from < end) {
      if (this.position === sectorBytes) {
        this.openReady(end - from);
        this.touch(start);
      }
      const at = this.position & (pageBytes - 1);
      let chunk = pageBytes - at;
      if (chunk > end - from) chunk = end - from;
      bytes.copyWithin(pageAt + at, from, from + chunk);
      from += chunk;
      this.position += chunk;
      if ((this.position & (pageBytes - 1)) === 0) {
        if (!this.programPage()) return -1;
        if (from < end && this.position < sectorBytes) this.touch(start);
      }
    }
    if (this.listPending && !this.writeList()) return -1;
    return Math.floor(start / this.placeBytes);
  }

  /** Programs the open page although it is not full. Its rest stays blank. */
  fillPage(): boolean {
    const at = this.position & (pageBytes - 1);
    if (at === 0) return true;
    this.bytes.fill(0xff, pageAt + at, pageAt + pageBytes);
    this.position += pageBytes - at;
    return this.programPage();
  }

  private touch(address: number): void {
    this.words[(touchedAt >> 2) + this.touchedCount] = address;
    this.touchedCount += 1;
  }

  private programPage(): boolean {
    this.written = true;
    try {
      this.flash!.write(this.page, this.open * sectorBytes + this.position - pageBytes);
    } catch {
      this.fail();
      return false;
    }
    this.counters.programs += 1;
    this.counters.programmedBytes += pageBytes;
    this.touchedCount = 0;
    return true;
  }

  /** The page just composed did not go to flash: keeps it, and gives its sector up. */
  private fail(): void {
    this.counters.programFailures += 1;
    const page = (this.position >> 8) - 1;
    if (!this.rescuing) {
      this.bytes.copyWithin(savedPageAt, pageAt, pageAt + pageBytes);
      this.failedSector = this.open;
      this.failedPage = page;
      this.rescuedCount = this.touchedCount;
      this.bytes.copyWithin(rescuedAt, touchedAt, rescuedAt);
    }
    this.touchedCount = 0;
    this.condemn(this.open);
    this.position = sectorBytes;
    this.listPending = false;
  }

  /** From here on a failing page no longer replaces the one whose records are being rescued. */
  beginRescue(): void {
    this.rescuing = true;
  }

  endRescue(): void {
    this.rescuing = false;
    this.failedSector = -1;
    this.rescuedCount = 0;
  }

  /** Goes on in the sector erased ahead. @param continuation bytes of the record that began in the one before */
  private openReady(continuation: number): void {
    const { words } = this;
    const previous = this.open;
    this.open = this.ready;
    this.openErases = this.readyErases;
    this.ready = -1;
    this.epoch += 1;
    if (this.open <= previous) {
      this.previousMinimum = this.lapMinimum;
      this.previousMaximum = this.lapMaximum;
      this.lapMinimum = this.openErases;
      this.lapMaximum = this.openErases;
    } else {
      if (this.openErases < this.lapMinimum) this.lapMinimum = this.openErases;
      if (this.openErases > this.lapMaximum) this.lapMaximum = this.openErases;
    }
    words[(pageAt >> 2) + headerMagic] = magic;
    words[(pageAt >> 2) + headerEpoch] = this.epoch;
    words[(pageAt >> 2) + headerBootCounter] = this.boot.counter;
    words[(pageAt >> 2) + headerBootRandom] = this.boot.random;
    words[(pageAt >> 2) + headerErases] = this.openErases;
    words[(pageAt >> 2) + headerLapMinimum] = this.lapMinimum;
    words[(pageAt >> 2) + headerLapMaximum] = this.lapMaximum;
    words[(pageAt >> 2) + headerPreviousMinimum] = this.previousMinimum;
    words[(pageAt >> 2) + headerPreviousMaximum] = this.previousMaximum;
    const before = this.leftOut ? leftOutBefore : 0;
    this.leftOut = false;
    words[(pageAt >> 2) + headerFirstRecord] = (sectorHeaderBytes + continuation) | before;
    words[(pageAt >> 2) + headerCheck] = sumOfWords(words, pageAt >> 2, (pageAt >> 2) + headerCheck, 0);
    this.position = sectorHeaderBytes;
    this.listPending = this.counters.retired > 0;
  }

  private writeList(): boolean {
    this.listPending = false;
    const { bytes, words } = this;
    const word = scratchAt >> 2;
    let length = 0;
    words.fill(0, word, word + (recordBytes(2 * listCapacity) >> 2));
    for (let sector = 0; sector < this.sectors && length < 2 * listCapacity; sector += 1) {
      if (!this.hasFailed(sector)) continue;
      bytes[scratchAt + recordHeaderBytes + length] = sector & 0xff;
      bytes[scratchAt + recordHeaderBytes + length + 1] = sector >> 8;
      length += 2;
    }
    words[word + recordSize] = length;
    words[word + recordStream] = listStream;
    words[word + recordSequence] = listCheck(words, scratchAt);
    return this.write(scratchAt, recordBytes(length)) >= 0;
  }
}

/** The sum over a list of retired sectors whose record stands at `at`; it stands where a block has its sequence number. */
function listCheck(words: Int32Array, at: number): number {
  const from = (at + recordHeaderBytes) >> 2;
  return sumOfWords(words, from, from + (((words[at >> 2] & 0xffff) + 3) >> 2), 0);
}
