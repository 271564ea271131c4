/**
 * Cuts the power at every flash operation of a workload that goes several times around a small partition: before it,
 * in the middle of it, right after it. Then the device starts again, from flash as the cut left it, and works on.
 */
import { describe, expect, it } from 'vitest';
import { FlashLog } from './flash-log';
import { headerEpoch, sectorHeaderIsRight } from './format';
import { patience } from './mount';
import { type CutOutcome, NorFlash, randomNumbers } from './nor-flash.node.js';
import type { Ring } from './ring';
import { conservation, isWhole, testBlock } from './test-blocks.node.js';

const sectors = 12;
const outcomes: CutOutcome[] = ['nothing', 'part', 'whole'];

class Device {
  readonly log: FlashLog;
  private readonly rings: Ring[] = [];
  private readonly random: () => number;
  private readonly into = new Uint8Array(512);
  blocks = 0;

  constructor(flash: NorFlash, boot: number) {
    this.log = new FlashLog({
      isWhole,
      flash,
      boot: { counter: boot, random: boot * 0x9e3779b1 },
      headBytes: 1500,
    });
    this.random = randomNumbers(boot);
    for (const [stream, quota] of [6000, 9000, 2000].entries())
      this.rings.push(this.log.openRing({ stream, quota }));
  }

  /** Appends blocks of one fast, one middling and one slow collector, and acknowledges now and then. */
  run(blocks: number): void {
    for (let block = 0; block < blocks; block += 1) {
      const ring = this.rings[block % 23 === 0 ? 2 : block % 3 === 0 ? 1 : 0];
      const full = ring.quota < 2048 ? 500 : 512;
      const length = 2 * Math.floor((full * (0.8 + 0.2 * this.random())) / 2);
      const sequence = ring.next;
      ring.block(
        testBlock(ring.stream, sequence, length),
        length,
        sequence,
        100,
        10 * sequence,
        10 * sequence + 9,
      );
      if (block % 7 === 0) this.log.idle(60);
      if (block % 50 === 49) this.rings[1].acknowledge(this.rings[1].oldest + 5);
      this.blocks += 1;
    }
  }

  /** Reads all that is stored; every block must be there and right. */
  verify(): void {
    for (const ring of this.rings) {
      expect(conservation(this.log, ring)).toBeUndefined();
      for (let sequence = ring.oldest; sequence < ring.next; sequence += 1) {
        const length = ring.read(sequence, this.into);
        if (length === 0) throw new Error(`block ${sequence} of stream ${ring.stream} is gone`);
        // A block's content follows from its stream and number, whatever its length: compare the first half.
        const expected = testBlock(ring.stream, sequence, length);
        if (Buffer.compare(this.into.subarray(0, length), expected) !== 0)
          throw new Error(`block ${sequence} of stream ${ring.stream} is wrong`);
      }
    }
  }
}

function copyOf(flash: NorFlash, seed: number): NorFlash {
  const copy = new NorFlash(flash.sectors, seed);
  copy.bytes.set(flash.bytes);
  copy.wear.set(flash.wear);
  return copy;
}

/** The newest epoch on flash, by reading every header. */
function newestEpoch(flash: NorFlash): number {
  const words = new Uint32Array(11);
  const bytes = new Uint8Array(words.buffer);
  let newest = 0;
  for (let sector = 0; sector < flash.sectors; sector += 1) {
    bytes.set(flash.bytes.subarray(4096 * sector, 4096 * sector + 44));
    if (sectorHeaderIsRight(words, 0)) newest = Math.max(newest, words[headerEpoch]);
  }
  return newest;
}

/** Starts a device on flash as it is and has it work on; throws when anything is wrong. */
function restart(flash: NorFlash, boot: number, blocks: number): Device {
  flash.powerOn();
  const device = new Device(flash, boot);
  expect(device.log.counters.mountReads).toBeLessThanOrEqual(patience * 5 + 24);
  device.run(blocks);
  if (!flash.dead) device.verify();
  return device;
}

describe('a power cut', () => {
  it('at any flash operation, however much of it took place, leaves a partition that works on', () => {
    const laps = 3;
    const source = new NorFlash(sectors);
    let cuts = 0;
    let wrongHead = 0;
    let restartedBlocks = 0;
    // A twin of the device runs one operation further each time, from a copy of the flash before it.
    const operations = operationsOf(laps);
    for (let operation = 0; operation < operations.length; operation += 1)
      for (const outcome of outcomes) {
        const flash = copyOf(source, operation * 3 + 1);
        flash.cutAfter(0, outcome);
        try {
          operations[operation](flash);
        } catch {
          // The cut.
        }
        expect(flash.dead).toBe(true);
        flash.powerOn();
        const epoch = newestEpoch(flash);
        const blocks = operation % 16 === 0 ? 220 : 40;
        const device = restart(flash, 2, blocks);
        if (device.log.log.epoch < epoch) wrongHead += 1;
        restartedBlocks += blocks;
        cuts += 1;
        if (outcome === 'whole') operations[operation](source);
      }
    console.log(
      `power cuts: ${operations.length} operations (${laps} laps of ${sectors} sectors) × ${outcomes.length} outcomes = ` +
        `${cuts} cuts, ${restartedBlocks} blocks after them, all right; every mount found the newest sector`,
    );
    expect(wrongHead).toBe(0);
  });

  it('and another one while it works on are survived as well', () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    const random = randomNumbers(seed);
    const pairs = 400;
    let third = 0;
    for (let pair = 0; pair < pairs; pair += 1) {
      const flash = new NorFlash(sectors, seed + pair);
      let boot = 1;
      for (; boot <= 4; boot += 1) {
        flash.powerOn();
        // The first cut falls anywhere in two laps, those after it soon.
        flash.cutAfter(Math.floor((boot === 1 ? 400 : 30) * random()), outcomes[Math.floor(3 * random())]);
        const device = new Device(flash, boot);
        while (!flash.dead && device.blocks < 400) device.run(5);
        if (boot === 3) third += 1;
      }
      restart(flash, boot, 120);
    }
    console.log(`power cuts: ${pairs} rows of 4 cuts each, sampled with seed ${seed}, all right`);
    expect(third).toBe(pairs);
  });
});

/** The flash operations of a workload of some laps, each as a function that repeats it. */
function operationsOf(laps: number): ((flash: NorFlash) => void)[] {
  const operations: ((flash: NorFlash) => void)[] = [];
  const flash = new NorFlash(sectors);
  const { write, eraseBlock } = flash;
  flash.write = (buffer, offset) => {
    const bytes = buffer.slice();
    operations.push((target) => target.write(bytes, offset));
    write.call(flash, buffer, offset);
  };
  flash.eraseBlock = (start, end) => {
    operations.push((target) => target.eraseBlock(start, end));
    eraseBlock.call(flash, start, end);
  };
  const device = new Device(flash, 1);
  while (Math.min(...flash.wear) < laps) device.run(1);
  device.verify();
  return operations;
}
