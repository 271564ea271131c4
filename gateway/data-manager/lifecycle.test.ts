/** What viam-server's own tests ask of a data manager over its life, of ours. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@sluice/common/clock';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Item } from '../outbox/items';
import type { StreamState } from '../outbox/streams';
import { analogs, image } from '../outbox/test-metadata';
import type { Delivery } from '../sync/destination';
import type { DataManager, DataManagerSettings } from './data-manager';
import { openTestManager } from './test-manager';

const away: Delivery = { result: 'again', reason: 'away', of: 'destination' };
const stream = {
  ...analogs,
  part: 'main',
  resource: 'rdk:component:sensor/s',
  method: 'Readings',
  kind: 'record' as const,
};

let root: string;
let manager: DataManager;
let delivered: Item[];
let answer: (item: Item) => Promise<Delivery>;
/** What is due in half a minute: looks at the disk, checkpoints. */
let looks: (() => void)[];

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-life-'));
  delivered = [];
  looks = [];
  answer = async () => ({ result: 'delivered' });
});
afterEach(async () => {
  await manager.close();
  await fs.rm(root, { recursive: true });
});

const clock: Clock = {
  ...systemClock,
  after: (delay, action) => {
    if (delay !== 30_000) return systemClock.after(delay, action);
    looks.push(action);
    return () => undefined;
  },
};

function settings(change: Partial<DataManagerSettings> = {}): DataManagerSettings {
  return {
    sync: { disabled: false, interval: 20, threads: 1 },
    disk: { captureDisabled: false },
    additionalPaths: { paths: [], untouchedFor: 0, tags: [] },
    ...change,
  };
}
const disabled = { sync: { disabled: true, interval: 20, threads: 1 } };

async function open(change: Partial<DataManagerSettings> = {}): Promise<void> {
  const deliver = async (item: Item) => {
    const delivery = await answer(item);
    if (delivery.result === 'delivered') delivered.push(item);
    return delivery;
  };
  manager = await openTestManager(root, settings(change), deliver, { clock });
  manager.start();
}

/** Appends the next block of a stream, durably. */
async function append(state: StreamState): Promise<void> {
  const { next } = state;
  const bytes = new Uint8Array(200).fill(next);
  const block = { sequence: next, readings: 10, start: 100 * next, end: 100 * next + 90, bytes };
  expect(manager.outbox.append(state, block, 1_000_000)).toBe('taken');
  await until(() => expect(state.durable).toBe(next + 1));
}

/** A disk may be slow. */
const until = (assertion: () => void) => vi.waitFor(assertion, 20_000);
const pause = () => new Promise((resolve) => setTimeout(resolve, 150));
const kinds = () => delivered.map(({ type }) => type).sort();

test('what an earlier run left stays while the cloud is away, and goes by schedule when it is there', async () => {
  await open(disabled);
  await append(manager.outbox.declare(stream));
  await manager.outbox.binary(image, Buffer.from('x'));
  await manager.close();
  answer = async () => away;
  await open();
  await until(() => expect(manager.sync.state.failures).toBeGreaterThan(0));
  expect(manager.outbox.waitingItems).toBe(2);
  await manager.close();
  answer = async () => ({ result: 'delivered' });
  await open();
  await until(() => expect(manager.outbox.waitingItems).toBe(0));
  expect(kinds()).toEqual(['binary', 'blocks']);
});

test('sync that is switched while the cloud is away delivers nothing, and capture goes on', async () => {
  answer = async () => away;
  await open();
  const state = manager.outbox.declare(stream);
  await append(state);
  for (const change of [disabled, {}, disabled]) {
    manager.configure(settings(change));
    await append(state);
    await pause();
  }
  expect({ delivered, durable: state.durable }).toEqual({ delivered: [], durable: 4 });
  answer = async () => ({ result: 'delivered' });
  await pause();
  expect(delivered).toEqual([]);
  manager.configure(settings());
  await until(() => expect(delivered.length).toBeGreaterThan(0));
  await until(() => expect(manager.outbox.waitingItems).toBe(0));
});

test('a stream without a reading is no file, and nothing of it is delivered', async () => {
  await open();
  manager.outbox.declare(stream);
  await manager.syncNow();
  expect(delivered).toEqual([]);
  const files = await fs.readdir(join(root, 'capture'), { recursive: true });
  expect(files.filter((name) => name.endsWith('.sluice') || name.endsWith('.prog'))).toEqual(['.sluice']);
});

test('a full disk takes neither what is delivered just now, nor what is written, nor what is not ours', async () => {
  let release = (): void => undefined;
  answer = () => new Promise((resolve) => (release = () => resolve({ result: 'delivered' })));
  const full = { captureDisabled: false, diskThreshold: 0, directoryThreshold: 0, everyNth: 1 };
  await open({ ...disabled, disk: full });
  for (const name of ['first', 'second']) await manager.outbox.binary(image, Buffer.from(name));
  const state = manager.outbox.declare(stream);
  const foreign = join(root, 'capture', 'notes.sluice');
  await fs.writeFile(foreign, 'not ours');
  const asked = manager.syncNow();
  await until(() =>
    expect([...manager.outbox.waiting()].some((each) => manager.sync.isDelivering(each))).toBe(true),
  );
  await append(state);
  for (const look of looks.splice(0)) look();
  await until(() => expect(manager.outbox.waitingItems).toBe(1));
  release();
  await asked;
  expect(delivered).toHaveLength(1);
  expect(await fs.readFile(foreign, 'utf8')).toBe('not ours');
  answer = async () => ({ result: 'delivered' });
  await manager.syncNow();
  expect(kinds()).toEqual(['binary', 'blocks']);
  expect(manager.account().cloud).toMatchObject({ received: 12, delivered: 11, deleted: 1, stored: 0 });
});

test('what was set aside goes for want of room as well, and what is open counts for how much there is', async () => {
  answer = async () => ({ result: 'refused', reason: 'no pictures here' });
  const full = { captureDisabled: false, diskThreshold: 0, directoryThreshold: 0, everyNth: 1 };
  await open({ ...disabled, disk: full });
  await manager.outbox.binary(image, Buffer.from('first'));
  await manager.syncNow();
  expect(manager.account().cloud).toMatchObject({ setAside: 1, deleted: 0 });
  expect(manager.outbox.bytes).toBeGreaterThan(5);
  for (const look of looks.splice(0)) look();
  await until(() => expect(manager.account().cloud).toMatchObject({ setAside: 0, deleted: 1, stored: 0 }));
  expect(await fs.readdir(join(root, 'capture/failed'), { recursive: true })).not.toContainEqual(
    expect.stringContaining('.binary'),
  );
  const before = manager.outbox.bytes;
  await append(manager.outbox.declare(stream));
  await until(() => expect(manager.outbox.bytes).toBeGreaterThan(before + 199));
});

test('what the sync comes to while others are deleted for want of room is delivered, and not deleted', async () => {
  let release = (): void => undefined;
  answer = async (item) => {
    if (item.file.discarding) return { result: 'gone' };
    return new Promise((resolve) => (release = () => resolve({ result: 'delivered' })));
  };
  const full = { captureDisabled: false, diskThreshold: 0, directoryThreshold: 0, everyNth: 1 };
  await open({ ...disabled, disk: full });
  for (let number = 0; number < 20; number++) await manager.outbox.binary(image, Buffer.from(`${number}`));
  let asked: Promise<unknown> | undefined;
  // By the time of the first deletion the list was made.
  manager.outbox.events.on('settled', ({ fate }) => {
    if (fate === 'deleted') asked ??= manager.syncNow();
  });
  for (const look of looks.splice(0)) look();
  await until(() => expect(manager.outbox.waitingItems).toBe(1));
  release();
  await asked;
  expect(delivered).toHaveLength(1);
  expect(manager.account().cloud).toMatchObject({ received: 20, delivered: 1, deleted: 19, stored: 0 });
});

test('maximum_capture_file_size_bytes is taken over while it runs: many blocks a file, then one', async () => {
  await open(disabled);
  const state = manager.outbox.declare(stream);
  for (let count = 0; count < 5; count++) await append(state);
  await manager.syncNow();
  expect(delivered).toHaveLength(1);
  manager.configure(settings({ ...disabled, maximumFileBytes: 1 }));
  for (let count = 0; count < 3; count++) await append(state);
  await manager.syncNow();
  expect(delivered).toHaveLength(4);
});
