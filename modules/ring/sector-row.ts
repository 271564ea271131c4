/**
 * The sectors of the partition in the order in which they are written, and which of them can be.
 *
 * From the open one on: `open` (being written), `ready` (erased ahead, or none), `gap` sectors without live records,
 * then from `tail` on those that may hold live records, back to `open`. What holds: a sector with live records is never
 * erased; one that failed is never erased or programmed again, but its records are read until its turn comes.
 */
import type { FlashCounters } from './counters';
import type { FlashStorage } from './flash-storage';
import {
  blank,
  headerErases,
  listCapacity,
  pageBytes,
  pagesPerSector,
  recordBytes,
  sectorBytes,
  sectorHeaderBytes,
  sectorHeaderIsRight,
} from './format';
import { scratchAt, WorkingMemory } from './working-memory';

// What the byte of a sector says: how many live records begin in it, at most 101, and this.
/** A page of it failed: its records are still read, it is retired when its turn to be erased comes. */
const condemned = 0x80;
/** Nothing in it is live. */
const retired = 0xff;

/** 16 MiB, so that a place is no larger than a page. */
const mostSectors = 4096;

export class SectorRow extends WorkingMemory {
  readonly sectors: number;
  /** Bytes that a place, the number that says where a record is, stands for: partition / 65,536, at least 4. */
  readonly placeBytes: number;
  /** log₂ of the places in a sector. */
  readonly placeShift: number;
  /** A byte a sector; the catalogue counts the live records here. */
  readonly states: Uint8Array;

  open = 0;
  /** Offset in the open sector of the next byte; 4,096 when it is full. */
  position = sectorBytes;
  ready = -1;
  gap = 0;
  tail = 0;
  /** Counts how often the tail moved on. */
  tailMoves = 0;

  protected openErases = 0;
  protected readyErases = 0;

  constructor(
    protected readonly flash: FlashStorage | undefined,
    readonly counters: FlashCounters,
    headBytes: number,
  ) {
    super(headBytes);
    let sectors = 0;
    if (flash !== undefined) {
      const status = flash.status();
      if (status.blockLength !== sectorBytes)
        throw new RangeError(`the flash erases ${status.blockLength} B at a time, not ${sectorBytes}`);
      sectors = Math.min(status.blocks, mostSectors);
    }
    this.sectors = sectors;
    let placeBytes = 4;
    while (placeBytes * 65536 < sectors * sectorBytes) placeBytes *= 2;
    this.placeBytes = placeBytes;
    this.placeShift = Math.round(Math.log2(sectorBytes / placeBytes));
    this.states = new Uint8Array(sectors);
  }

  /** The next sector of the log after `sector`, or `sector` itself when no other is left. */
  next(sector: number): number {
    const { states, sectors } = this;
    let following = sector;
    do {
      following += 1;
      if (following === sectors) following = 0;
    } while (states[following] === retired && following !== sector);
    return following;
  }

  /** Takes the sectors without live records at the tail into the gap. */
  advanceTail(): void {
    const { states } = this;
    while (this.tail !== this.open) {
      const state = states[this.tail];
      if (state === 0) this.gap += 1;
      else if (state !== condemned && state !== retired) break;
      this.tail = this.next(this.tail);
      this.tailMoves += 1;
    }
  }

  /** Finds the gap anew, after live records of earlier boots were found. */
  resetTail(): void {
    this.gap = 0;
    this.tail = this.next(this.open);
    this.tailMoves += 1;
    this.advanceTail();
  }

  /** A page of the sector failed. */
  protected condemn(sector: number): void {
    if (this.hasFailed(sector)) return;
    this.states[sector] |= condemned;
    this.counters.retired += 1;
  }

  /** The sector is out of use for good. */
  protected retire(sector: number): void {
    if (!this.hasFailed(sector)) this.counters.retired += 1;
    this.states[sector] = retired;
  }

  /** Whether a sector has failed and is never to be written again. */
  hasFailed(sector: number): boolean {
    return this.states[sector] >= condemned;
  }

  /** Live records that begin in a sector. */
  liveIn(sector: number): number {
    const state = this.states[sector];
    return state === retired ? 0 : state & ~condemned;
  }

  /** Sectors that can be written. */
  goodSectors(): number {
    return this.sectors - this.counters.retired;
  }

  /** Bytes of records that a sector holds. */
  payload(): number {
    return sectorBytes - sectorHeaderBytes - (this.counters.retired > 0 ? this.listBytes() : 0);
  }

  private listBytes(): number {
    return recordBytes(2 * Math.min(this.counters.retired, listCapacity));
  }

  /** Bytes that can be written before another sector must be erased. */
  room(): number {
    // The last place of the partition is kept free: it is the mark of a lost record.
    const end = this.open === this.sectors - 1 ? sectorBytes - this.placeBytes : sectorBytes;
    const rest = this.position < end ? sectorBytes - this.position : 0;
    return rest + (this.ready >= 0 ? this.payload() : 0);
  }

  /** Erases the next sector ahead. False when there is none. */
  prepare(): boolean {
    while (this.ready < 0 && this.gap > 0) {
      const candidate = this.next(this.open);
      if (candidate === this.open) break;
      if (this.hasFailed(candidate)) {
        this.retire(candidate);
        continue;
      }
      this.gap -= 1;
      const known = this.readHeader(candidate);
      const erases = known ? this.words[(scratchAt >> 2) + headerErases] : Math.max(0, this.openErases - 1);
      if (this.erase(candidate) || this.erase(candidate)) {
        this.ready = candidate;
        this.readyErases = erases + 1;
      } else this.retire(candidate);
    }
    return this.ready >= 0;
  }

  private erase(sector: number): boolean {
    this.counters.erases += 1;
    try {
      this.flash!.eraseBlock(sector, sector + 1);
    } catch {
      this.counters.eraseFailures += 1;
      return false;
    }
    // Sorted, the least word of a page is first and the greatest last: one native call instead of 64 steps.
    for (let page = 0; page < pagesPerSector; page += 1) {
      this.readFlash(this.onePage, sector * sectorBytes + page * pageBytes);
      const sorted = this.onePageWords.sort();
      if (sorted[0] !== blank || sorted[sorted.length - 1] !== blank) {
        this.counters.eraseFailures += 1;
        return false;
      }
    }
    return true;
  }

  /** Reads a sector's header into the scratch area and says whether it is right. */
  readHeader(sector: number): boolean {
    this.readFlash(this.onePage, sector * sectorBytes);
    return sectorHeaderIsRight(this.words, scratchAt);
  }

  protected readFlash(into: Uint8Array, offset: number): void {
    this.counters.reads += 1;
    try {
      this.flash!.read(into, offset);
    } catch {
      // What cannot be read has no right check either.
      into.fill(0);
      this.counters.readFailures += 1;
    }
  }
}
