/**
 * Finds what earlier boots had sealed into flash and not delivered, by reading the whole partition twice: first which
 * streams of which boots there are and which of their blocks were still stored, then where each block is.
 *
 * What was still stored is known by the newest block of a stream found: its header says how many blocks its ring held
 * then. Acknowledgements behind it have records of their own. So a block is named again only if it was overwritten or
 * acknowledged after the last block of its stream, or the last such record, had reached the flash.
 */
import type { BootId } from '../block/types';
import type { CircularLog } from './circular-log';
import type { FlashLog } from './flash-log';
import {
  acknowledgementStream,
  bytesModulus,
  headerBootCounter,
  headerBootRandom,
  headerFirstRecord,
  listStream,
  pageBytes,
  recordBytes,
  recordBytesBefore,
  recordDepth,
  recordHeaderBytes,
  recordHeaderIsRight,
  recordReadingsBefore,
  recordSequence,
  recordSize,
  recordStart,
  recordStream,
  sectorBytes,
} from './format';
import { gone, Ring } from './ring';
import { scratchAt } from './working-memory';

/** Streams that are kept at most, and index entries for each sector of the partition: the newest win. */
const mostStreams = 64;
const entriesPerSector = 12;

interface Found {
  readonly counter: number;
  readonly random: number;
  stream: number;
  first: number;
  last: number;
  depth: number;
  acknowledged: number;
  ring: Ring | undefined;
}

type Visit = (counter: number, random: number, at: number, sector: number, offset: number) => void;

/** Visits every record whose header is right, in the order of the log. */
function walk(log: CircularLog, visit: Visit): void {
  const { words } = log;
  let sector = log.open;
  do {
    sector = log.next(sector);
    if (!log.readHeader(sector)) continue;
    const header = scratchAt >> 2;
    const counter = words[header + headerBootCounter];
    const random = words[header + headerBootRandom];
    let offset = words[header + headerFirstRecord] & 0xffff;
    while (offset < sectorBytes) {
      const at = log.fetch(sector, offset, 4);
      if (words[at >> 2] === 0xffffffff) offset = (offset & ~(pageBytes - 1)) + pageBytes;
      else if (recordHeaderIsRight(words, at, random | 0)) {
        const size = recordBytes(words[(at >> 2) + recordSize] & 0xffff);
        visit(counter, random, at, sector, offset);
        offset += size;
      } else break;
    }
  } while (sector !== log.open);
}

function keyOf(counter: number, random: number, stream: number): string {
  return `${counter}-${random}-${stream}`;
}

/** Whether anybody will want the blocks of a stream of an earlier boot. */
export type IsRetained = (boot: BootId, stream: number) => boolean;

export function findEarlier(owner: FlashLog, log: CircularLog, isRetained: IsRetained): Ring[] {
  const { words } = log;
  const streams = new Map<string, Found>();
  const note = (counter: number, random: number, stream: number): Found => {
    const key = keyOf(counter, random, stream);
    let found = streams.get(key);
    if (found === undefined) {
      found = { counter, random, stream, first: -1, last: -1, depth: 0, acknowledged: 0, ring: undefined };
      streams.set(key, found);
      if (streams.size > mostStreams)
        for (const oldest of streams.keys()) {
          streams.delete(oldest);
          break;
        }
    }
    return found;
  };

  walk(log, (counter, random, at) => {
    const word = at >> 2;
    const stream = words[word + recordStream];
    if (stream === listStream) return;
    if (stream === acknowledgementStream) {
      const entry = word + (recordHeaderBytes >> 2);
      const found = note(words[entry], words[entry + 1], words[entry + 2]);
      found.acknowledged = Math.max(found.acknowledged, words[entry + 3]);
      return;
    }
    const found = note(counter, random, stream);
    const sequence = words[word + recordSequence];
    if (found.first < 0 || sequence < found.first) found.first = sequence;
    if (sequence > found.last) {
      found.last = sequence;
      found.depth = recordDepth(words, word);
    }
  });

  // From the newest to the oldest, as far as the index may reach.
  let entries = entriesPerSector * log.sectors;
  for (const found of [...streams.values()].reverse()) {
    if (found.last < 0 || !isRetained(found, found.stream)) continue;
    const oldest = Math.max(
      found.first,
      found.last - found.depth,
      found.acknowledged,
      found.last - entries + 1,
    );
    const count = found.last - oldest + 1;
    if (count <= 0) continue;
    entries -= count;
    const ring = new Ring(owner, { counter: found.counter, random: found.random }, found.stream, 0, count);
    ring.index.fill(gone);
    ring.oldest = oldest;
    ring.next = found.last + 1;
    ring.firstInHead = ring.next;
    ring.closed = true;
    found.ring = ring;
  }

  walk(log, (counter, random, at, sector, offset) => {
    const word = at >> 2;
    const ring = streams.get(keyOf(counter, random, words[word + recordStream]))?.ring;
    const sequence = words[word + recordSequence];
    if (ring === undefined || !(sequence >= ring.oldest && sequence < ring.next)) return;
    const slot = sequence % ring.capacity;
    // A block that was carried forward is there twice; the later record is the one to keep.
    if (ring.index[slot] !== gone) log.live[ring.index[slot] >> log.placeShift] -= 1;
    ring.index[slot] = Math.floor((sector * sectorBytes + offset) / log.placeBytes);
    log.live[sector] += 1;
    const length = words[word + recordSize] & 0xffff;
    if (sequence === ring.oldest) {
      ring.freedReadings = words[word + recordReadingsBefore];
      ring.freedBytes = words[word + recordBytesBefore] % bytesModulus;
      ring.freedEnd = recordStart(words, word);
    }
    if (sequence === ring.next - 1) {
      ring.totalReadings = words[word + recordReadingsBefore] + (words[word + recordSize] >>> 16);
      ring.totalBytes = (words[word + recordBytesBefore] % bytesModulus) + length;
      ring.lastEnd = recordStart(words, word);
    }
  });

  const rings: Ring[] = [];
  for (const { ring } of streams.values()) {
    if (ring === undefined) continue;
    // The totals wrapped between the oldest and the newest block.
    if (ring.totalBytes < ring.freedBytes) ring.totalBytes += bytesModulus;
    if (ring.totalReadings < ring.freedReadings) ring.totalReadings += 4294967296;
    ring.bytes = ring.totalBytes - ring.freedBytes;
    ring.counters.appended = ring.next - ring.oldest;
    ring.counters.appendedReadings = ring.totalReadings - ring.freedReadings;
    rings.push(ring);
  }
  return rings;
}
