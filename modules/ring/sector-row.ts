/**
 * The sectors of the partition in the order in which they are written, and which of them can be.
 *
 * From the open one on: `open` (being written), `ready` (erased ahead, or none), `gap` sectors without live records,
 * then from `tail` on those that may hold live records, back to `open`. What holds: a sector with live records is never
 * erased; one that failed (`marks`) is never erased or programmed again, but its records are read until its turn comes.
 */
import type { FlashCounters } from './counters';
import type { FlashStorage } from './flash-storage';
import {
  headerErases,
  pageBytes,
  pagesPerSector,
  recordBytes,
  sectorBytes,
  sectorHeaderBytes,
  sectorHeaderIsRight,
} from './format';
import { listCapacity, scratchAt, WorkingMemory } from './working-memory';

/** A sector's mark. */
export const good = 0;
/** A page of it failed: its records are still read, it is retired when its turn to be erased comes. */
export const condemned = 1;
export const retired = 2;

/** 16 MiB, so that a place is no larger than a page. */
const mostSectors = 4096;

export class SectorRow {
  readonly memory: WorkingMemory;
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;

  readonly sectors: number;
  /** Bytes that a place, the number that says where a record is, stands for: partition / 65,536, at least 4. */
  readonly placeBytes: number;
  /** log₂ of the places in a sector. */
  readonly placeShift: number;
  /** Live records that begin in each sector; kept by the catalogue. */
  readonly live: Uint8Array;
  readonly marks: Uint8Array;
  /** Sectors with a mark. */
  marked = 0;

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
    protected readonly counters: FlashCounters,
    headBytes: number,
  ) {
    this.memory = new WorkingMemory(headBytes);
    this.bytes = this.memory.bytes;
    this.words = this.memory.words;
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
    this.live = new Uint8Array(sectors);
    this.marks = new Uint8Array(sectors);
  }

  /** The next sector of the log after `sector`, or `sector` itself when no other is left. */
  next(sector: number): number {
    const { marks, sectors } = this;
    let following = sector;
    do {
      following += 1;
      if (following === sectors) following = 0;
    } while (marks[following] === retired && following !== sector);
    return following;
  }

  /** Takes the sectors without live records at the tail into the gap. */
  advanceTail(): void {
    const { live, marks } = this;
    while (this.tail !== this.open && (live[this.tail] === 0 || marks[this.tail] === retired)) {
      if (marks[this.tail] === good) this.gap += 1;
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

  protected mark(sector: number, mark: number): void {
    if (this.marks[sector] === good) this.marked += 1;
    this.marks[sector] = mark;
    this.counters.retired = this.marked;
  }

  /** Whether a sector has failed and is never to be written again. */
  hasFailed(sector: number): boolean {
    return this.marks[sector] !== good;
  }

  /** Sectors that can be written. */
  goodSectors(): number {
    return this.sectors - this.marked;
  }

  /** Bytes of records that a sector holds. */
  payload(): number {
    return sectorBytes - sectorHeaderBytes - (this.marked > 0 ? this.listBytes() : 0);
  }

  private listBytes(): number {
    return recordBytes(2 * Math.min(this.marked, listCapacity));
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
      if (this.marks[candidate] === condemned) {
        this.mark(candidate, retired);
        continue;
      }
      this.gap -= 1;
      const known = this.readHeader(candidate);
      const erases = known ? this.words[(scratchAt >> 2) + headerErases] : Math.max(0, this.openErases - 1);
      if (this.erase(candidate) || this.erase(candidate)) {
        this.ready = candidate;
        this.readyErases = erases + 1;
      } else this.mark(candidate, retired);
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
    // Sorted, the least word of a page is first: one native call a page instead of 64 steps.
    for (let page = 0; page < pagesPerSector; page += 1) {
      this.readFlash(this.memory.blankBytes, sector * sectorBytes + page * pageBytes);
      const least = this.memory.blankWords.sort()[0];
      if (least !== 0xffffffff) {
        this.counters.eraseFailures += 1;
        return false;
      }
    }
    return true;
  }

  /** Reads a sector's header into the scratch area and says whether it is right. */
  readHeader(sector: number): boolean {
    this.readFlash(this.memory.header, sector * sectorBytes);
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
