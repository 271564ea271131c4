/** Rings without flash share the RAM head. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../../test/chance';
import { FlashLog } from './flash-log';
import type { Ring } from './ring';
import { conservation, isWhole, testBlock } from './test-blocks.node.js';

const into = new Uint8Array(512);

function inRam(headBytes: number): FlashLog {
  return new FlashLog({ isWhole, boot: { counter: 1, random: 2 }, headBytes });
}

function open(log: FlashLog, quotas: readonly number[]): Ring[] {
  return quotas.map((quota, stream) => log.openRing({ stream, quota }));
}

function append(ring: Ring, length: number): void {
  const sequence = ring.next;
  const start = 1000 * sequence;
  ring.block(testBlock(ring.stream, sequence, length), length, sequence, 100, start, start + 990);
}

/** Blocks that are stored, each of which is read right. */
function storedIn(ring: Ring): number {
  for (let sequence = ring.oldest; sequence < ring.next; sequence++) {
    const length = ring.read(sequence, into);
    expect(length).toBeGreaterThan(0);
    expect(into.subarray(0, length)).toEqual(testBlock(ring.stream, sequence, length));
  }
  return ring.next - ring.oldest;
}

describe('without flash', () => {
  test('a ring gets what it asks for, as far as an equal share of the RAM head goes', () => {
    const log = inRam(8_000);
    const [little, much, more] = open(log, [1_000, 20_000, 50_000]);
    expect(little!.quota).toBe(1_000);
    expect(much!.quota).toBeGreaterThan(2_500);
    expect(more!.quota).toBeGreaterThan(2_500);
    expect(little!.quota + much!.quota + more!.quota).toBeLessThan(8_000);
    const { quota } = much!;
    more!.close('handover');
    expect(much!.quota).toBeGreaterThan(1.8 * quota);
    // While the others hold nothing, it may hold as much as there is.
    for (let block = 0; block < 20; block++) append(much!, 500);
    expect(storedIn(much!)).toBeGreaterThan(12);
    for (let block = 0; block < 4; block++) append(little!, 250);
    expect(storedIn(little!)).toBe(4);
  });

  test('none is refused, and a fast one takes the last block of no other', () => {
    const log = inRam(4_000);
    // One block of each fills it.
    const rings = open(log, new Array(17).fill(20_000));
    const [fast, ...slow] = rings;
    for (const ring of slow) append(ring, 200);
    for (let block = 0; block < 500; block++) append(fast!, 200);
    for (const ring of slow) expect(storedIn(ring)).toBe(1);
    expect(storedIn(fast!)).toBeGreaterThan(0);
    for (const ring of rings) expect(conservation(log, ring)).toBeUndefined();
  });

  test('the short block of a sync does not push out the one that was full', () => {
    const log = inRam(4_000);
    const rings = open(log, new Array(10).fill(20_000));
    for (const ring of rings.slice(0, 8)) {
      append(ring, 300);
      append(ring, 40);
    }
    for (const ring of rings.slice(0, 8)) expect(storedIn(ring)).toBe(2);
  });

  test('a RAM head of none has room for one block of all', () => {
    const log = inRam(0);
    const rings = open(log, [1_000, 1_000]);
    for (let block = 0; block < 10; block++) for (const ring of rings) append(ring, 250);
    expect(rings.map(storedIn).reduce((sum, blocks) => sum + blocks)).toBeGreaterThan(0);
    for (const ring of rings) expect(conservation(log, ring)).toBeUndefined();
  });

  test('whatever comes of however many, what is stored is right and all of it is counted', () => {
    const step = fc.record({
      ring: fc.nat(39),
      length: fc.integer({ min: 3, max: 256 }).map((half) => 2 * half),
      next: fc.constantFrom('nothing', 'nothing', 'acknowledge', 'close'),
    });
    const log = fc.record({
      headBytes: fc.constantFrom(0, 544, 1_000, 4_000),
      quotas: fc.array(fc.integer({ min: 1_000, max: 30_000 }), { minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(log, fc.array(step, { maxLength: 200 }), ({ headBytes, quotas }, steps) => {
        const made = inRam(headBytes);
        const rings = open(made, quotas);
        for (const { ring: index, length, next } of steps) {
          const ring = rings[index % rings.length]!;
          if (ring.closed) continue;
          append(ring, length);
          expect(storedIn(ring)).toBeGreaterThan(0);
          if (next === 'acknowledge') ring.acknowledge(ring.next);
          if (next === 'close') ring.close('handover');
        }
        for (const ring of rings) {
          storedIn(ring);
          expect(conservation(made, ring)).toBeUndefined();
        }
      }),
      runs(150),
    );
  });
});
