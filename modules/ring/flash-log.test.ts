import { describe, expect, test } from 'vitest';
import { FlashLog } from './flash-log';
import { sectorBytes } from './format';
import { makeLater } from './later-format.node.js';
import { NorFlash } from './nor-flash.node.js';
import { blockTarget, type Ring } from './ring';
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
  test.each([
    ['all of the log', [0, 1, 2, 3, 4, 5]],
    ['what came last', [4, 5]],
    ['what was written behind the newest sector', [5]],
  ])('leaves a partition alone where %s is of a later format, and keeps readings in RAM', (_, sectors) => {
    const flash = new NorFlash(16);
    const before = new FlashLog({ isWhole, flash, boot, headBytes: 0 });
    const ring = before.openRing({ stream: 3, quota: 20_000 });
    for (let block = 0; block < 45; block += 1) append(ring);
    for (const sector of sectors) makeLater(flash.bytes, sector);
    const bytes = flash.bytes.slice();
    const log = new FlashLog({ isWhole, flash, boot: { ...boot, counter: 2 }, headBytes: 4096 });
    expect(log.laterFormat).toBe(true);
    const kept = log.openRing({ stream: 0, quota: 2_000 });
    for (let block = 0; block < 20; block += 1) append(kept);
    expect(readAll(kept)).toBe(4);
    expect(flash.bytes).toEqual(bytes);
  });

  test('goes on where a header of another version is torn', () => {
    const flash = new NorFlash(16);
    const ring = new FlashLog({ isWhole, flash, boot, headBytes: 0 }).openRing({ stream: 3, quota: 20_000 });
    for (let block = 0; block < 45; block += 1) append(ring);
    // A power cut while it was programmed: not all bits of the version are cleared.
    for (const sector of [0, 2, 5, 6]) flash.bytes[sector * sectorBytes + 3] = 0xff;
    const log = new FlashLog({ isWhole, flash, boot: { ...boot, counter: 2 }, headBytes: 0 });
    expect(log.laterFormat).toBe(false);
    const next = log.openRing({ stream: 0, quota: 20_000 });
    for (let block = 0; block < 60; block += 1) append(next);
    expect(readAll(next)).toBe(40);
  });

  for (const headBytes of [0, 4096])
    test(`keeps the newest blocks within the quota over many laps, with a RAM head of ${headBytes} B`, () => {
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

  test.each([1_000, 2_000, 20_000])(
    'has room for short blocks as long as full ones fill %i B before they fill the index',
    (quota) => {
      const log = new FlashLog({ isWhole, flash: new NorFlash(64), boot, headBytes: 4096 });
      const full = 2 * Math.ceil(0.4 * blockTarget(quota));
      for (const first of [0, 5, 100]) {
        const ring = log.openRing({ stream: first, quota });
        const fits = (length: number) => ring.bytes + length <= quota;
        for (let block = 0; block < first && fits(full); block++) append(ring, full);
        let short = 0;
        while (ring.hasRoomForShort && fits(20)) {
          append(ring, 20);
          short++;
        }
        if (fits(full)) expect(short).toBeGreaterThan(10);
        while (fits(full)) append(ring, full);
        expect(ring.oldest).toBe(0);
        ring.acknowledge(ring.next);
        expect(ring.hasRoomForShort).toBe(true);
      }
    },
  );

  test('does not touch the flash while blocks are acknowledged before the RAM head is full', () => {
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

  test('carries the blocks of a slow ring forward while a fast one goes round', () => {
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
