import { expect, test } from 'vitest';
import { decodeBlock } from '../block/decoder';
import { IntegerEncoder } from '../block/integer-encoder';
import { FlashLog } from './flash-log';
import { NorFlash, randomNumbers } from './nor-flash.node.js';

test('blocks of modules/block come back from flash as they were encoded, and damaged ones do not come back', () => {
  const flash = new NorFlash(32);
  const boot = { counter: 3, random: 0x9f00c3a1 };
  const log = new FlashLog({ flash, boot, headBytes: 0 });
  const ring = log.openRing({ stream: 5, quota: 60_000 });
  const encoder = new IntegerEncoder({
    boot,
    stream: 5,
    period: { numerator: 10, denominator: 1 },
    target: 512,
    sink: ring,
  });
  encoder.start(1000);
  const random = randomNumbers(4);
  for (let reading = 0; reading < 60_000; reading += 1) {
    encoder.staged[encoder.count] = 2000 + Math.floor(8 * random());
    encoder.count += 1;
    if (encoder.count === encoder.capacity) encoder.flush();
  }
  encoder.seal();
  const blocks = ring.next;
  expect(blocks).toBeGreaterThan(20);
  const into = new Uint8Array(512);
  let readings = 0;
  for (let sequence = 0; sequence < blocks; sequence += 1) {
    const length = ring.read(sequence, into);
    const block = decodeBlock(into.slice(0, length));
    if (!('count' in block)) throw new Error(block.message);
    expect(block.sequence).toBe(sequence);
    readings += block.count;
  }
  expect(readings).toBe(60_000);
  // Once more with a bit of every sector's middle flipped: some are gone, none is wrong.
  for (let sector = 0; sector < 4; sector += 1) flash.flip(4096 * sector + 2000, 5);
  let gone = 0;
  for (let sequence = 0; sequence < blocks; sequence += 1) {
    const length = ring.read(sequence, into);
    if (length === 0) gone += 1;
    else expect('count' in decodeBlock(into.slice(0, length))).toBe(true);
  }
  expect(gone).toBe(4);
});
