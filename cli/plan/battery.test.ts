import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { batteryLife, readCurrents, usualCurrents } from './battery';
import type { CollectorEstimate } from './capacity';

const hour = 3_600_000;
const slow = { collectors: [{ cacheSeconds: 86_400 } as CollectorEstimate], bytesPerSecond: 1 };
const chip = { board: { captures: 10, radio: 100, sends: 200 } };

test('a radio that is always on takes what it takes', () => {
  const [life] = batteryLife(slow, { interval: 6_000 }, chip, 2_400);
  expect(life!.radioShare).toBe(1);
  expect(life!.milliamperes).toBeCloseTo(100, 1);
  expect(life!.days).toBeCloseTo(1, 2);
});

test('on duty the mean current is little more than that of capture', () => {
  const [life] = batteryLife(slow, { interval: hour, duty: { share: 0.7 } }, chip, 2_400);
  expect(life!.radioShare).toBeCloseTo(5.5 / 3_600 + 1 / 40_000, 6);
  expect(life!.milliamperes).toBeCloseTo(10.14, 2);
  expect(life!.days).toBeCloseTo(9.86, 2);
});

test('a ring that fills before its time is what wakes the radio', () => {
  const quick = { collectors: [{ cacheSeconds: 100 } as CollectorEstimate], bytesPerSecond: 10 };
  const [life] = batteryLife(quick, { interval: hour, duty: { share: 0.5 } }, chip, 2_400);
  expect(life!.radioShare).toBeCloseTo(5.5 / 50 + 10 / 40_000, 6);
});

test('the table is the user’s, and what is wrong with it is named', () => {
  expect(Object.keys(readCurrents(usualCurrents))).toEqual(['esp32', 'esp32c3', 'esp32s3']);
  const directory = mkdtempSync(join(tmpdir(), 'sluice-currents-'));
  try {
    const path = join(directory, 'mine.json');
    writeFileSync(path, JSON.stringify({ board: { captures: 12, radio: 90, sends: 'much' } }));
    expect(() => readCurrents(path)).toThrow(/board\.sends/);
    writeFileSync(path, JSON.stringify(chip));
    expect(readCurrents(path)).toEqual(chip);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
