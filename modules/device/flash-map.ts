/** The flash log's sectors as people want to see them: how lately each was begun, and how often erased. */
import type { CircularLog } from '../ring/circular-log';
import { headerEpoch, headerErases, sectorBytes } from '../ring/format';
import { scratchAt } from '../ring/working-memory';

/** Sectors of one answer: reading a header takes some 0.1 ms, and sampling waits meanwhile. */
const slice = 64;

export interface FlashMap {
  sectors: number;
  sectorBytes: number;
  /** The first sector of this answer. */
  from: number;
  /** Sequence number of the sector in the log's order; 0: it has no right header. */
  epochs: number[];
  /** Erases that its header counts; −1: it has failed and is never written again. */
  wear: number[];
  /** Blocks in it that still count. */
  live: number[];
}

/** @param from the first sector wanted; what is no sector's number gives the first */
export function mapFlash(log: CircularLog, from: unknown): FlashMap {
  const { sectors, words } = log;
  const first = typeof from === 'number' && from >= 0 && from < sectors ? Math.floor(from) : 0;
  const map: FlashMap = { sectors, sectorBytes, from: first, epochs: [], wear: [], live: [] };
  for (let sector = first; sector < sectors && sector < first + slice; sector += 1) {
    const written = log.readHeader(sector);
    map.epochs.push(written ? words[(scratchAt >> 2) + headerEpoch] : 0);
    map.wear.push(log.hasFailed(sector) ? -1 : written ? words[(scratchAt >> 2) + headerErases] : 0);
    map.live.push(log.liveIn(sector));
  }
  return map;
}
