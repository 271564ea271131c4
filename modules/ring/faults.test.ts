import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs, seed } from '../../test/chance';
import { FlashLog } from './flash-log';
import { recordBytes, recordCheck, recordStartHighAndCheck } from './format';
import { severalStreams } from './ledger';
import { NorFlash, randomNumbers } from './nor-flash.node.js';
import type { Ring } from './ring';
import { conservation, isWhole, testBlock } from './test-blocks.node.js';

const into = new Uint8Array(512);

function logOn(flash: NorFlash, counter = 1, headBytes = 0): FlashLog {
  return new FlashLog({ isWhole, flash, boot: { counter, random: counter * 0x1234567 }, headBytes });
}

function append(ring: Ring, blocks = 1, length = 500): void {
  for (let block = 0; block < blocks; block += 1) {
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
}

/** Reads all that is stored and returns how many blocks are gone; fails on a wrong one. */
function goneOf(ring: Ring): number {
  let gone = 0;
  for (let sequence = ring.oldest; sequence < ring.next; sequence += 1) {
    const length = ring.read(sequence, into);
    if (length === 0) gone += 1;
    else if (Buffer.compare(into.subarray(0, length), testBlock(ring.stream, sequence, length)) !== 0)
      throw new Error(`block ${sequence} is wrong`);
  }
  return gone;
}

describe('a sector', () => {
  test('that fails to erase is retired, nothing is lost, and the next mount knows it', () => {
    const flash = new NorFlash(16);
    flash.failingErases.add(0).add(5).add(6);
    const log = logOn(flash);
    const ring = log.openRing({ stream: 1, quota: 15_000 });
    append(ring, 300);
    expect(log.counters.retired).toBe(3);
    expect(goneOf(ring)).toBe(0);
    expect(ring.next - ring.oldest).toBe(30);
    const wear = flash.wear[5];
    const again = logOn(flash, 2);
    expect(again.counters.retired).toBe(3);
    append(again.openRing({ stream: 1, quota: 15_000 }), 300);
    expect(flash.wear[5]).toBe(wear);
  });

  test('that erases badly without saying so is noticed before it is written', () => {
    const flash = new NorFlash(16);
    flash.silent = true;
    flash.failingErases.add(3);
    const log = logOn(flash);
    const ring = log.openRing({ stream: 1, quota: 15_000 });
    append(ring, 300);
    expect(log.counters.retired).toBe(1);
    expect(goneOf(ring)).toBe(0);
  });

  test('that fails to program loses no block: those on the failed page are written elsewhere', () => {
    const flash = new NorFlash(16);
    const log = logOn(flash);
    const ring = log.openRing({ stream: 1, quota: 15_000 });
    const other = log.openRing({ stream: 2, quota: 1_000 });
    for (let block = 0; block < 400; block += 1) {
      // Sector after sector fails, in the middle of being written.
      if (block === 70 || block === 150 || block === 260) flash.failingPrograms.add(log.log.open);
      append(ring);
      if (block % 9 === 0) append(other, 3, 40);
      expect(conservation(log, ring)).toBeUndefined();
      expect(goneOf(ring) + goneOf(other)).toBe(0);
    }
    expect(log.counters.programFailures).toBe(3);
    expect(log.counters.retired).toBe(3);
    expect(log.ledger.count).toBeGreaterThan(0);
  });

  test('after sector may fail to program in a row, even while records are being rescued', () => {
    const flash = new NorFlash(24);
    const log = logOn(flash);
    const ring = log.openRing({ stream: 1, quota: 15_000 });
    append(ring, 40);
    const { open } = log.log;
    for (let sector = open; sector < open + 4; sector += 1) flash.failingPrograms.add(sector);
    append(ring, 60);
    expect(log.counters.retired).toBe(4);
    expect(goneOf(ring)).toBe(0);
    expect(ring.next - ring.oldest).toBe(30);
    expect(conservation(log, ring)).toBeUndefined();
  });
});

describe('flash that returns something else than was written', () => {
  test('never yields a wrong block, and every lost one is counted with its readings', () => {
    console.log(`flips: seed ${seed}`);
    const random = randomNumbers(seed);
    const flash = new NorFlash(16, seed);
    const log = logOn(flash);
    const rings = [log.openRing({ stream: 1, quota: 15_000 }), log.openRing({ stream: 2, quota: 4_000 })];
    let readings = 0;
    for (let block = 0; block < 3000; block += 1) {
      append(rings[block % 20 === 0 ? 1 : 0]);
      readings += 100;
      if (random() < 0.05) flash.flip(Math.floor(flash.bytes.length * random()), Math.floor(8 * random()));
      if (random() < 0.02) for (const ring of rings) goneOf(ring);
      if (random() < 0.02) rings[0].acknowledge(rings[0].oldest + 5);
      for (const ring of rings) expect(conservation(log, ring)).toBeUndefined();
    }
    for (const ring of rings) ring.close('discard');
    const totals = rings.reduce(
      (sum, { counters }) =>
        sum + counters.acknowledgedReadings + counters.overwrittenReadings + counters.discardedReadings,
      0,
    );
    expect(totals).toBe(readings);
    expect(log.counters.damaged).toBeGreaterThan(0);
    let lost = 0;
    for (let entry = 0; entry < log.ledger.count; entry += 1) lost += log.ledger.entry(entry).readings;
    expect(lost).toBe(
      readings - rings[0].counters.acknowledgedReadings - rings[1].counters.acknowledgedReadings,
    );
  });

  test('does not hide the blocks behind a damaged header from being carried forward', () => {
    const flash = new NorFlash(16);
    const log = logOn(flash);
    const slow = log.openRing({ stream: 1, quota: 4_000 });
    const fast = log.openRing({ stream: 2, quota: 12_000 });
    append(slow, 8);
    // The second record of the first sector.
    flash.flip(44 + 532 + 4, 3);
    append(fast, 400);
    expect(goneOf(slow)).toBe(1);
    expect(slow.next - slow.oldest).toBe(8);
    slow.acknowledge(8);
    expect(slow.counters.overwrittenReadings).toBe(100);
    expect(slow.counters.acknowledgedReadings).toBe(700);
    expect(slow.counters.overwrittenReadings).toBe(100);
    expect(slow.counters.acknowledgedReadings).toBe(700);
  });

  test('survives programs that fail silently: what was lost is counted', () => {
    const flash = new NorFlash(16);
    flash.silent = true;
    flash.failingPrograms.add(2).add(3);
    const log = logOn(flash);
    const ring = log.openRing({ stream: 1, quota: 15_000 });
    let gone = 0;
    for (let block = 0; block < 200; block += 1) {
      append(ring);
      if (block % 10 === 0) gone = Math.max(gone, goneOf(ring));
      expect(conservation(log, ring)).toBeUndefined();
    }
    expect(gone).toBeGreaterThan(0);
    ring.acknowledge(ring.next);
    const { appendedReadings, acknowledgedReadings, overwrittenReadings } = ring.counters;
    expect(appendedReadings).toBe(acknowledgedReadings + overwrittenReadings);
  });
});

describe('a header that is wrong although its check is right', () => {
  const seed = 0x1234567;

  /** Blocks 0 … 4 straight on flash, of 100 readings each. */
  function written(): { flash: NorFlash; ring: Ring } {
    const flash = new NorFlash(16);
    const ring = logOn(flash).openRing({ stream: 1, quota: 15_000 });
    append(ring, 5);
    return { flash, ring };
  }

  /** Makes the header of a block claim 300 readings. */
  function forge(flash: NorFlash, sequence: number): void {
    const words = new Int32Array(flash.bytes.buffer);
    const word = (44 + sequence * recordBytes(500)) >> 2;
    expect(words[word]).toBe(500 | (100 << 16));
    words[word] = 500 | (300 << 16);
    const high = words[word + recordStartHighAndCheck] & 0xffff;
    words[word + recordStartHighAndCheck] = high | (recordCheck(words, word, seed) << 16);
  }

  test('is made good by the next one that is lost: the sums are right again', () => {
    const { flash, ring } = written();
    forge(flash, 1);
    flash.flip(44 + 2 * recordBytes(500) + 8, 3);
    ring.acknowledge(3);
    expect(ring.counters.acknowledgedReadings).toBe(300);
  });

  test('is made good at the latest when nothing is stored any more', () => {
    const { flash, ring } = written();
    forge(flash, 4);
    ring.acknowledge(5);
    expect(ring.counters.acknowledgedReadings).toBe(500);
  });
});

describe('a mount', () => {
  test('succeeds on rubbish and on a partition of another version', () => {
    for (let seed = 1; seed < 20; seed += 1) {
      const flash = new NorFlash(16, seed);
      flash.scramble();
      if (seed > 10)
        for (let sector = 0; sector < 16; sector += 1)
          flash.bytes.set([0x53, 0x4c, 0x46, seed], 4096 * sector);
      const log = logOn(flash, seed);
      const ring = log.openRing({ stream: 1, quota: 15_000 });
      append(ring, 200);
      expect(goneOf(ring)).toBe(0);
      expect(ring.next - ring.oldest).toBe(30);
    }
  });

  test('goes on behind what the boot before wrote, so that restarts wear evenly', () => {
    const flash = new NorFlash(16);
    for (let boot = 1; boot <= 200; boot += 1) {
      const log = logOn(flash, boot);
      append(log.openRing({ stream: 1, quota: 15_000 }), 1 + (boot % 13));
    }
    // A sector erased ahead that the boot did not come to write is erased once more by the next.
    expect(Math.max(...flash.wear) - Math.min(...flash.wear)).toBeLessThanOrEqual(4);
    const { minimum, maximum } = logOn(flash, 201).wear();
    expect(minimum).toBeLessThanOrEqual(Math.min(...flash.wear));
    expect(maximum).toBeGreaterThanOrEqual(Math.max(...flash.wear) - 2);
  });

  test('returns nothing of an earlier boot, even with the same streams and numbers', () => {
    const flash = new NorFlash(16);
    const ring = logOn(flash, 1).openRing({ stream: 1, quota: 15_000 });
    append(ring, 20);
    const again = logOn(flash, 2).openRing({ stream: 1, quota: 15_000 });
    expect(again.oldest).toBe(again.next);
    for (let sequence = 0; sequence < 20; sequence += 1) expect(again.read(sequence, into)).toBe(0);
  });
});

describe('flash that wears out', () => {
  test('is used to the last sectors; the rings shrink to what is left, and every loss is counted', () => {
    const flash = new NorFlash(16);
    flash.endurance = 40;
    for (let sector = 0; sector < 16; sector += 3) flash.failingErases.add(sector);
    const log = logOn(flash);
    const ring = log.openRing({ stream: 1, quota: 12_000 });
    const slow = log.openRing({ stream: 2, quota: 8_000 });
    for (let block = 0; block < 6000; block += 1) {
      append(block % 10 === 0 ? slow : ring);
      if (block % 100 === 0) goneOf(ring);
      expect(conservation(log, ring) ?? conservation(log, slow)).toBeUndefined();
    }
    expect(log.counters.retired).toBeGreaterThan(10);
    ring.close('discard');
    slow.close('discard');
    for (const { counters } of [ring, slow])
      expect(counters.appendedReadings).toBe(counters.overwrittenReadings + counters.discardedReadings);
  });

  test('in any pattern of failing sectors keeps conservation and never yields a wrong block', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(15), { maxLength: 12 }),
        fc.array(fc.nat(15), { maxLength: 12 }),
        fc.boolean(),
        fc.constantFrom(0, 1500),
        (erases, programs, silent, headBytes) => {
          const flash = new NorFlash(16);
          flash.silent = silent;
          const log = logOn(flash, 1, headBytes);
          const rings = [
            log.openRing({ stream: 1, quota: 12_000 }),
            log.openRing({ stream: 2, quota: 3_000 }),
            log.openRing({ stream: 3, quota: 1_000 }),
          ];
          for (let block = 0; block < 400; block += 1) {
            if (block === 60) for (const sector of erases) flash.failingErases.add(sector);
            if (block === 90) for (const sector of programs) flash.failingPrograms.add(sector);
            const ring = rings[block % 31 === 0 ? 2 : block % 7 === 0 ? 1 : 0];
            append(ring, 1, ring === rings[2] ? 200 : 500);
            if (block % 3 === 0) for (const each of rings) expect(conservation(log, each)).toBeUndefined();
            if (block % 40 === 0) for (const each of rings) goneOf(each);
          }
          for (const ring of rings) {
            goneOf(ring);
            ring.close('discard');
            expect(conservation(log, ring)).toBeUndefined();
          }
        },
      ),
      runs(120),
    );
  });
});

describe('the loss ledger', () => {
  test('names stream, cause, and span of every stretch, and counts exactly however many there are', () => {
    const log = logOn(new NorFlash(16));
    const ring = log.openRing({ stream: 7, quota: 2_000 });
    append(ring, 10, 500);
    expect(log.ledger.count).toBe(1);
    expect(log.ledger.entry(0)).toEqual({
      stream: 7,
      cause: 'quota',
      stretches: 1,
      blocks: 6,
      readings: 600,
      start: 0,
      end: 5990,
    });
    let blocks = 6;
    let streams = 0;
    for (let stream = 100; stream < 200; stream += 1) {
      const short = log.openRing({ stream, quota: 1_000 });
      append(short, 6, 200);
      blocks += 6;
      short.close('discard');
      streams += 1;
    }
    expect(streams).toBe(100);
    expect(log.ledger.count).toBeLessThanOrEqual(32);
    let counted = 0;
    let several = 0;
    for (let entry = 0; entry < log.ledger.count; entry += 1) {
      counted += log.ledger.entry(entry).blocks;
      if (log.ledger.entry(entry).stream === severalStreams) several += 1;
    }
    expect(counted).toBe(blocks);
    expect(several).toBeGreaterThan(0);
  });
});

describe('opening a ring', () => {
  test('that does not fit says what would, and leaves the others running', () => {
    const log = logOn(new NorFlash(16));
    const ring = log.openRing({ stream: 1, quota: 30_000 });
    const fits = log.fits();
    expect(() => log.openRing({ stream: 2, quota: 20_000 })).toThrow(
      `a cache of 20 KB does not fit the capture partition of 64 KiB: with 1 other rings open, at most ${Math.floor(fits / 1000)} KB would fit`,
    );
    expect(log.openRing({ stream: 3, quota: fits }).quota).toBe(fits);
    append(ring, 100);
    expect(goneOf(ring)).toBe(0);
  });

  test('is not possible with a RAM head beyond what an index reaches: the log is refused, with what would fit', () => {
    for (const headBytes of [262_140, Number.POSITIVE_INFINITY, Number.NaN, -1])
      expect(
        () => new FlashLog({ flash: new NorFlash(16), boot: { counter: 1, random: 2 }, headBytes }),
      ).toThrow(expect.objectContaining({ code: 'head', fits: 262_136 }));
  });

  test('below 1 KB, or twice for a stream, is refused', () => {
    const log = logOn(new NorFlash(16));
    expect(() => log.openRing({ stream: 1, quota: 999 })).toThrow('below 1,000 B');
    log.openRing({ stream: 1, quota: 1000 });
    expect(() => log.openRing({ stream: 1, quota: 1000 })).toThrow('has a ring already');
  });

  test('works in the RAM head alone when there is no partition', () => {
    const log = new FlashLog({ isWhole, boot: { counter: 1, random: 2 }, headBytes: 8192 });
    const ring = log.openRing({ stream: 1, quota: 4_000 });
    append(ring, 50);
    expect(ring.next - ring.oldest).toBe(8);
    expect(goneOf(ring)).toBe(0);
    // A slow ring keeps its blocks while a fast one goes round and round the head.
    const slow = log.openRing({ stream: 3, quota: 1_000 });
    append(slow, 4, 200);
    for (let block = 0; block < 500; block += 1) {
      append(ring);
      expect(conservation(log, ring) ?? conservation(log, slow)).toBeUndefined();
      expect(goneOf(slow) + goneOf(ring)).toBe(0);
    }
    expect(slow.next - slow.oldest).toBe(4);
    expect(ring.next - ring.oldest).toBe(8);
    // What a closed ring holds makes way when the head is too small for all.
    ring.close('handover');
    const successor = log.openRing({ stream: 4, quota: 4_000 });
    append(successor, 100);
    expect(goneOf(slow) + goneOf(ring) + goneOf(successor)).toBe(0);
    expect(successor.next - successor.oldest).toBe(8);
    expect(slow.next - slow.oldest).toBe(4);
    expect(ring.counters.overwrittenReadings).toBeGreaterThan(0);
    for (const each of [ring, slow, successor]) expect(conservation(log, each)).toBeUndefined();
  });
});
