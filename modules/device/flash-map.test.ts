import { expect, test } from 'vitest';
import type { CircularLog } from '../ring/circular-log';
import { FlashLog } from '../ring/flash-log';
import { NorFlash } from '../ring/nor-flash.node';
import { isWhole, testBlock } from '../ring/test-blocks.node';
import { type FlashMap, flashMapPieces } from './flash-map';

const sectors = 96;

function mapFlash(log: CircularLog, from: unknown): FlashMap {
  const pieces = flashMapPieces(log, from);
  let text = '';
  for (let done: boolean | undefined = false; !done; ) {
    const next = pieces.next();
    text += next.value;
    done = next.done;
  }
  return JSON.parse(text) as FlashMap;
}

/** Writes blocks through a ring that is never acknowledged, straight to flash. */
function written(flash: NorFlash, blocks: number): FlashLog {
  const log = new FlashLog({ flash, boot: { counter: 1, random: 7 }, headBytes: 0, isWhole });
  const ring = log.openRing({ stream: 0, quota: 100_000 });
  for (let sequence = 0; sequence < blocks; sequence += 1) {
    ring.block(testBlock(0, sequence, 500), 500, sequence, 100, sequence * 1000, sequence * 1000 + 990);
  }
  return log;
}

function whole(log: FlashLog): FlashMap {
  const first = mapFlash(log.log, undefined);
  const second = mapFlash(log.log, first.epochs.length);
  expect(second.from).toBe(first.epochs.length);
  return {
    ...first,
    epochs: [...first.epochs, ...second.epochs],
    wear: [...first.wear, ...second.wear],
    live: [...first.live, ...second.live],
  };
}

test('shows every sector with its place in the log and the blocks that count in it', () => {
  const map = whole(written(new NorFlash(sectors), 300));
  expect(map).toMatchObject({ sectors, sectorBytes: 4096, from: 0 });
  expect(map.epochs).toHaveLength(sectors);
  const used = map.epochs.filter((epoch) => epoch > 0).sort((a, b) => a - b);
  expect(used).toEqual(used.map((_, index) => used[0]! + index));
  // 100,000 B of blocks of 500 B, but for what has not filled a page yet.
  expect(map.live.reduce((sum, live) => sum + live, 0)).toBeGreaterThan(190);
});

test('shows the erases that the flash has seen', () => {
  const flash = new NorFlash(sectors);
  const map = whole(written(flash, 3000));
  expect(Math.max(...map.wear)).toBeGreaterThan(1);
  for (const [sector, epoch] of map.epochs.entries()) {
    if (epoch > 0) expect(map.wear[sector]).toBe(flash.wear[sector]);
  }
});

test('names a failed sector', () => {
  const flash = new NorFlash(sectors);
  flash.failingErases.add(5);
  expect(whole(written(flash, 3000)).wear[5]).toBe(-1);
});

test('begins anew where there is no such sector', () => {
  expect(mapFlash(written(new NorFlash(sectors), 1).log, 1e9).from).toBe(0);
});
