import { expect, test } from 'vitest';
import { pack } from '../../block/encode.node.js';
import { Cursors } from '../cursors';
import type { Deliverable, UplinkHost } from '../uplink-host';
import { Deliveries, type Delivery } from './deliveries';
import { Passages } from './passages';

const [block] = pack('integer', [5, 6]).blocks;
const plan = {
  identity: {
    owner: 'part',
    resource: 'rdk:component:board/b',
    method: 'Analogs',
    parameters: { reader_name: 'A' },
  },
  tags: [],
};
const host = {
  clock: { wall: { source: 'sntp', offset: 1_700_000_000_000 } },
  identity: { part: 'esp', boot: { counter: 1, random: 2 } },
} as unknown as UplinkHost;

/** As many blocks of a stream in hand as may be, of a ring that has more. */
function inHand() {
  const unreadable = new Set<number>();
  const ring = {
    oldest: 0,
    next: 10,
    read(sequence: number, into: Uint8Array): number {
      if (sequence < ring.oldest || unreadable.has(sequence)) return 0;
      into.set(block!);
      return block!.length;
    },
    acknowledge(upTo: number): void {
      ring.oldest = Math.max(ring.oldest, upTo);
    },
  };
  const cursors = new Cursors(32);
  const passages = new Passages(host, 'plant', new Deliveries(), cursors, () => {});
  cursors.update([{ number: 0, ring, declaration: { plan } } as unknown as Deliverable]);
  cursors.aim(() => true);
  const deliveries: Delivery[] = [];
  for (let passage = passages.next(); passage !== undefined; passage = passages.next())
    deliveries.push(passage.delivery);
  return { ring, unreadable, passages, deliveries };
}

test('Of blocks that the ring has overwritten in hand none keeps the next from going', () => {
  const { ring, passages, deliveries } = inHand();
  expect(deliveries.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3]);
  ring.oldest = 4;
  expect(passages.next()!.delivery.sequence).toBe(4);
});

test('A block that can no longer be read is left out, and the next goes', () => {
  const { ring, unreadable, passages, deliveries } = inHand();
  unreadable.add(0);
  expect(passages.again(deliveries[0]!)).toBeUndefined();
  expect(ring.oldest).toBe(1);
  expect(passages.next()!.delivery.sequence).toBe(4);
});
