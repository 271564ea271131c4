import { systemClock } from '@sluice/common/clock';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { DiskGuard, type DiskGuardSettings, diskOf } from './disk-guard';

function guard(used: number, settings: Partial<DiskGuardSettings> = {}, bytes = 60) {
  const warnings: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(JSON.parse(line).msg) });
  const names = Array.from({ length: 12 }, (_, index) => `file ${index + 1}`);
  const deleted: string[] = [];
  const made = new DiskGuard<string>({
    files: {
      list: () => names.filter((name) => !deleted.includes(name)),
      bytes: () => bytes,
      discard: async (name) => {
        deleted.push(name);
        return true;
      },
    },
    disk: async () => ({ used, total: 100 }),
    settings: { captureDisabled: false, ...settings },
    clock: systemClock,
    log,
  });
  return { made, deleted, warnings };
}

test('deletes every fifth file, in order of age, when the disk is full of captured data', async () => {
  const { made, deleted } = guard(90);
  expect(await made.check()).toBe(2);
  expect(deleted).toEqual(['file 5', 'file 10']);
});

test('goes by delete_every_nth_when_disk_full', async () => {
  const { made, deleted } = guard(95, { everyNth: 4 });
  await made.check();
  expect(deleted).toEqual(['file 4', 'file 8', 'file 12']);
});

test.each([
  ['the disk has room', 89, {}],
  ['the capture directory is less of what is used than its threshold', 90, { directoryThreshold: 0.7 }],
  ['capture is disabled', 95, { captureDisabled: true }],
])('deletes nothing when %s', async (_, used, settings) => {
  const { made, deleted } = guard(used, settings);
  expect(await made.check()).toBe(0);
  expect(deleted).toEqual([]);
});

test('a disk that others fill is warned of, and nothing is deleted', async () => {
  const { made, deleted, warnings } = guard(90, {}, 44);
  expect(await made.check()).toBe(0);
  expect({ deleted, warnings }).toEqual({
    deleted: [],
    warnings: ['the disk is nearly full, and it is not the capture directory that fills it'],
  });
  expect(await guard(90, {}, 45).made.check()).toBe(2);
  const room = guard(89, {}, 44);
  await room.made.check();
  expect(room.warnings).toEqual([]);
});

test('knows how full a disk is', async () => {
  const { used, total } = await diskOf('.');
  expect(used).toBeGreaterThan(0);
  expect(used).toBeLessThanOrEqual(total);
});
