/** Blocks for tests: their content follows from stream and sequence number, so that a block can be known again. */
import type { FlashLog } from './flash-log';
import { sumOfWords } from './format';
import { randomNumbers } from './nor-flash.node.js';
import type { Ring } from './ring';

/** A block of `length` (even) bytes that ends with a check of its own. */
export function testBlock(stream: number, sequence: number, length: number): Uint8Array {
  const words = new Int32Array((length + 3) >> 2);
  const bytes = new Uint8Array(words.buffer, 0, length);
  const random = randomNumbers(stream * 1_000_003 + sequence);
  for (let word = 0; word < words.length; word += 1) words[word] = 4294967296 * random();
  const last = (length >> 2) - 1;
  words[last] = sumOfWords(words, 0, last, 0);
  return bytes;
}

/** Whether a test block is what it was. (Bytes behind the last whole word are not looked at.) */
export function isWhole(words: Int32Array, length: number): boolean {
  const last = (length >> 2) - 1;
  return words[last] === sumOfWords(words, 0, last, 0);
}

/** Says what is wrong when a ring's counters do not add up, */
export function conservation(log: FlashLog, ring: Ring): string | undefined {
  const { counters } = ring;
  const stored = ring.next - ring.oldest;
  const freed = counters.acknowledgedReadings + counters.overwrittenReadings + counters.discardedReadings;
  if (freed > counters.appendedReadings || (stored === 0 && freed !== counters.appendedReadings))
    return `stream ${ring.stream}: ${JSON.stringify(counters)}, of which ${stored} blocks are stored`;
  if (stored === 0 && ring.bytes !== 0) return `stream ${ring.stream}: ${ring.bytes} bytes stored`;
  let live = 0;
  for (let sector = 0; sector < log.log.sectors; sector += 1) live += log.log.liveIn(sector);
  let indexed = 0;
  for (const other of [...log.rings, ...log.retained])
    for (let sequence = other.oldest; sequence < other.firstInHead; sequence += 1)
      if (other.places[other.begin + (sequence % other.capacity)] !== 0xffff) indexed += 1;
  return live === indexed ? undefined : `${live} live records in the sectors, ${indexed} in the rings`;
}
