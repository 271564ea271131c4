/**
 * The working memory of the flash log: one buffer, so that bytes are moved within it without making views, and the few
 * views that reads and writes of flash need. The RAM head is its end.
 */
import { maximumBlock, maximumRecord, pageBytes } from './format';

// Places, in bytes.
/** Where records are assembled from flash, at the beginning: a check of a block, and XS 13's sort, want that. */
export const scratchAt = 0;
export const scratchBytes = 4 * pageBytes;
/** The page being composed, and one that failed, while its records are written again. */
export const pageAt = scratchAt + scratchBytes;
export const savedPageAt = pageAt + pageBytes;
/** Records that can touch one page, and one to spare: the addresses of those that touch either page, a word each. */
export const touchCapacity = 9;
export const touchedAt = savedPageAt + pageBytes;
export const rescuedAt = touchedAt + 4 * touchCapacity;
/** The RAM head; without one, room for the record of a new block. */
export const headAt = rescuedAt + 4 * touchCapacity;

export class WorkingMemory {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** The page being composed. */
  readonly page: Uint8Array;
  /** The first page of the scratch area, as words too, and its first two: what is read from flash comes in there. */
  readonly onePage: Uint8Array;
  readonly onePageWords: Int32Array;
  readonly twoPages: Uint8Array;

  /** @param headBytes of the RAM head */
  constructor(headBytes: number) {
    const buffer = new ArrayBuffer(headAt + Math.max(headBytes, maximumRecord));
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.page = new Uint8Array(buffer, pageAt, pageBytes);
    this.onePage = new Uint8Array(buffer, scratchAt, pageBytes);
    this.onePageWords = new Int32Array(buffer, scratchAt, pageBytes >> 2);
    this.twoPages = new Uint8Array(buffer, scratchAt, maximumBlock);
  }
}
