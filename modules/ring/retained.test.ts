/** `retain_unsynced`: what earlier boots had sealed into flash and not delivered is delivered once, under their names. */
import { describe, expect, test } from 'vitest';
import { seed } from '../../test/chance';
import { FlashLog } from './flash-log';
import { type CutOutcome, NorFlash, randomNumbers } from './nor-flash.node.js';
import type { Ring } from './ring';
import { conservation, isWhole, testBlock } from './test-blocks.node.js';

const into = new Uint8Array(512);

function boot(flash: NorFlash, counter: number, headBytes = 1500): FlashLog {
  const id = { counter, random: counter * 0x9e3779b1 };
  return new FlashLog({
    isWhole,
    flash,
    boot: { counter: id.counter, random: id.random >>> 0 },
    headBytes,
    retainUnsynced: true,
  });
}

/** The content of a block differs from boot to boot. */
function content(counter: number, stream: number, sequence: number, length = 500): Uint8Array {
  return testBlock(1000 * counter + stream, sequence, length);
}

function append(ring: Ring, blocks: number, counter = ring.boot.counter): void {
  for (let block = 0; block < blocks; block += 1) {
    const sequence = ring.next;
    ring.block(
      content(counter, ring.stream, sequence),
      500,
      sequence,
      100,
      1000 * sequence,
      1000 * sequence + 990,
    );
  }
}

/** Sequence numbers of a ring that can be read; fails on a block that is wrong. */
function readable(ring: Ring): number[] {
  const sequences: number[] = [];
  for (let sequence = ring.oldest; sequence < ring.next; sequence += 1) {
    const length = ring.read(sequence, into);
    if (length === 0) continue;
    if (
      Buffer.compare(into.subarray(0, length), content(ring.boot.counter, ring.stream, sequence, length)) !==
      0
    )
      throw new Error(`block ${sequence} of boot ${ring.boot.counter} is wrong`);
    sequences.push(sequence);
  }
  return sequences;
}

function from(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

describe('with retain_unsynced', () => {
  test('the sealed blocks of an earlier boot are there under its name, without those in the RAM head', () => {
    const flash = new NorFlash(32);
    const ring = boot(flash, 1).openRing({ stream: 4, quota: 30_000 });
    append(ring, 40);
    ring.acknowledge(5);
    const inFlash = ring.firstInHead;
    expect(inFlash).toBeGreaterThan(30);

    const [kept, ...others] = boot(flash, 2).retained;
    expect(others).toEqual([]);
    expect(kept.boot.counter).toBe(1);
    expect(kept.stream).toBe(4);
    // The last record may have ended in the page that was not full yet.
    expect(kept.oldest).toBe(5);
    const sequences = readable(kept);
    expect(sequences).toEqual(from(5, sequences.at(-1)!));
    expect(sequences.at(-1)).toBeGreaterThanOrEqual(inFlash - 2);
  });

  test('they are delivered once: what a later boot acknowledged does not come again', () => {
    const flash = new NorFlash(32);
    append(boot(flash, 1).openRing({ stream: 4, quota: 30_000 }), 40);
    const second = boot(flash, 2);
    const [kept] = second.retained;
    const sequences = readable(kept);
    kept.acknowledge(10);
    const third = boot(flash, 3);
    expect(readable(third.retained[0])).toEqual(sequences.filter((sequence) => sequence >= 10));
    third.retained[0].acknowledge(third.retained[0].next);
    expect(third.retained).toEqual([]);
    expect(boot(flash, 4).retained).toEqual([]);
  });

  test('what its quota had overwritten does not come back', () => {
    const flash = new NorFlash(32);
    const ring = boot(flash, 1).openRing({ stream: 4, quota: 10_000 });
    append(ring, 100);
    const [kept] = boot(flash, 2).retained;
    // Exact to the blocks that were in the RAM head, and were yet to overwrite as many.
    expect(kept.oldest).toBeGreaterThanOrEqual(ring.oldest - (ring.next - ring.firstInHead) - 1);
    expect(kept.oldest).toBeLessThanOrEqual(ring.oldest);
  });

  test('blocks of several boots and streams, carried forward or not, are all there', () => {
    const flash = new NorFlash(32);
    for (let counter = 1; counter <= 3; counter += 1) {
      const log = boot(flash, counter, 0);
      const fast = log.openRing({ stream: 1, quota: 8_000 });
      const slow = log.openRing({ stream: 2, quota: 2_000 });
      append(slow, 4);
      // The first boot goes once around, and has just carried its slow stream forward.
      append(fast, counter === 1 ? 230 : 20);
    }
    const log = boot(flash, 4);
    const names = log.retained.map((ring) => `${ring.boot.counter}/${ring.stream}`);
    expect(names.sort()).toEqual(['1/1', '1/2', '2/1', '2/2', '3/1', '3/2']);
    for (const ring of log.retained)
      expect(readable(ring).length, `${ring.boot.counter}/${ring.stream}`).toBeGreaterThanOrEqual(
        ring.stream === 1 ? 14 : 3,
      );
  });

  test('they make room for the new boot’s own, and are counted', () => {
    const flash = new NorFlash(16);
    append(boot(flash, 1, 0).openRing({ stream: 1, quota: 35_000 }), 70);
    const log = boot(flash, 2, 0);
    const [kept] = log.retained;
    const before = kept.next - kept.oldest;
    const ring = log.openRing({ stream: 1, quota: 35_000 });
    for (let block = 0; block < 200; block += 1) {
      append(ring, 1);
      expect(conservation(log, ring)).toBeUndefined();
      readable(kept);
    }
    expect(readable(ring).length).toBe(70);
    expect(log.retained.length).toBe(0);
    expect(kept.counters.overwrittenReadings).toBe(kept.counters.appendedReadings);
    let lost = 0;
    for (let entry = 0; entry < log.ledger.count; entry += 1) {
      const { cause, blocks } = log.ledger.entry(entry);
      if (cause === 'earlier boot') lost += blocks;
    }
    expect(lost).toBe(before);
  });

  test('after a power cut at any moment nothing wrong comes back, and nothing acknowledged', () => {
    const random = randomNumbers(seed);
    const outcomes: CutOutcome[] = ['nothing', 'part', 'whole'];
    const rounds = 150;
    let kept = 0;
    for (let round = 0; round < rounds; round += 1) {
      const flash = new NorFlash(16, seed + round);
      /** First sequence number not acknowledged, by boot and stream. */
      const acknowledged = new Map<string, number>();
      for (let counter = 1; counter <= 4; counter += 1) {
        flash.powerOn();
        const log = boot(flash, counter);
        flash.cutAfter(Math.floor(250 * random()), outcomes[Math.floor(3 * random())]);
        for (const ring of [...log.retained]) {
          const name = `${ring.boot.counter}/${ring.stream}`;
          const sequences = readable(ring);
          kept += sequences.length;
          if (!flash.dead && sequences.length > 0)
            expect(sequences[0], name).toBeGreaterThanOrEqual(acknowledged.get(name) ?? 0);
          if (random() < 0.3) {
            const upTo = ring.oldest + Math.floor(random() * (ring.next - ring.oldest + 1));
            const some = upTo > ring.oldest;
            ring.acknowledge(upTo);
            if (!flash.dead && some) acknowledged.set(name, Math.max(upTo, acknowledged.get(name) ?? 0));
          }
        }
        // Without power every erase fails, and all sectors seem worn.
        if (flash.dead) continue;
        const rings = [log.openRing({ stream: 1, quota: 15_000 }), log.openRing({ stream: 2, quota: 3_000 })];
        for (let block = 0; block < 150 && !flash.dead; block += 1) {
          const ring = rings[block % 9 === 0 ? 1 : 0];
          append(ring, 1, counter);
          if (random() < 0.05) {
            const upTo = ring.oldest + Math.floor(10 * random());
            const inFlash = upTo > ring.oldest && ring.oldest < ring.firstInHead;
            ring.acknowledge(upTo);
            if (!flash.dead && inFlash)
              acknowledged.set(`${counter}/${ring.stream}`, Math.min(upTo, ring.next));
          }
        }
      }
    }
    console.log(
      `retained: ${rounds} rows of four cut boots, seed ${seed}, ${kept} blocks of earlier boots read`,
    );
    expect(kept).toBeGreaterThan(1000);
  });
});
