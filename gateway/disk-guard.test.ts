import { systemClock } from '@sluice/common/clock';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { DiskGuard, type DiskGuardSettings, diskOf } from './disk-guard';

function guard(used: number, settings: Partial<DiskGuardSettings> = {}) {
  const names = Array.from({ length: 12 }, (_, index) => `file ${index + 1}`);
  const deleted: string[] = [];
  const made = new DiskGuard<string>({
    files: {
      list: () => names.filter((name) => !deleted.includes(name)),
      bytes: () => 60,
      discard: async (name) => {
        deleted.push(name);
      },
    },
    disk: async () => ({ used, total: 100 }),
    settings: { captureDisabled: false, ...settings },
    clock: systemClock,
    log: pino({ level: 'silent' }),
  });
  return { made, deleted };
}

it('deletes every fifth file, in order of age, when the disk is full of captured data', async () => {
  const { made, deleted } = guard(90);
  expect(await made.check()).toBe(2);
  expect(deleted).toEqual(['file 5', 'file 10']);
});

it('goes by delete_every_nth_when_disk_full', async () => {
  const { made, deleted } = guard(95, { everyNth: 4 });
  await made.check();
  expect(deleted).toEqual(['file 4', 'file 8', 'file 12']);
});

it.each([
  ['the disk has room', 89, {}],
  ['the capture directory is less than half of what is used', 90, { directoryThreshold: 0.7 }],
  ['capture is disabled', 95, { captureDisabled: true }],
])('deletes nothing when %s', async (_, used, settings) => {
  const { made, deleted } = guard(used, settings);
  expect(await made.check()).toBe(0);
  expect(deleted).toEqual([]);
});

it('knows how full a disk is', async () => {
  const { used, total } = await diskOf('.');
  expect(used).toBeGreaterThan(0);
  expect(used).toBeLessThanOrEqual(total);
});
