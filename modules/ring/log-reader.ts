/**
 * Reads records of the log, over the ends of pages and sectors, from flash and from what is in RAM only: the page being
 * composed, and one that failed while its records are written again.
 */
import type { BootId } from '../block/types';
import type { FlashCounters } from './counters';
import type { FlashStorage } from './flash-storage';
import {
  pageBytes,
  pagesPerSector,
  recordHeaderIsRight,
  recordSequence,
  recordStream,
  sectorBytes,
  sectorHeaderBytes,
} from './format';
import { SectorRow } from './sector-row';
import { pageAt, savedPageAt, scratchAt } from './working-memory';

export class LogReader extends SectorRow {
  /** The sector and page that failed and whose records are being written again, or −1. */
  protected failedSector = -1;
  protected failedPage = 0;

  constructor(
    flash: FlashStorage | undefined,
    readonly boot: BootId,
    counters: FlashCounters,
    headBytes: number,
  ) {
    super(flash, counters, headBytes);
  }

  /**
   * Reads `length` bytes that stand at `offset` of `sector`, and on behind the header of the next, into the scratch area.
   * @param length at most that of a record and the bytes of a place
   * @returns the byte of the working memory at which they stand
   */
  fetch(sector: number, offset: number, length: number): number {
    const firstPage = offset >> 8;
    const inPage = offset & (pageBytes - 1);
    let pages = (inPage + length + pageBytes - 1) >> 8;
    const here = pagesPerSector - firstPage;
    if (here < pages) {
      const rest = inPage + length - here * pageBytes;
      // The log ends in the open sector.
      if (sector !== this.open) this.fetchNext(this.next(sector), rest, scratchAt + here * pageBytes);
      pages = here;
    }
    this.readPages(sector, firstPage, pages, scratchAt);
    return scratchAt + inPage;
  }

  /** Reads the first `length` bytes of records that stand in `sector`. */
  private fetchNext(sector: number, length: number, at: number): void {
    const pages = (sectorHeaderBytes + length + pageBytes - 1) >> 8;
    this.readPages(sector, 0, pages, at);
    this.bytes.copyWithin(at, at + sectorHeaderBytes, at + pages * pageBytes);
  }

  /** What comes from flash comes in at the beginning of the scratch area: so the last pages are read first. */
  private readPages(sector: number, firstPage: number, pages: number, at: number): void {
    const from = sector * sectorBytes + firstPage * pageBytes;
    for (let left = pages; left > 0; ) {
      const step = left & 1 ? 1 : 2;
      left -= step;
      const to = at + left * pageBytes;
      this.readFlash(step === 1 ? this.onePage : this.twoPages, from + left * pageBytes);
      if (to !== scratchAt) this.bytes.copyWithin(to, scratchAt, scratchAt + step * pageBytes);
    }
    this.overlay(sector, firstPage, pages, at);
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

  /**
   * Finds a record from its place on.
   * @param length of what is wanted: its header, or all of the longest record
   * @returns where it stands in the working memory, or −1 when it is not right there
   */
  find(place: number, stream: number, sequence: number, length: number, seed: number): number {
    const { words, placeBytes } = this;
    const address = place * placeBytes;
    let at = this.fetch(address >>> 12, address & (sectorBytes - 1), placeBytes - 4 + length);
    const wanted = sequence | 0;
    for (const end = at + placeBytes; at < end; at += 4) {
      const word = at >> 2;
      if (
        words[word + recordSequence] === wanted &&
        words[word + recordStream] === stream &&
        recordHeaderIsRight(words, at, seed)
      )
        return at;
    }
    return -1;
  }

  /** Whether a record header of this boot stands at `at` of the working memory. */
  isRecord(at: number): boolean {
    return recordHeaderIsRight(this.words, at, this.boot.random | 0);
  }
}
