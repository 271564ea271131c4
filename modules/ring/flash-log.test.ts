import { describe, expect, it } from 'vitest';
import { FlashLog } from './flash-log';
import { NorFlash } from './nor-flash.node.js';
import type { Ring } from './ring';
import { conservation, isWhole, testBlock } from './test-blocks.node.js';

const boot = { counter: 1, random: 0x12345678 };

function append(ring: Ring, length = 500): void {
  const sequence = ring.next;
  ring.block(
    testBlock(ring.stream, sequence, length),
    length,
    sequence,
    100,
    1000 * sequence,
    1000 * sequence + 990,
  );
}

/** Reads every stored block and returns how many were right; fails on a wrong one. */
function readAll(ring: Ring, length = 500): number {
  const into = new Uint8Array(512);
  let right = 0;
  for (let sequence = ring.oldest; sequence < ring.next; sequence += 1) {
    const read = ring.read(sequence, into);
    if (read === 0) continue;
    expect(read).toBe(length);
    expect(into.subarray(0, read)).toEqual(testBlock(ring.stream, sequence, length));
    right += 1;
  }
  return right;
}

describe('the flash log', () => {
  for (const headBytes of [0, 4096])
    it(`keeps the newest blocks within the quota over many laps, with a RAM head of ${headBytes} B`, () => {
      const flash = new NorFlash(16);
      const log = new FlashLog({ isWhole, flash, boot, headBytes });
      const ring = log.openRing({ stream: 3, quota: 20_000 });
      for (let block = 0; block < 2000; block += 1) append(ring);
      expect(ring.next - ring.oldest).toBe(40);
      expect(readAll(ring)).toBe(40);
      expect(conservation(log, ring)).toBeUndefined();
      expect(log.counters.carried).toBe(0);
      // Every sector by turns, and less than 10 % on top of the blocks themselves.
      const { minimum, maximum } = log.wear();
      expect([minimum, maximum]).toEqual([Math.min(...flash.wear), Math.max(...flash.wear)]);
      expect(maximum - minimum).toBeLessThanOrEqual(1);
      expect(log.counters.programmedBytes / log.counters.flushedBytes).toBeLessThan(1.1);
    });

  it('does not touch the flash while blocks are acknowledged before the RAM head is full', () => {
    const flash = new NorFlash(16);
    const log = new FlashLog({ isWhole, flash, boot, headBytes: 4096 });
    const ring = log.openRing({ stream: 3, quota: 20_000 });
    for (let block = 0; block < 1000; block += 1) {
      append(ring);
      log.idle(100);
      if (block % 5 === 4) ring.acknowledge(ring.next);
    }
    expect(flash.operations).toBe(0);
  });

  it('carries the blocks of a slow ring forward while a fast one goes round', () => {
    const flash = new NorFlash(16);
    const log = new FlashLog({ isWhole, flash, boot, headBytes: 0 });
    const slow = log.openRing({ stream: 1, quota: 5_000 });
    const fast = log.openRing({ stream: 2, quota: 20_000 });
    for (let block = 0; block < 3000; block += 1) {
      append(fast);
      if (block % 100 === 0) append(slow);
    }
    expect(slow.next - slow.oldest).toBe(10);
    expect(readAll(slow)).toBe(10);
    expect(readAll(fast)).toBe(40);
    expect(conservation(log, slow) ?? conservation(log, fast)).toBeUndefined();
    expect(log.counters.carried).toBeGreaterThan(0);
    expect(Math.max(...flash.wear) - Math.min(...flash.wear)).toBeLessThanOrEqual(1);
  });
});
