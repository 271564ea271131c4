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
  listStream,
  magic,
  pageBytes,
  pagesPerSector,
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
  sumOfWords,
} from './format';
import { findNewestSector } from './mount';
import { condemned, good, retired, SectorRow } from './sector-row';
import {
  inletAt,
  listAt,
  listCapacity,
  pageAt,
  savedPageAt,
  scratchAt,
  scratchBytes,
  scratchPages,
} from './working-memory';

/** Records that can touch one page, and one to spare. */
const touchCapacity = 9;

export class CircularLog extends SectorRow {
  epoch = 0;
  /** Whether this object has programmed a page. */
  written = false;

  /** The sector and page that failed and whose records are being written again, or −1. */
  private failedSector = -1;
  private failedPage = 0;
  private rescuing = false;
  /** Addresses of the records that touched the failed page. */
  readonly rescued: number[] = [];
  rescuedCount = 0;
  private readonly touched: number[] = [];
  private touchedCount = 0;

  lapMinimum = 0;
  lapMaximum = 0;
  previousMinimum = 0;
  previousMaximum = 0;
  private listPending = false;
  /** Whether the sector before the next one to be opened was left out. */
  private leftOut = false;
  /** The boot's random number, which seeds the checks of its records. */
  readonly seed: number;

  constructor(
    flash: FlashStorage | undefined,
    readonly boot: BootId,
    counters: FlashCounters,
    headBytes: number,
  ) {
    super(flash, counters, headBytes);
    for (let index = 0; index < touchCapacity; index += 1) {
      this.touched.push(0);
      this.rescued.push(0);
    }
    this.seed = boot.random | 0;
    if (this.sectors > 0) this.mount();
  }

  private mount(): void {
    const { sectors } = this;
    const newest = findNewestSector(
      sectors,
      (sector) => this.epochOf(sector),
      (sector) => this.marks[sector] !== good,
      (sector) => this.readList(sector),
    );
    if (newest < 0) this.open = sectors - 1;
    else {
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
    this.counters.retired = this.marked;
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
    return this.readHeader(sector) ? this.words[(scratchAt >> 2) + headerEpoch] : 0;
  }

  /** Marks the sectors that the list in `sector` names; without one, none. */
  private readList(sector: number): void {
    if (!this.readHeader(sector)) return;
    const seed = this.words[(scratchAt >> 2) + headerBootRandom] | 0;
    const at = this.fetch(sector, this.words[(scratchAt >> 2) + headerFirstRecord] & 0xffff, scratchPages);
    const { words, bytes } = this;
    const word = at >> 2;
    if (words[word + recordStream] !== listStream || !recordHeaderIsRight(words, at, seed)) return;
    const length = words[word + recordSize] & 0xffff;
    // The header's check covers the list's own, which stands where a block has its sequence number.
    if (words[word + recordSequence] !== listCheck(words, at) >>> 0) return;
    for (let index = 0; index < length; index += 2) {
      const listed = bytes[at + recordHeaderBytes + index] | (bytes[at + recordHeaderBytes + index + 1] << 8);
      if (listed < this.sectors && this.marks[listed] === good) this.mark(listed, retired);
    }
  }

  /**
   * Writes the record of `size` bytes at `source` of the working memory; its header gets its check.
   * `room()` must be at least `size`. @returns its place, or −1 when a page failed: then the records of `rescued`
   * are to be written again, and this one.
   */
  write(source: number, size: number): number {
    const word = source >> 2;
    const high = this.words[word + recordStartHighAndCheck] & 0xffff;
    this.words[word + recordStartHighAndCheck] = high | (recordCheck(this.words, word, this.seed) << 16);
    return this.append(source, size);
  }

  private append(source: number, size: number): number {
    if (this.open === this.sectors - 1 && this.position >= sectorBytes - this.placeBytes) {
      if (!this.fillPage()) return -1;
    }
    if (this.position === sectorBytes) {
      this.openReady(0);
      if (this.listPending && !this.writeList()) return -1;
    }
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
        if (from < end) this.touch(start);
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
    this.touched[this.touchedCount] = address;
    this.touchedCount += 1;
  }

  private programPage(): boolean {
    this.written = true;
    try {
      this.flash!.write(this.memory.page, this.open * sectorBytes + this.position - pageBytes);
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
      for (let index = 0; index < this.touchedCount; index += 1) this.rescued[index] = this.touched[index];
    }
    this.touchedCount = 0;
    this.mark(this.open, condemned);
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
    this.listPending = this.marked > 0;
  }

  private writeList(): boolean {
    this.listPending = false;
    const { bytes, words, marks } = this;
    const word = listAt >> 2;
    let length = 0;
    words.fill(0, word, inletAt >> 2);
    for (let sector = 0; sector < this.sectors && length < 2 * listCapacity; sector += 1) {
      if (marks[sector] === good) continue;
      bytes[listAt + recordHeaderBytes + length] = sector & 0xff;
      bytes[listAt + recordHeaderBytes + length + 1] = sector >> 8;
      length += 2;
    }
    words[word + recordSize] = length;
    words[word + recordStream] = listStream;
    words[word + recordSequence] = listCheck(words, listAt);
    return this.write(listAt, recordBytes(length)) >= 0;
  }

  /**
   * Reads what stands at `offset` of `sector` and behind it, across the end of the sector, into the scratch area.
   * @param pages 2 for a record header that begins in this page, 4 for its whole record
   * @returns the byte of the working memory at which it stands
   */
  fetch(sector: number, offset: number, pages: number): number {
    const { bytes } = this;
    const firstPage = offset >> 8;
    let here = pagesPerSector - firstPage;
    if (here > pages) here = pages;
    this.readFlash(this.memory.heads[here], sector * sectorBytes + firstPage * pageBytes);
    this.overlay(sector, firstPage, here, scratchAt);
    if (here < pages && sector !== this.open) {
      const following = this.next(sector);
      // What follows always ends where the scratch area does: its view is one of a few made beforehand.
      const rest = scratchPages - here;
      const at = scratchAt + here * pageBytes;
      this.readFlash(this.memory.tails[rest], following * sectorBytes);
      this.overlay(following, 0, rest, at);
      bytes.copyWithin(at, at + sectorHeaderBytes, scratchAt + scratchBytes);
    }
    return scratchAt + (offset & (pageBytes - 1));
  }

  /** Puts pages that are in RAM only over what was read. */
  private overlay(sector: number, firstPage: number, pages: number, at: number): void {
    if (sector === this.open && this.position < sectorBytes) {
      const page = (this.position >> 8) - firstPage;
      if (page >= 0 && page < pages) this.bytes.copyWithin(at + page * pageBytes, pageAt, pageAt + pageBytes);
    }
    if (sector === this.failedSector) {
      const page = this.failedPage - firstPage;
      if (page >= 0 && page < pages)
        this.bytes.copyWithin(at + page * pageBytes, savedPageAt, savedPageAt + pageBytes);
    }
  }

  /** Finds a record from its place on. @returns where it stands in the working memory, or −1 when it is not right there */
  find(place: number, stream: number, sequence: number, pages: number, seed: number): number {
    const { words } = this;
    const address = place * this.placeBytes;
    const sector = address >>> 12;
    let at = this.fetch(sector, address & (sectorBytes - 1), pages);
    for (const end = at + this.placeBytes; at < end; at += 4) {
      const word = at >> 2;
      if (
        words[word + recordSequence] === sequence &&
        words[word + recordStream] === stream &&
        recordHeaderIsRight(words, at, seed)
      )
        return at;
    }
    return -1;
  }

  /** Whether a record header of this boot stands at `at` of the working memory. */
  isRecord(at: number): boolean {
    return recordHeaderIsRight(this.words, at, this.seed);
  }
}

/** The sum over a list of retired sectors whose record stands at `at`; it stands where a block has its sequence number. */
function listCheck(words: Uint32Array, at: number): number {
  const from = (at + recordHeaderBytes) >> 2;
  return sumOfWords(words, from, from + (((words[at >> 2] & 0xffff) + 3) >> 2), 0);
}
