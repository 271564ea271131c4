/** Complete files that are in memory alone: the disk never sees those that are delivered before a checkpoint. */
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { StrictDisk } from '../../common/storage/strict-disk';
import { Outbox, type OutboxOptions } from './outbox';
import { analogs } from './test-metadata';
import { waitingBlocks } from './test-waiting';

const path = '/capture';
const open = (disk: StrictDisk, options: Partial<OutboxOptions> = {}) =>
  Outbox.open({ path, storage: disk.mount(), ...options });

/** Gives each of so many streams its next block, and waits until all are durable. */
async function fill(outbox: Outbox, streams = 1): Promise<void> {
  const states = Array.from({ length: streams }, (_, stream) => outbox.declare({ ...analogs, stream }));
  let left = streams;
  const durable = new Promise<void>((resolve) => {
    const end = outbox.events.on('durable', ({ blocks }) => {
      left -= blocks.length;
      if (left > 0) return;
      end();
      resolve();
    });
  });
  for (const state of states) {
    const { next: sequence } = state;
    const times = { start: sequence * 10, end: sequence * 10 + 9 };
    outbox.append(state, { sequence, readings: 5, ...times, bytes: new Uint8Array(90) }, 5_000);
  }
  await durable;
}

/** Names of the capture files that the disk has. */
async function filesOn(disk: StrictDisk): Promise<string[]> {
  const names = await disk.mount().list(join(path, 'rdk_component_board/esp:b/Analogs'));
  return names.map(({ name }) => name);
}

const counted = (outbox: Outbox) => {
  const { received, delivered, deleted, stored } = outbox.account()[0]!;
  return [received, delivered, deleted, stored].map(({ blocks }) => blocks);
};

test('what is delivered before a checkpoint is never a file, and is not back after any death', async () => {
  for (const power of [false, true]) {
    const disk = new StrictDisk();
    const outbox = await open(disk);
    await fill(outbox, 20);
    await outbox.complete();
    expect(outbox.waitingItems).toBe(20);
    const [item] = [...outbox.waiting()];
    let bytes = 0;
    for await (const piece of (await outbox.content(item!))!.pieces()) bytes += piece.length;
    expect(bytes).toBe(item!.bytes);
    for (const each of outbox.waiting()) await outbox.delivered(each, 'cloud');
    expect(await filesOn(disk)).toEqual([]);
    expect(counted(outbox)).toEqual([20, 20, 0, 0]);
    disk.kill({ power });
    const next = await open(disk);
    expect(await waitingBlocks(next)).toEqual([]);
    expect(counted(next)).toEqual([20, 20, 0, 0]);
    await next.close();
    expect(await filesOn(disk)).toEqual([]);
  }
});

test('nor is its directory made, which a checkpoint would have to sync', async () => {
  const disk = new StrictDisk();
  const outbox = await open(disk);
  await fill(outbox, 20);
  await outbox.complete();
  const names = async () => (await disk.mount().list(path)).map(({ name }) => name);
  expect(await names()).toEqual(['.sluice']);
  for (const each of outbox.waiting()) await outbox.delivered(each, 'cloud');
  await outbox.checkpoint();
  expect(await names()).toEqual(['.sluice']);
  await outbox.close();
});

test('most of what is durable is brought from the log before anybody asks for complete files', async () => {
  const disk = new StrictDisk();
  const outbox = await open(disk);
  const readDuring = async (action: () => Promise<unknown>) => {
    let reads = 0;
    disk.fault = ({ kind, path: of }) => {
      if (kind === 'read' && of.includes('/log/')) reads++;
      return undefined;
    };
    await action();
    return reads;
  };
  const before = await readDuring(async () => {
    for (let round = 0; round < 20; round++) await fill(outbox, 200);
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
  const asked = await readDuring(() => outbox.complete());
  expect(before).toBeGreaterThan(5);
  expect(asked).toBeLessThanOrEqual(1);
  expect([...outbox.waiting()].map(({ blocks }) => blocks)).toEqual(new Array(200).fill(20));
  await outbox.close();
});

test('what is complete in memory comes back from the log after any death', async () => {
  for (const power of [false, true]) {
    const disk = new StrictDisk();
    const outbox = await open(disk);
    await fill(outbox, 3);
    await outbox.complete();
    expect(await filesOn(disk)).toEqual([]);
    disk.kill({ power });
    const next = await open(disk);
    expect(await waitingBlocks(next)).toEqual(['0/0', '1/0', '2/0']);
    expect(counted(next)).toEqual([3, 0, 0, 3]);
    await next.close();
  }
});

test('a checkpoint writes what is complete in memory, under the name that it has', async () => {
  const disk = new StrictDisk();
  const outbox = await open(disk);
  await fill(outbox);
  await outbox.complete();
  const [item] = [...outbox.waiting()];
  await outbox.checkpoint();
  expect((await filesOn(disk)).map((name) => join(dirname(item!.key), name))).toEqual([item!.key]);
  disk.kill({ power: true });
  const next = await open(disk);
  expect([...next.waiting()].map(({ key }) => key)).toEqual([item!.key]);
  expect(await waitingBlocks(next)).toEqual(['0/0']);
  await next.close();
});

test('files that are completed while a checkpoint writes are in the log or on the disk when it is made', async () => {
  for (let pause = 0; pause < 60; pause += 3) {
    const disk = new StrictDisk(pause);
    const outbox = await open(disk);
    await fill(outbox, 10);
    await outbox.checkpoint();
    await fill(outbox, 10);
    const made = outbox.checkpoint();
    for (let turn = 0; turn < pause; turn++) await Promise.resolve();
    await outbox.complete();
    await made;
    disk.kill({ power: true });
    const next = await open(disk);
    expect(await waitingBlocks(next), `after ${pause} turns`).toHaveLength(20);
    await next.close();
  }
});

test('a sync that wants complete files does not wait for a checkpoint that writes others', async () => {
  const disk = new StrictDisk();
  const outbox = await open(disk);
  await fill(outbox, 50);
  let opened = 0;
  disk.pause = ({ kind, path: of }) =>
    kind === 'open' && /\.(prog|sluice)$/.test(of)
      ? new Promise((resolve) => setTimeout(resolve, 2, opened++))
      : undefined;
  const made = outbox.checkpoint();
  while (opened === 0) await new Promise((resolve) => setImmediate(resolve));
  await outbox.complete();
  expect(outbox.waitingItems).toBe(50);
  expect(opened).toBeLessThan(50);
  await made;
  expect(opened).toBeGreaterThanOrEqual(50);
  await outbox.close();
});

test('beyond their bound, and on a disk that is nearly full, complete files are written at once', async () => {
  const disk = new StrictDisk();
  const bounded = await open(disk, { heldBytes: 1_500 });
  await fill(bounded, 3);
  await bounded.complete();
  expect(await filesOn(disk)).toHaveLength(0);
  await fill(bounded, 3);
  await bounded.complete();
  expect(await filesOn(disk)).toHaveLength(6);
  await bounded.close();
  const full = await open(disk);
  await fill(full);
  disk.capacity = disk.used + 100_000;
  await full.complete();
  expect(await filesOn(disk)).toHaveLength(7);
  await full.close();
});

test('a file that could be written in part only is delivered whole, and leaves nothing', async () => {
  const disk = new StrictDisk();
  const outbox = await open(disk);
  await fill(outbox);
  await outbox.complete();
  disk.fault = ({ kind, path: of }) => (kind === 'append' && of.endsWith('.sluice') ? 'ENOSPC' : undefined);
  await outbox.checkpoint();
  delete disk.fault;
  expect(await filesOn(disk)).toHaveLength(1);
  expect(await waitingBlocks(outbox)).toEqual(['0/0']);
  await outbox.delivered([...outbox.waiting()][0]!, 'cloud');
  expect(await filesOn(disk)).toEqual([]);
  await outbox.close();
});

test('an item of which one destination of two knows is durable before that is noted', async () => {
  const disk = new StrictDisk();
  const destinations = ['cloud', 'broker'];
  const outbox = await open(disk, { destinations });
  await fill(outbox);
  await outbox.complete();
  await outbox.delivered([...outbox.waiting()][0]!, 'cloud');
  disk.kill({ power: true });
  const next = await open(disk, { destinations });
  expect([...next.waiting('cloud')]).toEqual([]);
  expect([...next.waiting('broker')]).toHaveLength(1);
  await next.close();
});
