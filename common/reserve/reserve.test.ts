import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StrictDisk } from '../storage/strict-disk';
import { Reserve } from './index';

const path = '/home/state/reserve';
const bytes = 10_000;
let disk: StrictDisk;
let problems: Error[];

async function open(): Promise<Reserve> {
  const storage = disk.mount();
  await storage.makeDirectory('/home/state');
  await storage.syncDirectory('/home');
  return new Reserve({
    path,
    storage,
    bytes,
    quiet: 60_000,
    onProblem: (_, problem) => problems.push(problem),
  });
}

const onDisk = async () => (await disk.mount().status(path))?.size ?? 0;

async function write(name: string, length: number): Promise<void> {
  const file = await disk.mount().open(`/home/state/${name}`);
  try {
    await file.append([new Uint8Array(length)]);
  } finally {
    await file.close();
  }
}

beforeEach(() => {
  disk = new StrictDisk();
  problems = [];
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => void vi.useRealTimers());

test('is taken once, also after the power was cut', async () => {
  await (await open()).refill();
  disk.kill({ power: true });
  expect(await onDisk()).toBe(bytes);
  const { used } = disk;
  await (await open()).refill();
  expect([await onDisk(), disk.used]).toEqual([bytes, used]);
});

test('is lent on a full disk alone, and what fails in it fails as itself', async () => {
  const reserve = await open();
  await reserve.refill();
  await reserve.lend(async () => expect(await onDisk()).toBe(bytes));
  disk.capacity = disk.used;
  await expect(write('one', 5_000)).rejects.toMatchObject({ code: 'ENOSPC' });
  await reserve.lend(() => write('two', 5_000));
  expect(await onDisk()).toBe(0);
  await expect(reserve.lend(() => write('three', 50_000))).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(problems).toEqual([]);
});

test('is not filled while somebody is in it', async () => {
  const reserve = await open();
  await reserve.refill();
  disk.capacity = disk.used;
  await reserve.lend(async () => {
    vi.advanceTimersByTime(120_000);
    await reserve.refill();
    expect(await onDisk()).toBe(0);
    await write('two', 2_000);
  });
  expect(await onDisk()).toBe(0);
});

test('is filled when nobody has needed it for a minute: with half of what is left, and the rest when there is room', async () => {
  const reserve = await open();
  await reserve.refill();
  disk.capacity = disk.used;
  await reserve.lend(() => write('two', 2_000));
  vi.advanceTimersByTime(59_000);
  await reserve.refill();
  expect(await onDisk()).toBe(0);
  vi.advanceTimersByTime(2_000);
  await reserve.refill();
  expect(await onDisk()).toBe(4_000);
  disk.capacity = Number.POSITIVE_INFINITY;
  await reserve.refill();
  expect(await onDisk()).toBe(bytes);
});

test('of the life before is lent to a start', async () => {
  await (await open()).refill();
  disk.kill({ power: true });
  disk.capacity = disk.used;
  const reserve = await open();
  await reserve.lend(() => write('start', bytes));
  expect(await onDisk()).toBe(0);
});

test('grows when it is to have more, never shrinks, and is lent whole to the next start', async () => {
  let reserve = await open();
  await reserve.refill();
  reserve.grow(3 * bytes);
  reserve.grow(2 * bytes);
  await reserve.refill();
  expect(await onDisk()).toBe(3 * bytes);
  disk.kill({ power: true });
  disk.capacity = disk.used + 2 * bytes;
  reserve = await open();
  await reserve.refill();
  expect(await onDisk()).toBe(3 * bytes);
  await reserve.lend(() => write('start', 4 * bytes));
});

test('that the disk does not give is told, and tried again', async () => {
  const reserve = await open();
  disk.fault = ({ kind }) => (kind === 'append' ? 'EIO' : undefined);
  await reserve.refill();
  expect(problems).toHaveLength(1);
  delete disk.fault;
  await reserve.refill();
  expect(await onDisk()).toBe(bytes);
});
