/** Without flash for readings: every collector runs, in what the RAM gives. */
import { afterEach, describe, expect, test } from 'vitest';
import { constant, noise, toggle } from '../../host-sim/signals';
import { FlashLog } from '../ring/flash-log';
import { sectorBytes } from '../ring/format';
import { asOfLater } from '../ring/later-format.node.js';
import { NorFlash } from '../ring/nor-flash.node.js';
import { isWhole, testBlock } from '../ring/test-blocks.node.js';
import { analog, board, gpio, TestDevice, type TestDeviceOptions } from './test-device.node';

const open: TestDevice[] = [];
afterEach(async () => {
  for (const device of open.splice(0)) await device.close();
});

async function start(options: TestDeviceOptions): Promise<TestDevice> {
  const device = await TestDevice.start({ network: { accessPoints: [] }, pins: signals, ...options });
  open.push(device);
  return device;
}

const minute = 60_000;
const readers = [0, 1, 2, 3, 4];
const pins = [5, 6, 7, 10, 18];
/** Of ten collectors, each with a cache that alone is more than the RAM has. */
const part = board(readers, pins, [
  ...readers.map((pin) => analog(pin, 50, 20)),
  ...pins.map((pin) => gpio(pin, 10, 20)),
]);
const signals = Object.fromEntries([
  ...readers.map((pin) => [pin, [constant(2_000), noise(100, pin)]]),
  ...pins.map((pin) => [pin, toggle(0.37)]),
]);
const count = readers.length + pins.length;

/** A partition in which a later firmware has written. */
function writtenLater(sectors: number): Buffer {
  const flash = new NorFlash(sectors);
  const log = new FlashLog({ isWhole, flash, boot: { counter: 1, random: 7 }, headBytes: 0 });
  const ring = log.openRing({ stream: 0, quota: 20_000 });
  for (let block = 0; block < 40; block++)
    ring.block(testBlock(0, block, 500), 500, block, 100, 1000 * block, 1000 * block + 990);
  return Buffer.from(asOfLater(flash.bytes));
}

async function checkRunsAll(device: TestDevice): Promise<void> {
  await device.run(minute);
  await device.deliver();
  const { streams } = await device.status();
  expect(streams.length).toBe(count);
  for (const { number, captured, missed, failed, overwritten, discarded } of streams) {
    expect(captured).toBeGreaterThan(500);
    expect(missed + failed + overwritten + discarded).toBe(0);
    // Half a second ago everything was delivered.
    expect(captured - device.readings(number).length).toBeLessThan(50);
  }
}

describe('every collector runs', () => {
  test('while flash holds what a later firmware left: that is named, and stays as it is', async () => {
    const device = await start({
      part,
      sync: 2_000,
      reboots: 'manual',
      flash: { partitions: { capture: 64 * sectorBytes } },
    });
    const { flash } = device.device;
    const later = writtenLater(64);
    await device.device.powerCut();
    flash.write('capture', later);
    device.blocks.length = 0;
    await device.device.reboot();
    const { problems } = await device.status();
    expect(problems).toEqual(['flash-format at $']);
    await checkRunsAll(device);
    expect(flash.read('capture').equals(later)).toBe(true);
  });

  test('where there is no partition for it: that is named', async () => {
    const device = await start({ part, sync: 2_000, flash: { partitions: {} } });
    const { problems } = await device.status();
    expect(problems).toEqual(['no-partition at $']);
    await checkRunsAll(device);
  });

  test('through half an hour without an uplink: what does not fit is counted, and each keeps its newest', async () => {
    const device = await start({ part, flash: { partitions: {} } });
    await device.run(30 * minute);
    await device.deliver();
    const { streams } = await device.status();
    expect(streams.length).toBe(count);
    let lost = 0;
    for (const { number, captured, acknowledged, overwritten, stored } of streams) {
      expect(acknowledged + overwritten + stored).toBe(captured);
      lost += overwritten;
      expect(device.readings(number).at(-1)!.received).toBeGreaterThan(30 * minute - 1_000);
    }
    expect(lost).toBeGreaterThan(0);
  });
});
