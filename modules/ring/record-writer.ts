/**
 * Writes records to flash. When a page fails, the records that touched it are written again in another sector, from
 * the page as it was to be and from what is on flash already; the index follows.
 */
import type { Catalogue } from './catalogue';
import { recordSequence, recordStream, sectorBytes } from './format';
import type { Ring } from './ring';

export class RecordWriter {
  private readonly rescuedRings: (Ring | undefined)[] = [];
  private readonly rescuedSequences: number[] = [];

  constructor(private readonly catalogue: Catalogue) {
    for (let index = 0; index < catalogue.log.rescued.length; index += 1) {
      this.rescuedRings.push(undefined);
      this.rescuedSequences.push(0);
    }
  }

  /** Writes the record of `size` bytes at `source` of the working memory. @returns its place, or −1 when there is no room */
  store(source: number, size: number): number {
    const { log } = this.catalogue;
    for (;;) {
      if (log.room() < size && (!log.prepare() || log.room() < size)) return -1;
      const place = log.write(source, size);
      if (place >= 0) return place;
      this.rescue();
    }
  }

  /** Writes the records again that touched a page that failed. Those that find no room are lost. */
  rescue(): void {
    const { catalogue, rescuedRings, rescuedSequences } = this;
    const { log } = catalogue;
    let count = 0;
    for (let index = 0; index < log.rescuedCount; index += 1) {
      const address = log.rescued[index];
      const at = log.fetch(address >>> 12, address & (sectorBytes - 1), 2);
      if (!log.isRecord(at)) continue;
      const ring = catalogue.rings.get(log.words[(at >> 2) + recordStream]);
      const sequence = log.words[(at >> 2) + recordSequence];
      if (ring === undefined || !catalogue.isAt(ring, sequence, Math.floor(address / log.placeBytes)))
        continue;
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
      const size = catalogue.sizeAt(at);
      if (log.room() < size && (!log.prepare() || log.room() < size)) {
        catalogue.lose(ring, rescuedSequences[done]);
        done += 1;
        continue;
      }
      // Preparing a sector reads into the scratch area, and so takes the record away.
      const source = log.fetch(address >>> 12, address & (sectorBytes - 1), 4);
      const place = log.write(source, size);
      if (place >= 0) {
        catalogue.move(ring, rescuedSequences[done], place);
        done += 1;
      } else done = 0;
    }
    for (let index = 0; index < count; index += 1) rescuedRings[index] = undefined;
    log.endRescue();
  }
}
