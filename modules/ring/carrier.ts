/**
 * Makes room at the head of the log: carries the live records at its tail forward, a few at a time, and overwrites
 * what is not carried: blocks of closed rings and of earlier boots, and the oldest ones when flash has worn out so far
 * that the rings no longer fit.
 */
import type { Catalogue } from './catalogue';
import {
  blank,
  headerBootCounter,
  headerBootRandom,
  headerFirstRecord,
  pageBytes,
  recordHeaderBytes,
  recordSequence,
  recordStream,
  sectorBytes,
} from './format';
import { causes } from './ledger';
import type { RecordWriter } from './record-writer';
import { gone, overwritten, type Ring } from './ring';
import { scratchAt } from './working-memory';

const causeRemoved = causes.indexOf('removed');
const causeWorn = causes.indexOf('worn');
const causeEarlier = causes.indexOf('earlier boot');

/** Bytes that a record takes beyond its block: header and padding. */
export const framing = recordHeaderBytes + 2;
/** Sectors that quotas leave free: an eighth, and no fewer than these. */
export const leastReserve = 5;

export class Carrier {
  // Where carrying forward has come to in the tail sector; valid while the tail has not moved.
  private cursor = -1;
  private cursorTail = -1;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly writer: RecordWriter,
  ) {}

  /** Carries live records out of the way, the more the smaller the gap. False when the flash is full of live records. */
  makeRoom(): boolean {
    const { log } = this.catalogue;
    const wanted = this.wantedGap();
    if (this.gap() >= wanted) return true;
    for (let steps = 2 * this.gap() < wanted ? 4 : 2; steps > 0; steps -= 1) if (!this.carryOne(false)) break;
    // Carrying one whole sector needs as much room as one sector and a record give.
    for (let laps = 0; this.gap() < 2 && laps < 2; laps += 1)
      for (
        let steps = 2 * this.catalogue.storedBlocks() + log.sectors;
        this.gap() < 2 && steps > 0;
        steps -= 1
      )
        if (!this.carryOne(laps > 0 || this.crowded())) break;
    return this.gap() >= 2;
  }

  /** Below this gap, records are carried forward. */
  wantedGap(): number {
    return Math.max(3, this.catalogue.log.goodSectors() >> 4);
  }

  /** Sectors that can be written without carrying. */
  gap(): number {
    return this.catalogue.log.gap + (this.catalogue.log.ready >= 0 ? 1 : 0);
  }

  /**
   * Carries the next live record of the tail sector forward, or ends with the sector.
   * @param overwrite overwrites its ring's oldest instead @returns false when there is nothing to carry
   */
  carryOne(overwrite: boolean): boolean {
    const { log } = this.catalogue;
    log.advanceTail();
    const sector = log.tail;
    if (sector === log.open) return false;
    if (this.cursorTail !== log.tailMoves) {
      this.cursorTail = log.tailMoves;
      this.cursor = sectorBytes + 1;
      if (log.readHeader(sector)) {
        if (this.catalogue.retained.length > 0 && this.isEarlier()) {
          this.overwriteEarlier(sector);
          return true;
        }
        this.cursor = log.words[(scratchAt >> 2) + headerFirstRecord] & 0xffff;
      }
    }
    while (this.cursor < sectorBytes) {
      const at = log.fetch(sector, this.cursor, recordHeaderBytes);
      const word = at >> 2;
      if (log.words[word] === blank) {
        this.cursor = (this.cursor & ~(pageBytes - 1)) + pageBytes;
        continue;
      }
      if (!log.isRecord(at)) {
        this.cursor = sectorBytes + 1;
        break;
      }
      const place = Math.floor((sector * sectorBytes + this.cursor) / log.placeBytes);
      this.cursor += this.catalogue.sizeAt(at);
      const ring = this.catalogue.ringOf(log.words[word + recordStream]);
      const sequence = log.words[word + recordSequence] >>> 0;
      if (ring !== undefined && this.catalogue.isAt(ring, sequence, place))
        return this.carry(ring, sequence, this.catalogue.sizeAt(at), overwrite);
    }
    // A record that cannot be read hides those behind it: look for each where the index says it is.
    if (log.liveIn(sector) > 0) this.sweep(sector);
    return true;
  }

  /** Whether so many sectors were retired that the rings no longer fit. */
  private crowded(): boolean {
    let bytes = 0;
    for (const ring of this.catalogue.rings)
      if (!ring.closed) bytes += ring.bytes + framing * (ring.next - ring.oldest);
    return bytes > (this.catalogue.log.goodSectors() - leastReserve) * this.catalogue.log.payload();
  }

  /** Whether the sector header in the scratch area is of another boot. */
  private isEarlier(): boolean {
    const { words, boot } = this.catalogue.log;
    const word = scratchAt >> 2;
    return (
      words[word + headerBootCounter] !== (boot.counter | 0) ||
      words[word + headerBootRandom] !== (boot.random | 0)
    );
  }

  /** Blocks of earlier boots are not carried: they make room. */
  private overwriteEarlier(sector: number): void {
    const { catalogue } = this;
    for (const ring of [...catalogue.retained]) {
      let last = -1;
      for (let sequence = ring.oldest; sequence < ring.next; sequence += 1)
        if (this.liesIn(ring, sequence, sector)) last = sequence;
      while (ring.oldest <= last) catalogue.free(ring, overwritten, causeEarlier);
      while (ring.oldest < ring.next && catalogue.placeOf(ring, ring.oldest) === gone)
        catalogue.free(ring, overwritten, causeEarlier);
      catalogue.trim(ring);
    }
  }

  private liesIn(ring: Ring, sequence: number, sector: number): boolean {
    const place = this.catalogue.placeOf(ring, sequence);
    return place !== gone && place >> this.catalogue.log.placeShift === sector;
  }

  /** Carries a block that is in flash, and whose record has `size` bytes, forward. @returns false when it is lost */
  private carry(ring: Ring, sequence: number, size: number, overwrite: boolean): boolean {
    if (ring.closed) {
      while (ring.oldest <= sequence) this.catalogue.free(ring, overwritten, causeRemoved);
      this.catalogue.trim(ring);
      return true;
    }
    if (overwrite) {
      this.catalogue.free(ring, overwritten, causeWorn);
      if (ring.oldest > sequence) return true;
    }
    return this.writer.carry(ring, sequence, size);
  }

  private sweep(sector: number): void {
    const { catalogue } = this;
    this.overwriteEarlier(sector);
    // From the last, as a closed ring that has nothing left leaves the list.
    for (let at = catalogue.rings.length - 1; at >= 0; at -= 1) {
      const ring = catalogue.rings[at];
      for (let sequence = ring.oldest; sequence < ring.firstInHead; sequence += 1) {
        if (!this.liesIn(ring, sequence, sector)) continue;
        const record = catalogue.fetch(ring, sequence);
        if (record < 0) catalogue.lose(ring, sequence);
        else this.carry(ring, sequence, catalogue.sizeAt(record), false);
      }
    }
  }
}
