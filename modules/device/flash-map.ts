/** The flash log's sectors as people want to see them: how lately each was begun, and how often erased. */
import type { CircularLog } from '../ring/circular-log';
import { headerEpoch, headerErases, sectorBytes } from '../ring/format';
import { scratchAt } from '../ring/working-memory';

/** Sectors of one answer, and of a piece of it: reading and checking a header takes 0.3 ms, and sampling waits meanwhile. */
const slice = 64;
const portion = 4;

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

/**
 * A `FlashMap` as JSON in pieces.
 * @param from the first sector wanted; what is no sector's number gives the first
 */
export function* flashMapPieces(log: CircularLog, from: unknown): Generator<string, string> {
  const { sectors, words } = log;
  const first = typeof from === 'number' && from >= 0 && from < sectors ? Math.floor(from) : 0;
  const end = Math.min(sectors, first + slice);
  const wear: number[] = [];
  let piece = `{"sectors":${sectors},"sectorBytes":${sectorBytes},"from":${first},"epochs":[`;
  for (let sector = first; sector < end; sector += 1) {
    const written = log.readHeader(sector);
    const epoch = written ? words[(scratchAt >> 2) + headerEpoch]! : 0;
    wear.push(log.hasFailed(sector) ? -1 : written ? words[(scratchAt >> 2) + headerErases]! : 0);
    piece += sector === first ? epoch : `,${epoch}`;
    if ((sector - first) % portion !== portion - 1) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}],"wear":[${wear.join(',')}],"live":[`;
  piece = '';
  for (let sector = first; sector < end; sector += 1)
    piece += sector === first ? log.liveIn(sector) : `,${log.liveIn(sector)}`;
  return `${piece}]}`;
}

// XS freezes functions and classes of what is preloaded, but not what generators inherit from.
Object.freeze(flashMapPieces.prototype);
