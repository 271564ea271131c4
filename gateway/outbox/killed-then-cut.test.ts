/** A kill that leaves entries of directories unsynced, a start, and a power cut: what is gone stays away, what is there stays. */
import { expect, test } from 'vitest';
import { StrictDisk } from '../../common/storage/strict-disk';
import { readCaptureFile } from '../../modules/block/file';
import { Outbox } from './outbox';
import { analogs, document, image } from './test-metadata';

const destinations = ['cloud', 'broker'];
const path = '/data/log.txt';

/** The process dies when it syncs a directory whose path ends so. */
function killAtSyncOf(disk: StrictDisk, end: string): Promise<void> {
  return new Promise((resolve) => {
    disk.pause = ({ kind, path: of }) => {
      if (kind !== 'syncDirectory' || !of.endsWith(end)) return undefined;
      delete disk.pause;
      disk.kill({ power: false });
      resolve();
    };
  });
}

/** What waits, and what is counted as deleted, once a process was killed there, another started, and the power cut. */
async function keptAfter(seed: number, end: string, act: (outbox: Outbox) => void) {
  const disk = new StrictDisk(seed);
  const open = () => Outbox.open({ path: '/capture', storage: disk.mount(), destinations });
  const first = await open();
  const killed = killAtSyncOf(disk, end);
  act(first);
  await killed;
  const second = await open();
  await second.checkpoint();
  disk.kill({ power: true });
  const third = await open();
  const [of] = third.account();
  const kept = { waiting: third.waitingItems, deleted: of?.deleted.blocks };
  await third.close();
  return kept;
}

/** Gives an item, ends it, and says what waits once the process was killed, started, and lost its power. */
async function leftAfter(
  seed: number,
  give: (outbox: Outbox) => Promise<unknown>,
  end: (outbox: Outbox, disk: StrictDisk) => Promise<void>,
): Promise<string[]> {
  const disk = new StrictDisk(seed);
  const open = () => Outbox.open({ path: '/capture', storage: disk.mount(), destinations });
  await disk.mount().makeDirectory('/data');
  await disk.mount().replace(path, Buffer.from('lines'));
  const first = await open();
  await give(first);
  await first.checkpoint();
  await end(first, disk);
  disk.kill({ power: false });
  disk.capacity = Number.POSITIVE_INFINITY;
  const second = await open();
  // The first snapshot counts what was noted, the next has nothing of it.
  await second.checkpoint();
  await second.checkpoint();
  disk.kill({ power: true });
  const third = await open();
  await third.adopt(path, document);
  const left = [...third.waiting()].map(({ key }) => key);
  await third.close();
  return left;
}

async function leftAfterMany(...how: [Parameters<typeof leftAfter>[1], Parameters<typeof leftAfter>[2]]) {
  const left = new Set<string>();
  for (let seed = 0; seed < 30; seed++) for (const key of await leftAfter(seed, ...how)) left.add(key);
  return [...left];
}

async function deliver(outbox: Outbox): Promise<void> {
  for (const item of outbox.waiting())
    for (const destination of destinations) await outbox.delivered(item, destination);
}

/** One destination has it while there is room; with the other's the disk is full. */
async function deliverOnFullDisk(outbox: Outbox, disk: StrictDisk): Promise<void> {
  for (const item of outbox.waiting()) {
    await outbox.delivered(item, 'cloud');
    disk.capacity = disk.used;
    // What makes room for the entry would make it durable.
    disk.fault = ({ kind, path: of }) => (kind === 'append' && of.includes('/log/') ? 'ENOSPC' : undefined);
    await outbox.delivered(item, 'broker');
    disk.fault = undefined;
  }
}

async function setAside(outbox: Outbox): Promise<void> {
  for (const item of outbox.waiting())
    for (const destination of destinations) await outbox.setAside(item, destination, '');
}

const adopt = (outbox: Outbox) => outbox.adopt(path, document);
const take = (outbox: Outbox) => outbox.binary(image, Buffer.from('x'));
const fill = async (outbox: Outbox) => {
  const block = { sequence: 0, readings: 1, start: 0, end: 9, bytes: new Uint8Array(60) };
  const durable = new Promise<void>((resolve) => outbox.events.on('durable', () => resolve()));
  outbox.append(outbox.declare(analogs), block, 5_000);
  await durable;
  await outbox.complete();
};

test('an adopted file that was set aside stays away', async () => {
  expect(await leftAfterMany(adopt, setAside)).toEqual([]);
});

test('an adopted file that was delivered stays away', async () => {
  expect(await leftAfterMany(adopt, deliver)).toEqual([]);
});

test('an adopted file that was delivered on a full disk stays away', async () => {
  expect(await leftAfterMany(adopt, deliverOnFullDisk)).toEqual([]);
});

test('a binary that was delivered on a full disk stays away', async () => {
  const left = await leftAfterMany(take, deliverOnFullDisk);
  expect(left.filter((key) => key !== path)).toEqual([]);
});

test('a capture file in directories that were new stays', async () => {
  for (const end of ['/capture', '/rdk_component_board', '/esp:b', '/Analogs'])
    for (let seed = 0; seed < 20; seed++) {
      const kept = await keptAfter(seed, end, (outbox) => {
        const block = { sequence: 0, readings: 1, start: 0, end: 9, bytes: new Uint8Array(60) };
        outbox.append(outbox.declare(analogs), block, 5_000);
        outbox.events.on('durable', () => void outbox.checkpoint());
      });
      expect(kept, `killed at the sync of ${end}, seed ${seed}`).toEqual({ waiting: 1, deleted: 0 });
    }
});

test('a binary that nobody was told of stays once a start has found it', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const kept = await keptAfter(seed, '/GetImages', (outbox) => void outbox.binary(image, Buffer.from('x')));
    expect(kept, `seed ${seed}`).toEqual({ waiting: 1, deleted: 0 });
  }
});

test('what one destination had stays away once it was deleted on a full disk', async () => {
  for (const give of [adopt, take, fill]) {
    const left = await leftAfterMany(give, async (outbox, disk) => {
      for (const item of outbox.waiting()) {
        await outbox.delivered(item, 'cloud');
        await outbox.checkpoint();
        disk.fault = ({ kind, path: of }) =>
          kind === 'append' && of.includes('/log/') ? 'ENOSPC' : undefined;
        await outbox.discard(item);
        disk.fault = undefined;
      }
    });
    // Where it is not the item, the file is nobody's yet.
    expect(give === adopt ? left : left.filter((key) => key !== path), give.name).toEqual([]);
  }
});

test('a file that takes the place of one that a full disk made go keeps what has become of it', async () => {
  const disk = new StrictDisk();
  const storage = disk.mount();
  const open = () => Outbox.open({ path: '/capture', storage: disk.mount(), destinations });
  await storage.makeDirectory('/data');
  await storage.replace(path, Buffer.from('lines'));
  const outbox = await open();
  const before = (await outbox.adopt(path, document))!;
  await outbox.checkpoint();
  disk.fault = ({ kind, path: of }) => (kind === 'append' && of.includes('/log/') ? 'ENOSPC' : undefined);
  await outbox.discard(before);
  delete disk.fault;
  await storage.replace(path, Buffer.from('other lines'));
  const item = (await outbox.adopt(path, document))!;
  await outbox.delivered(item, 'cloud');
  disk.kill({ power: false });
  const next = await open();
  expect([...next.waiting('cloud')]).toEqual([]);
  expect([...next.waiting('broker')]).toMatchObject([{ name: item.name }]);
  const counts = (of: string) => next.account(of)[0];
  expect(counts('cloud')).toMatchObject({
    received: { blocks: 2 },
    delivered: { blocks: 1 },
    deleted: { blocks: 1 },
  });
  expect(counts('broker')).toMatchObject({
    received: { blocks: 2 },
    stored: { blocks: 1 },
    deleted: { blocks: 1 },
  });
  await next.close();
});

test.each([
  ['a start has made whole', false],
  ['a start could not make whole, and a later look has', true],
])('a torn file that %s stays so', async (_who, isLate) => {
  const torn: number[] = [];
  for (let seed = 0; seed < 40; seed++) {
    const disk = new StrictDisk(seed);
    const open = () => Outbox.open({ path: '/capture', storage: disk.mount(), destinations });
    const first = await open();
    const durable = new Promise<void>((resolve) => first.events.on('durable', () => resolve()));
    const block = { sequence: 0, readings: 1, start: 0, end: 9, bytes: new Uint8Array(60) };
    first.append(first.declare(analogs), block, 5_000);
    await durable;
    // The log is trimmed: the file alone has the block.
    await first.checkpoint();
    disk.kill({ power: false });
    const storage = disk.mount();
    const directory = '/capture/rdk_component_board/esp:b/Analogs';
    const [{ name } = { name: '' }] = await storage.list(directory);
    const file = await storage.open(`${directory}/${name}`);
    await file.append([new Uint8Array(7)]);
    await file.sync();
    await file.close();
    const cut = new Promise<void>((resolve) => {
      disk.pause = ({ kind, path: of }) => {
        if (kind !== 'create' && kind !== 'sync') return undefined;
        if (!of.startsWith(directory) || of.endsWith('.prog')) return undefined;
        delete disk.pause;
        disk.kill({ power: true });
        resolve();
        return undefined;
      };
    });
    if (isLate)
      disk.fault = ({ kind, path: of }) =>
        kind === 'sync' && of.startsWith(directory) && of.endsWith('.prog') ? 'ENOSPC' : undefined;
    void open()
      .then((second) => {
        delete disk.fault;
        if (isLate) void second.checkpoint();
      })
      .catch(() => undefined);
    await cut;
    delete disk.fault;
    const third = await open();
    for (const item of third.waiting())
      if (readCaptureFile((await third.read(item))!).torn !== undefined) torn.push(seed);
    expect(third.waitingItems).toBe(1);
    await third.close();
  }
  expect(torn).toEqual([]);
});
