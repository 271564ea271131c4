/**
 * Writes records to flash. When a page fails, the records that touched it are written again in another sector, from
 * the page as it was to be and from what is on flash already; the index follows.
 */
import type { Catalogue } from './catalogue';
import { recordHeaderBytes, recordSequence, recordStream, sectorBytes } from './format';
import { gone, type Ring } from './ring';
import { rescuedAt } from './working-memory';

export class RecordWriter {
  constructor(private readonly catalogue: Catalogue) {}

  /**
   * Writes the record of `size` bytes at `source` of the working memory, which is not in the scratch area.
   * @returns its place, or −1 when there is no room
   */
  store(source: number, size: number): number {
    while (this.makeReady(size)) {
      const place = this.catalogue.log.write(source, size);
      if (place >= 0) return place;
      this.rescue();
    }
    return -1;
  }

  /** Writes the record of a block that is in flash again. @returns false when it is lost: it cannot be read, or has no room */
  carry(ring: Ring, sequence: number, size: number): boolean {
    const { catalogue } = this;
    const { log } = catalogue;
    while (this.makeReady(size)) {
      const at = catalogue.fetch(ring, sequence);
      const place = at < 0 ? -1 : log.write(at, size);
      if (place >= 0) {
        catalogue.move(ring, sequence, place);
        catalogue.log.counters.carried += 1;
        return true;
      }
      if (at < 0) break;
      this.rescue();
    }
    catalogue.lose(ring, sequence);
    return false;
  }

  /** Makes room for a record of `size` bytes, to be written next. Uses the scratch area. @returns false when there is none */
  makeReady(size: number): boolean {
    const { log } = this.catalogue;
    while (log.room() >= size || (log.prepare() && log.room() >= size)) {
      if (log.begin()) return true;
      this.rescue();
    }
    return false;
  }

  /** Writes the records again that touched a page that failed. Those that find no room are lost. */
  rescue(): void {
    const { log } = this.catalogue;
    const addresses = rescuedAt >> 2;
    let count = 0;
    for (let index = 0; index < log.rescuedCount; index += 1) {
      const address = log.words[addresses + index];
      if (!this.isWanted(address)) continue;
      log.words[addresses + count] = address;
      count += 1;
    }
    log.beginRescue();
    // When another page fails, all of them may have touched it.
    for (let done = 0; done < count; ) done = this.rescueOne(log.words[addresses + done]) ? done + 1 : 0;
    log.endRescue();
  }

  /** Whether a block that is still stored stands there. */
  private isWanted(address: number): boolean {
    const { catalogue } = this;
    const { log } = catalogue;
    const at = log.fetch(address >>> 12, address & (sectorBytes - 1), recordHeaderBytes);
    if (!log.isRecord(at)) return false;
    const ring = catalogue.ringOf(log.words[(at >> 2) + recordStream]);
    const sequence = log.words[(at >> 2) + recordSequence] >>> 0;
    return ring !== undefined && catalogue.isAt(ring, sequence, Math.floor(address / log.placeBytes));
  }

  /** @returns false when a page failed */
  private rescueOne(address: number): boolean {
    const { catalogue } = this;
    const { log } = catalogue;
    const sector = address >>> 12;
    const offset = address & (sectorBytes - 1);
    const header = log.fetch(sector, offset, recordHeaderBytes);
    const ring = catalogue.ringOf(log.words[(header >> 2) + recordStream]);
    const sequence = log.words[(header >> 2) + recordSequence] >>> 0;
    const size = catalogue.sizeAt(header);
    // What reads wrong now is left where it is, and lost when it is wanted.
    if (!log.isRecord(header) || ring === undefined || catalogue.placeOf(ring, sequence) === gone)
      return true;
    if (log.room() < size && (!log.prepare() || log.room() < size)) {
      catalogue.lose(ring, sequence);
      return true;
    }
    if (!log.begin()) return false;
    const record = log.fetch(sector, offset, size);
    if (!log.isRecord(record)) return true;
    const place = log.write(record, size);
    if (place >= 0) catalogue.move(ring, sequence, place);
    return place >= 0;
  }
}
