/**
 * The working memory of the flash log: one buffer, so that bytes are moved within it without making views, and the few
 * views that reads and writes of flash need. The RAM head is its end.
 */
import { maximumRecord, pageBytes, recordHeaderBytes, sectorHeaderBytes } from './format';

/** Retired sectors that the list on flash names at most; more are found anew in each boot. */
export const listCapacity = 120;

// Places, in bytes.
export const pageAt = 0;
export const savedPageAt = pageBytes;
/** Where records are assembled from flash. */
export const scratchAt = 2 * pageBytes;
export const scratchPages = 4;
export const scratchBytes = scratchPages * pageBytes;
export const listAt = scratchAt + scratchBytes;
/** Where FlashLog composes the record of a new block. */
export const inletAt = listAt + recordHeaderBytes + 2 * listCapacity;
/** Where a record stands while it is carried forward. */
export const carriedAt = inletAt + maximumRecord;
export const fixedBytes = carriedAt + maximumRecord;

export class WorkingMemory {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** The page being composed. */
  readonly page: Uint8Array;
  /** A sector's header, at the beginning of the scratch area. */
  readonly header: Uint8Array;
  /** The first 512 B of the scratch area. */
  readonly outlet: Uint8Array;
  readonly outletWords: Int32Array;
  /** Views of the scratch area: `heads[n]` its first n pages, `tails[n]` its last n. */
  readonly heads: Uint8Array[] = [];
  readonly tails: Uint8Array[] = [];
  /** A page to check an erase with. XS 13 sorts a view from the beginning of its buffer: this one has no offset. */
  readonly blankWords = new Uint32Array(pageBytes >> 2);
  readonly blankBytes = new Uint8Array(this.blankWords.buffer);

  /** @param headBytes of the RAM head */
  constructor(headBytes: number) {
    const buffer = new ArrayBuffer((fixedBytes + headBytes + 3) & ~3);
    const block = maximumRecord - recordHeaderBytes;
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.page = new Uint8Array(buffer, pageAt, pageBytes);
    this.header = new Uint8Array(buffer, scratchAt, sectorHeaderBytes);
    this.outlet = new Uint8Array(buffer, scratchAt, block);
    this.outletWords = new Int32Array(buffer, scratchAt, block >> 2);
    for (let pages = 0; pages <= scratchPages; pages += 1) {
      const bytes = pages * pageBytes;
      this.heads.push(new Uint8Array(buffer, scratchAt, bytes));
      this.tails.push(new Uint8Array(buffer, scratchAt + scratchBytes - bytes, bytes));
    }
  }
}
