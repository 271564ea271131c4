/** Blocks for tests: their content follows from stream and sequence number, so that a block can be known again. */
import { check } from '../block/check';
import type { FlashLog } from './flash-log';
import { randomNumbers } from './nor-flash.node';
import type { Ring } from './ring';

/** A block of `length` (even) bytes that ends with its CRC-32C. */
export function testBlock(stream: number, sequence: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const random = randomNumbers(stream * 1_000_003 + sequence);
  for (let at = 0; at < length - 4; at += 1) bytes[at] = Math.floor(256 * random());
  new DataView(bytes.buffer).setInt32(length - 4, check(bytes, 0, length - 4), true);
  return bytes;
}

/** Says what is wrong when a ring's counters do not add up, in blocks or in readings. */
export function conservation(log: FlashLog, ring: Ring): string | undefined {
  const { counters } = ring;
  const stored = ring.next - ring.oldest;
  if (counters.appended !== counters.acknowledged + counters.overwritten + counters.discarded + stored)
    return `stream ${ring.stream}: ${JSON.stringify(counters)} and ${stored} stored`;
  const freed = counters.acknowledgedReadings + counters.overwrittenReadings + counters.discardedReadings;
  if (freed !== ring.freedReadings || (stored === 0 && ring.freedReadings !== ring.totalReadings))
    return `stream ${ring.stream}: ${JSON.stringify(counters)} and ${ring.freedReadings} of ${ring.totalReadings} readings freed`;
  if (ring.bytes !== ring.totalBytes - ring.freedBytes || (stored === 0 && ring.bytes !== 0))
    return `stream ${ring.stream}: ${ring.bytes} bytes stored`;
  let live = 0;
  for (const count of log.log.live) live += count;
  let indexed = 0;
  for (const other of log.rings.values())
    for (let sequence = other.oldest; sequence < other.firstInHead; sequence += 1)
      if (other.index[sequence % other.capacity] !== 0xffff) indexed += 1;
  return live === indexed ? undefined : `${live} live records in the sectors, ${indexed} in the rings`;
}
