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
import {
  acknowledgementBytes,
  acknowledgementStream,
  blank,
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
import { EarlierRing, gone, type RingOwner, shareIndex } from './ring';
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
  ring: EarlierRing | undefined;
  /** Readings and bytes of the stream before the ring's oldest block. */
  readingsBefore: number;
  bytesBefore: number;
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
    const counter = words[header + headerBootCounter] >>> 0;
    const random = words[header + headerBootRandom] >>> 0;
    let offset = words[header + headerFirstRecord] & 0xffff;
    while (offset < sectorBytes) {
      const at = log.fetch(sector, offset, recordHeaderBytes + acknowledgementBytes);
      if (words[at >> 2] === blank) offset = (offset & ~(pageBytes - 1)) + pageBytes;
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

export function findEarlier(owner: RingOwner, log: CircularLog, isRetained: IsRetained): EarlierRing[] {
  const { words } = log;
  const streams = new Map<string, Found>();
  const note = (counter: number, random: number, stream: number): Found => {
    const key = keyOf(counter, random, stream);
    let found = streams.get(key);
    if (found === undefined) {
      found = {
        ...{ counter, random, stream, first: -1, last: -1, depth: 0, acknowledged: 0 },
        ...{ ring: undefined, readingsBefore: 0, bytesBefore: 0 },
      };
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
      const found = note(words[entry] >>> 0, words[entry + 1] >>> 0, words[entry + 2]);
      found.acknowledged = Math.max(found.acknowledged, words[entry + 3] >>> 0);
      return;
    }
    const found = note(counter, random, stream);
    const sequence = words[word + recordSequence] >>> 0;
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
    const boot = { counter: found.counter, random: found.random };
    found.ring = new EarlierRing(owner, boot, found.stream, oldest, found.last + 1);
  }
  const rings: EarlierRing[] = [];
  for (const { ring } of streams.values()) if (ring !== undefined) rings.push(ring);
  shareIndex(rings);
  rings[0]?.places.fill(gone);

  walk(log, (counter, random, at, sector, offset) => {
    const word = at >> 2;
    const found = streams.get(keyOf(counter, random, words[word + recordStream]));
    const ring = found?.ring;
    const sequence = words[word + recordSequence] >>> 0;
    if (ring === undefined || !(sequence >= ring.oldest && sequence < ring.next)) return;
    const entry = ring.begin + (sequence % ring.capacity);
    // A block that was carried forward is there twice; the later record is the one to keep.
    if (ring.places[entry] !== gone) log.states[ring.places[entry] >> log.placeShift] -= 1;
    ring.places[entry] = Math.floor((sector * sectorBytes + offset) / log.placeBytes);
    log.states[sector] += 1;
    const readingsBefore = words[word + recordReadingsBefore] >>> 0;
    const bytesBefore = words[word + recordBytesBefore] & (bytesModulus - 1);
    if (sequence === ring.oldest) {
      found!.readingsBefore = readingsBefore;
      found!.bytesBefore = bytesBefore;
      ring.freedEnd = recordStart(words, word);
    }
    if (sequence === ring.next - 1) {
      ring.totalReadings = readingsBefore + (words[word + recordSize] >>> 16);
      ring.totalBytes = bytesBefore + (words[word + recordSize] & 0xffff);
      ring.lastEnd = recordStart(words, word);
    }
  });

  for (const { ring, readingsBefore, bytesBefore } of streams.values()) {
    if (ring === undefined) continue;
    // The totals may have wrapped between the oldest and the newest block.
    const wrappedReadings = ring.totalReadings < readingsBefore ? 4294967296 : 0;
    const wrappedBytes = ring.totalBytes < bytesBefore ? bytesModulus : 0;
    ring.setTotals(
      readingsBefore,
      bytesBefore,
      ring.totalReadings + wrappedReadings,
      ring.totalBytes + wrappedBytes,
    );
  }
  return rings;
}
