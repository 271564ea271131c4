/** A device with three rings on a small partition whose power is cut, for tests of every and of many cuts. */
import { FlashLog } from './flash-log';
import { patience } from './mount';
import { type CutOutcome, NorFlash, randomNumbers } from './nor-flash.node.js';
import type { Ring } from './ring';
import { conservation, isWhole, testBlock } from './test-blocks.node.js';

export const cutSectors = 12;
export const cutOutcomes: readonly CutOutcome[] = ['nothing', 'part', 'whole'];

export class CutDevice {
  readonly log: FlashLog;
  readonly #rings: Ring[] = [];
  readonly #random: () => number;
  readonly #into = new Uint8Array(512);
  blocks = 0;

  constructor(flash: NorFlash, boot: number) {
    this.log = new FlashLog({
      isWhole,
      flash,
      boot: { counter: boot, random: boot * 0x9e3779b1 },
      headBytes: 1500,
    });
    this.#random = randomNumbers(boot);
    for (const [stream, quota] of [6000, 9000, 2000].entries())
      this.#rings.push(this.log.openRing({ stream, quota }));
  }

  /** Appends blocks of one fast, one middling and one slow collector, and acknowledges now and then. */
  run(blocks: number): void {
    for (let block = 0; block < blocks; block += 1) {
      const ring = this.#rings[block % 23 === 0 ? 2 : block % 3 === 0 ? 1 : 0];
      const full = ring.quota < 2048 ? 500 : 512;
      const length = 2 * Math.floor((full * (0.8 + 0.2 * this.#random())) / 2);
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
      if (block % 50 === 49) this.#rings[1].acknowledge(this.#rings[1].oldest + 5);
      this.blocks += 1;
    }
  }

  /** Reads all that is stored; every block must be there and right. */
  verify(): void {
    for (const ring of this.#rings) {
      const problem = conservation(this.log, ring);
      if (problem !== undefined) throw new Error(problem);
      for (let sequence = ring.oldest; sequence < ring.next; sequence += 1) {
        const length = ring.read(sequence, this.#into);
        if (length === 0) throw new Error(`block ${sequence} of stream ${ring.stream} is gone`);
        // A block's content follows from its stream and number, whatever its length: compare the first half.
        const expected = testBlock(ring.stream, sequence, length);
        if (Buffer.compare(this.#into.subarray(0, length), expected) !== 0)
          throw new Error(`block ${sequence} of stream ${ring.stream} is wrong`);
      }
    }
  }
}

/** Starts a device on flash as it is and has it work on; throws when anything is wrong. */
export function restart(flash: NorFlash, boot: number, blocks: number): CutDevice {
  flash.powerOn();
  const device = new CutDevice(flash, boot);
  const { mountReads } = device.log.counters;
  if (mountReads > 5 * patience + 24) throw new Error(`the mount read ${mountReads} times`);
  device.run(blocks);
  if (!flash.dead) device.verify();
  return device;
}

/**
 * Cuts the power four times in a row, the first time anywhere in two laps, then soon after each start, with sectors
 * that fail and bits that flip in between when `faults` is set; then has the device work on. Throws when anything is wrong.
 */
export function cutInARow(seed: number, faults: boolean): void {
  const random = randomNumbers(seed);
  const flash = new NorFlash(cutSectors, seed);
  for (let boot = 1; boot <= 4; boot += 1) {
    flash.powerOn();
    flash.cutAfter(Math.floor((boot === 1 ? 400 : 30) * random()), cutOutcomes[Math.floor(3 * random())]);
    // One sector in all: the rings fill what the others hold.
    if (faults && boot === 2) flash.failingPrograms.add(Math.floor(cutSectors * random()));
    const device = new CutDevice(flash, boot);
    while (!flash.dead && device.blocks < 400) device.run(5);
    if (!flash.dead) throw new Error(`no cut in boot ${boot}`);
  }
  restart(flash, 5, 120);
}
