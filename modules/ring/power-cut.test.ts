/**
 * Cuts the power at every flash operation of a workload that goes several times around a small partition: before it,
 * in the middle of it, right after it. Then the device starts again, from flash as the cut left it, and works on.
 */
import { describe, expect, test } from 'vitest';
import { seed } from '../../test/chance';
import { headerEpoch, sectorHeaderIsRight } from './format';
import { NorFlash } from './nor-flash.node.js';
import { CutDevice, cutInARow, cutOutcomes, cutSectors, restart } from './power-cut-scenario.node.js';

function copyOf(flash: NorFlash, seed: number): NorFlash {
  const copy = new NorFlash(flash.sectors, seed);
  copy.bytes.set(flash.bytes);
  copy.wear.set(flash.wear);
  return copy;
}

/** The newest epoch on flash, by reading every header. */
function newestEpoch(flash: NorFlash): number {
  const words = new Int32Array(11);
  const bytes = new Uint8Array(words.buffer);
  let newest = 0;
  for (let sector = 0; sector < flash.sectors; sector += 1) {
    bytes.set(flash.bytes.subarray(4096 * sector, 4096 * sector + 44));
    if (sectorHeaderIsRight(words, 0)) newest = Math.max(newest, words[headerEpoch]);
  }
  return newest;
}

describe('a power cut', () => {
  test('at any flash operation, however much of it took place, leaves a partition that works on', () => {
    const laps = 3;
    const source = new NorFlash(cutSectors);
    let cuts = 0;
    let wrongHead = 0;
    let restartedBlocks = 0;
    // A twin of the device runs one operation further each time, from a copy of the flash before it.
    const operations = operationsOf(laps);
    for (let operation = 0; operation < operations.length; operation += 1)
      for (const outcome of cutOutcomes) {
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
      `power cuts: ${operations.length} operations (${laps} laps of ${cutSectors} sectors) × ${cutOutcomes.length} outcomes = ` +
        `${cuts} cuts, ${restartedBlocks} blocks after them, all right; every mount found the newest sector`,
    );
    expect(wrongHead).toBe(0);
  });

  test('and another one while it works on are survived as well', () => {
    const rows = 400;
    for (let row = 0; row < rows; row += 1) cutInARow(seed + row, (seed + row) % 2 === 1);
    console.log(
      `power cuts: ${rows} rows of 4 cuts each, half with a failing sector, from seed ${seed} on, all right`,
    );
  });
});

/** The flash operations of a workload of some laps, each as a function that repeats it. */
function operationsOf(laps: number): ((flash: NorFlash) => void)[] {
  const operations: ((flash: NorFlash) => void)[] = [];
  const flash = new NorFlash(cutSectors);
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
  const device = new CutDevice(flash, 1);
  while (Math.min(...flash.wear) < laps) device.run(1);
  device.verify();
  return operations;
}
