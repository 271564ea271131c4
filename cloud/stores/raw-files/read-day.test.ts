import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { NodeStorage } from '@sluice/common/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { daysByDevice, listDays } from './read-day';

const storage = new NodeStorage();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-days-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('days come by project, device and date; two files of a day are one, and others none', async () => {
  for (const path of [
    'b/esp-2026-03-01.json',
    'a/esp-2-2026-03-01.json',
    'a/esp-2026-03-02.sluice',
    'a/esp-2026-03-02.json',
    'a/esp-2026-03-01.json',
    'a/esp-2026-03-01.json.tmp',
  ]) {
    await mkdir(join(directory, path, '..'), { recursive: true });
    await writeFile(join(directory, path), '');
  }
  await writeFile(join(directory, 'note'), '');
  const named = async (of: object) =>
    (await listDays(storage, directory, of)).map(({ appId, devId, date }) => `${appId}/${devId} ${date}`);
  const ofA = ['a/esp 2026-03-01', 'a/esp 2026-03-02', 'a/esp-2 2026-03-01'];
  expect(await named({})).toEqual([...ofA, 'b/esp 2026-03-01']);
  expect(await named({ appId: 'a' })).toEqual(ofA);
  expect(await named({ appId: 'a', devId: 'esp-2' })).toEqual(ofA.slice(2));
  expect(await named({ appId: 'none' })).toEqual([]);
});

test('whoever asks for all of a year of a thousand devices lets others to the event loop meanwhile', async () => {
  const many = Object.create(storage) as NodeStorage;
  many.list = async () => [{ name: 'app', directory: true }];
  many.status = async () => ({ size: 0, modified: 0, directory: true });
  many.entries = async function* () {
    const begin = Date.parse('2025-01-01T00:00:00Z');
    for (let day = 364; day >= 0; day--) {
      const date = new Date(begin + day * 86_400_000).toISOString().slice(0, 10);
      for (let device = 0; device < 1_000; device++)
        yield { name: `esp-${device}-${date}.json`, directory: false };
      await setImmediate();
    }
  };
  let turns = 0;
  let isOver = false;
  const count = async () => {
    for (; !isOver; turns++) await setImmediate();
  };
  const counting = count();
  let listed = 0;
  let listing = 0;
  for await (const days of daysByDevice(many, directory, {})) {
    if (listed === 0) listing = turns;
    listed += days.length;
  }
  isOver = true;
  await counting;
  expect(listed).toBe(365_000);
  expect(turns - listing).toBeGreaterThan(60);
});
