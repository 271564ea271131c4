import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@sluice/common/clock';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Item } from '../outbox/items';
import { image } from '../outbox/test-metadata';
import type { Delivery } from '../sync/destination';
import type { DataManager, DataManagerSettings } from './data-manager';
import { openTestManager } from './test-manager';

let root: string;
let data: string;
let manager: DataManager;
let delivered: Item[];
/** What the destination answers. */
let answer: (item: Item) => Promise<Delivery>;
let shouldSync: unknown;

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-manager-'));
  data = join(root, 'data');
  await fs.mkdir(data);
  delivered = [];
  answer = async () => ({ result: 'delivered' });
  shouldSync = true;
});
afterEach(async () => {
  await manager.close();
  await fs.rm(root, { recursive: true });
});

function settings(change: Partial<DataManagerSettings> = {}): DataManagerSettings {
  return {
    sync: { disabled: false, interval: 20, threads: 2 },
    disk: { captureDisabled: false },
    additionalPaths: { paths: [data], untouchedFor: 0, tags: [] },
    ...change,
  };
}

async function open(
  change: Partial<DataManagerSettings> = {},
  directory = 'capture',
  limited: { captureLimit: number; clock: Clock } | object = {},
): Promise<void> {
  const deliver = async (item: Item) => {
    const delivery = await answer(item);
    if (delivery.result === 'delivered') delivered.push(item);
    return delivery;
  };
  manager = await openTestManager(root, settings(change), deliver, {
    captureDirectory: join(root, directory),
    readings: async () => ({ should_sync: shouldSync }),
    ...limited,
  });
}

async function file(name: string): Promise<string> {
  const path = join(data, name);
  await fs.writeFile(path, name);
  await fs.utimes(path, 1_000_000, 1_000_000);
  return path;
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it does not come');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 120));

test('what is captured and what lies in additional paths is synced by schedule, then removed', async () => {
  await file('a.txt');
  await open();
  await manager.outbox.binary(image, Buffer.from('x'));
  manager.start();
  await until(() => delivered.length === 2);
  await until(() => manager.outbox.waitingItems === 0);
  while ((await fs.readdir(data)).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('the capture directory keeps to a size that was stated while nothing takes what is in it', async () => {
  answer = async () => ({ result: 'again', of: 'destination', reason: 'away' });
  const looks: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now(),
    wall: () => systemClock.wall(),
    after: (ms, action) => {
      if (ms !== 10_000) return systemClock.after(ms, action);
      looks.push(action);
      return () => undefined;
    },
  };
  const captureLimit = 300_000;
  await open({ sync: { disabled: true, interval: 20, threads: 2 } }, 'capture', { captureLimit, clock });
  manager.start();
  const images = Array.from({ length: 40 }, (_, index) => ({ ...image, requested: index, received: index }));
  for (const each of images) await manager.outbox.binary(each, Buffer.alloc(20_000));
  const { bytes } = manager.outbox;
  expect(bytes).toBeGreaterThan(2 * captureLimit);
  looks.pop()!();
  await until(() => manager.outbox.bytes <= captureLimit);
  const kept = [...manager.outbox.waiting('cloud')].length;
  expect(kept).toBeGreaterThan(5);
  expect(kept).toBeLessThan(16);
  const { deleted, stored } = manager.account().cloud!;
  expect([deleted + stored, stored]).toEqual([40, kept]);
});

test('a manual and a scheduled sync at once deliver nothing twice', async () => {
  for (let i = 0; i < 30; i++) await file(`${i}`);
  answer = async () => ({ result: 'again', reason: 'away', of: 'destination' });
  await open();
  manager.start();
  await Promise.all([manager.syncNow(), manager.syncNow()]);
  expect(delivered).toEqual([]);
  answer = async () => ({ result: 'delivered' });
  for (let i = 0; i < 10; i++) await Promise.all([manager.syncNow(), manager.syncNow()]);
  await manager.syncNow();
  expect(delivered.map(({ key }) => key).sort()).toEqual(
    Array.from({ length: 30 }, (_, i) => join(data, `${i}`)).sort(),
  );
});

test('sync_disabled stops the schedule at once and lets a manual sync go', async () => {
  await open({ sync: { disabled: true, interval: 20, threads: 1 } });
  await file('a');
  manager.start();
  await pause();
  expect(delivered).toEqual([]);
  await manager.syncNow();
  expect(delivered).toHaveLength(1);
  manager.configure(settings());
  await file('b');
  await until(() => delivered.length === 2);
  manager.configure(settings({ sync: { disabled: true, interval: 20, threads: 1 } }));
  await file('c');
  await pause();
  expect(delivered).toHaveLength(2);
});

test('the selective syncer holds the schedule back, never a manual sync', async () => {
  shouldSync = false;
  await open({ selectiveSyncer: 'gps' });
  await file('a');
  manager.start();
  await pause();
  expect(delivered).toEqual([]);
  await manager.syncNow();
  expect(delivered).toHaveLength(1);
  shouldSync = true;
  await file('b');
  await until(() => delivered.length === 2);
});

test('a file that the cloud refuses is kept, with the reason beside it, and is not sent again', async () => {
  await open();
  const path = await file('a.txt');
  answer = async () => ({ result: 'refused', reason: 'too much of it' });
  await manager.syncNow();
  expect(await fs.readFile(join(data, 'failed/a.txt'), 'utf8')).toBe('a.txt');
  expect(await fs.readFile(join(data, 'failed/a.txt.reason.txt'), 'utf8')).toBe('too much of it\n');
  await expect(fs.stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  answer = async () => ({ result: 'delivered' });
  await manager.syncNow();
  expect(delivered).toEqual([]);
});

test('a cloud that fails keeps everything, and each thing arrives once when it works again', async () => {
  await open();
  await file('a');
  await manager.outbox.binary(image, Buffer.from('x'));
  let failures = 3;
  answer = async () =>
    failures-- > 0 ? { result: 'again', reason: 'away', of: 'destination' } : { result: 'delivered' };
  manager.start();
  await until(() => manager.outbox.waitingItems === 0);
  expect(delivered).toHaveLength(2);
});

test('after a change of capture_dir what was captured before is still synced', async () => {
  await open();
  await manager.outbox.binary(image, Buffer.from('before'));
  await manager.close();
  await open({}, 'elsewhere');
  await manager.outbox.binary(image, Buffer.from('after'));
  await manager.syncNow();
  expect(delivered.map(({ file: { path } }) => path.slice(root.length).split('/')[1])).toEqual([
    'capture',
    'elsewhere',
  ]);
});

test('an address of MongoDB that is none is an error of the configuration, and there is no copy', async () => {
  const lines: { msg: string }[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const mongo = { uri: 'nonsense', database: 'sensorData', collection: 'readings' };
  manager = await openTestManager(root, settings({ mongo }), async () => ({ result: 'delivered' }), { log });
  await expect
    .poll(() => lines.map(({ msg }) => msg), { timeout: 10_000 })
    .toEqual(['configuration: mongo_capture_config.uri is of no use']);
  expect(manager.mongo).toBeUndefined();
});
