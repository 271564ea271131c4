/** A disk that others fill up from one moment to the next: the outbox goes on in the room that it has. */
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SmallDisk } from '../../common/storage/strict';
import { StrictDisk } from '../../common/storage/strict-disk';
import { Outbox, type OutboxOptions } from './outbox';
import type { StreamState } from './streams';
import { analogs } from './test-metadata';
import { waitingBlocks } from './test-waiting';

const path = '/capture';
const open = (disk: StrictDisk, options: Partial<OutboxOptions> = {}) =>
  Outbox.open({ path, storage: disk.mount(), ...options });

const streamsOf = (outbox: Outbox, count: number) =>
  Array.from({ length: count }, (_, stream) => outbox.declare({ ...analogs, stream }));

/** Gives a stream its next block; resolves to whether it became durable. */
function give(outbox: Outbox, state: StreamState): Promise<boolean> {
  const { next: sequence } = state;
  return new Promise((resolve) => {
    const ends = [
      outbox.events.on('durable', () => {
        if (state.durable > sequence) end(true);
      }),
      outbox.events.on('failed', () => end(false)),
    ];
    const end = (isDurable: boolean) => {
      for (const each of ends) each();
      resolve(isDurable);
    };
    const times = { start: sequence * 10, end: sequence * 10 + 9 };
    outbox.append(state, { sequence, readings: 5, ...times, bytes: new Uint8Array(500) }, 5_000);
  });
}

const counted = (outbox: Outbox) => {
  let [received, delivered, deleted, stored] = [0, 0, 0, 0];
  for (const of of outbox.account()) {
    received += of.received.blocks;
    delivered += of.delivered.blocks;
    deleted += of.deleted.blocks;
    stored += of.stored.blocks;
  }
  return { received, delivered, deleted, stored };
};

const none = { blocks: 0, readings: 0 };

const captureFiles = async (disk: StrictDisk) =>
  (await disk.mount().list(join(path, 'rdk_component_board/esp:b/Analogs'))).length;

const reserveOn = async (disk: StrictDisk) =>
  (await disk.mount().status(join(path, '.sluice/reserve')))?.size;

test('what is complete in memory is written, and what is deleted of it makes room', async () => {
  for (const power of [false, true]) {
    const disk = new StrictDisk();
    const outbox = await open(disk);
    await outbox.checkpoint();
    for (const state of streamsOf(outbox, 50)) expect(await give(outbox, state)).toBe(true);
    await outbox.complete();
    expect(await captureFiles(disk)).toBe(0);
    disk.capacity = disk.used;
    await outbox.checkpoint();
    expect(await captureFiles(disk)).toBe(50);
    const { used } = disk;
    for (const item of [...outbox.waiting()].filter((_, index) => index % 5 === 4))
      await outbox.discard(item);
    expect(await captureFiles(disk)).toBe(40);
    expect(disk.used).toBeLessThan(used);
    expect(counted(outbox)).toEqual({ received: 50, delivered: 0, deleted: 10, stored: 40 });
    await outbox.checkpoint();
    disk.kill({ power });
    const next = await open(disk);
    expect(await waitingBlocks(next)).toHaveLength(40);
    expect(counted(next)).toEqual({ received: 50, delivered: 0, deleted: 10, stored: 40 });
    await next.close();
  }
});

test('what its destination takes at once needs no more room than there was', async () => {
  const disk = new StrictDisk();
  const journalBytes = 1 << 17;
  const outbox = await open(disk, { journalBytes });
  const states = streamsOf(outbox, 10);
  await outbox.checkpoint();
  disk.capacity = disk.used;
  let taken = 0;
  let refused = 0;
  for (let round = 0; round < 150; round++) {
    for (const state of states) {
      if (await give(outbox, state)) taken++;
      else refused++;
    }
    await outbox.complete();
    for (const item of outbox.waiting()) await outbox.delivered(item, 'cloud');
  }
  // One of each time that the room is used up comes again.
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(taken / 100);
  expect(500 * taken).toBeGreaterThan(5 * journalBytes);
  expect(counted(outbox)).toEqual({ received: taken, delivered: taken, deleted: 0, stored: 0 });
  await outbox.checkpoint();
  disk.kill({ power: true });
  const next = await open(disk);
  expect(counted(next)).toEqual({ received: taken, delivered: taken, deleted: 0, stored: 0 });
  expect(await waitingBlocks(next)).toEqual([]);
  await next.close();
});

test.each([
  ['a full disk, with no room to say so', true],
  ['hand', false],
])('what was set aside and is deleted by %s is counted as deleted after a start', async (_, isFull) => {
  for (const destinations of [['cloud'], ['cloud', 'viam']])
    for (const power of [false, true]) {
      const disk = new StrictDisk();
      const outbox = await open(disk, { destinations });
      // Of one of two collectors whose files lie in one directory.
      const states = ['A1', 'A2'].map((reader_name, stream) =>
        outbox.declare({ ...analogs, parameters: { reader_name }, stream }),
      );
      for (const state of states) expect(await give(outbox, state)).toBe(true);
      await outbox.complete();
      const [first, second] = [...outbox.waiting()];
      await outbox.setAside(first!, 'cloud', 'no');
      if (destinations.length > 1) await outbox.delivered(first!, 'viam');
      await outbox.setAside(second!, 'cloud', 'no');
      await outbox.checkpoint();
      for (const item of [first!, second!]) {
        const place = [...outbox.failed()].find(({ key }) => key === item.key) ?? item;
        if (isFull) {
          disk.capacity = disk.used;
          await outbox.discard(place);
          await disk.mount().syncDirectory(dirname(place.file.path));
        } else await disk.mount().remove(place.file.path);
      }
      disk.kill({ power });
      disk.capacity = Number.POSITIVE_INFINITY;
      const next = await open(disk, { destinations });
      expect(
        next.account('cloud').map(({ setAside, deleted, stored }) => [setAside, deleted, stored]),
      ).toEqual(states.map(() => [none, { blocks: 1, readings: 5 }, none]));
      expect(next.failedItems).toBe(0);
      await next.close();
    }
});

test('the room that is kept comes back with the disk’s, of which it takes half at most', async () => {
  const disk = new StrictDisk();
  const outbox = await open(disk, { journalBytes: 1 << 17 });
  await outbox.checkpoint();
  expect(await reserveOn(disk)).toBe(1 << 16);
  disk.capacity = disk.used;
  const [state] = streamsOf(outbox, 1);
  await give(outbox, state!);
  for (let made = 0; made < 3; made++) await outbox.checkpoint();
  const left = (await reserveOn(disk))!;
  expect(left).toBeGreaterThan(20_000);
  expect(left).toBeLessThanOrEqual(1 << 15);
  disk.capacity = Number.POSITIVE_INFINITY;
  await outbox.checkpoint();
  expect(await reserveOn(disk)).toBe(1 << 16);
  await outbox.close();
});

test('a disk that fails for another reason costs it nothing', async () => {
  const disk = new StrictDisk();
  const outbox = await open(disk, { journalBytes: 1 << 17 });
  await outbox.checkpoint();
  disk.fault = ({ kind, path: of }) => (kind === 'append' && of.includes('state.json') ? 'EIO' : undefined);
  const [state] = streamsOf(outbox, 1);
  await give(outbox, state!);
  await outbox.checkpoint();
  expect(await reserveOn(disk)).toBe(1 << 16);
  delete disk.fault;
  await outbox.close();
});

test.each([
  ['is in the log alone', async () => undefined],
  ['is complete in memory', (outbox: Outbox) => outbox.complete()],
  ['lies in a file', (outbox: Outbox) => outbox.checkpoint()],
])('a start finds the disk full, and what %s is there, and more is taken', async (_, advance) => {
  for (const power of [false, true]) {
    const disk = new StrictDisk();
    const before = await open(disk, { journalBytes: 1 << 17 });
    await before.checkpoint();
    const [state] = streamsOf(before, 1);
    await give(before, state!);
    await advance(before);
    disk.kill({ power });
    disk.capacity = disk.used;
    const outbox = await open(disk, { journalBytes: 1 << 17 });
    expect(await waitingBlocks(outbox)).toEqual(['0/0']);
    await outbox.checkpoint();
    expect(await give(outbox, streamsOf(outbox, 1)[0]!)).toBe(true);
    expect(await waitingBlocks(outbox)).toEqual(['0/0', '0/1']);
    expect(counted(outbox)).toEqual({ received: 2, delivered: 0, deleted: 0, stored: 2 });
    disk.capacity = Number.POSITIVE_INFINITY;
    await outbox.close();
  }
});

const small = SmallDisk.mount(16 << 20);
afterAll(() => small?.unmount());

test.skipIf(small === undefined)(
  'a real disk without one free byte is started on, with its lock (skipped where none is mounted)',
  async () => {
    const options = { path: join(small!.path, 'capture'), journalBytes: 1 << 17 };
    const before = await Outbox.open(options);
    await before.checkpoint();
    expect(await give(before, streamsOf(before, 1)[0]!)).toBe(true);
    await before.close();
    small!.fill();
    const outbox = await Outbox.open(options);
    await expect(Outbox.open(options)).rejects.toMatchObject({ code: 'directory-in-use' });
    expect(await waitingBlocks(outbox)).toEqual(['0/0']);
    await outbox.checkpoint();
    expect(await give(outbox, streamsOf(outbox, 1)[0]!)).toBe(true);
    expect(counted(outbox)).toEqual({ received: 2, delivered: 0, deleted: 0, stored: 2 });
    await outbox.close();
  },
);
