/**
 * Rings without flash: the RAM head is all there is, and all of them share it.
 *
 * Holds: while it has room each ring holds what it asked for; once it is full, whoever has most makes way, and
 * nobody's only block goes while somebody has two.
 */
import { maximumRecord, recordHeaderBytes } from './format';
import { blockTarget, type Ring } from './ring';

/** Makes the quota of each open ring what it has of a full head: an equal share, or what it asked for. */
export function shareHead(rings: readonly Ring[], headBytes: number): void {
  // Who asks for little leaves the rest to the others.
  const open = rings.filter(({ closed }) => !closed).sort((one, other) => one.asked! - other.asked!);
  // Records are not split: where the head begins anew some of it stays empty.
  let room = Math.max(headBytes - maximumRecord, headBytes >> 1);
  for (let index = 0; index < open.length; index++) {
    const ring = open[index]!;
    const asked = ring.asked!;
    const target = blockTarget(asked);
    const ofBlocks = target / (target + recordHeaderBytes);
    ring.quota = Math.max(1, Math.min(asked, Math.floor((room / (open.length - index)) * ofBlocks)));
    room -= ring.quota / ofBlocks;
  }
}

/** Whose oldest block makes way in a full head for one of `taker`. @param first whose block is the oldest of all */
export function whoMakesWay(rings: readonly Ring[], taker: Ring, first: Ring): Ring {
  let found = first;
  let most = 0;
  for (let index = 0; index < rings.length; index++) {
    const ring = rings[index]!;
    const blocks = ring.next - ring.oldest;
    if (blocks > (ring === taker ? 0 : 1) && ring.bytes > most) {
      found = ring;
      most = ring.bytes;
    }
  }
  return found;
}
