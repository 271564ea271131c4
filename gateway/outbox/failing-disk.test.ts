/** A start on a disk that fails: what cannot be read waits, nothing is lost, nothing goes twice, nothing counts twice. */
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { StrictDisk } from '../../common/storage/strict-disk';
import { readCaptureFile } from '../../modules/block/file';
import { Outbox, type OutboxOptions } from './outbox';
import { hastyClock } from './test-hasty-clock';
import { analogs, document, image } from './test-metadata';
import { waitingBlocks } from './test-waiting';

const path = '/capture';
const home = join(path, 'rdk_component_board/esp:b/Analogs');
const open = (disk: StrictDisk, options: Partial<OutboxOptions> = {}) =>
  Outbox.open({ path, storage: disk.mount(), clock: hastyClock, ...options });

/** Gives the stream its next so many blocks, and waits until they are durable. */
async function give(outbox: Outbox, count = 1): Promise<void> {
  const state = outbox.declare(analogs);
  const wanted = state.next + count;
  const durable = new Promise<void>((resolve) => {
    const end = outbox.events.on('durable', () => {
      if (state.durable < wanted) return;
      end();
      resolve();
    });
  });
  for (let sequence = state.next; sequence < wanted; sequence++) {
    const times = { start: sequence * 10, end: sequence * 10 + 9 };
    outbox.append(state, { sequence, readings: 5, ...times, bytes: new Uint8Array(90) }, 5_000);
  }
  await durable;
}

const counted = (outbox: Outbox, destination?: string) => {
  const { received, delivered, deleted, stored } = outbox.account(destination)[0]!;
  return { received, delivered, deleted, stored };
};
const blocks = (count: number) => ({ blocks: count, readings: 5 * count });

/** What a path contains cannot be read. */
function fail(disk: StrictDisk, part: string): void {
  disk.fault = ({ kind, path: of }) =>
    of.includes(part) && ['list', 'status', 'open', 'read'].includes(kind) ? 'EIO' : undefined;
}

/** Delivers all that waits; the blocks, as `stream/sequence`. */
async function deliverAll(outbox: Outbox, destination = 'cloud'): Promise<string[]> {
  await outbox.complete();
  const delivered: string[] = [];
  for (const item of outbox.waiting(destination)) {
    const contents = readCaptureFile((await outbox.read(item))!);
    for (const { sequence } of contents.blocks) delivered.push(`${contents.metadata.stream}/${sequence}`);
    await outbox.delivered(item, destination);
  }
  return delivered.sort();
}

/** A disk with a file of blocks that the log has still, as of a process that died in a checkpoint. */
async function diskWithLoggedFile(count: number, seed = 1): Promise<StrictDisk> {
  const disk = new StrictDisk(seed);
  const outbox = await open(disk);
  await outbox.checkpoint();
  await give(outbox, count);
  await outbox.complete();
  disk.fault = ({ path: of }) => (of.includes('state.json') ? 'EIO' : undefined);
  await outbox.checkpoint();
  delete disk.fault;
  disk.kill({ power: false });
  expect(await disk.mount().list(home)).toHaveLength(1);
  return disk;
}

/** The same, but what is in the file was synced, and the log no longer has it. */
async function diskWithFile(count: number, options: Partial<OutboxOptions> = {}): Promise<StrictDisk> {
  const disk = new StrictDisk();
  const outbox = await open(disk, options);
  await give(outbox, count);
  await outbox.complete();
  await outbox.checkpoint();
  await outbox.checkpoint();
  disk.kill({ power: true });
  return disk;
}

test('a disk that fails for a moment is asked again, and all is found', async () => {
  const disk = await diskWithLoggedFile(3);
  const seen = new Set<string>();
  disk.fault = ({ kind, path: of }) => {
    const isFirst = !seen.has(kind + of) && ['list', 'status', 'open', 'read'].includes(kind);
    seen.add(kind + of);
    return isFirst ? 'EMFILE' : undefined;
  };
  const outbox = await open(disk);
  delete disk.fault;
  expect(outbox.unread).toEqual([]);
  expect(outbox.waitingItems).toBe(1);
  expect(await waitingBlocks(outbox)).toEqual(['1/0', '1/1', '1/2']);
  expect(counted(outbox)).toMatchObject({ received: blocks(3), stored: blocks(3) });
  await outbox.close();
});

describe('a file that cannot be read at a start', () => {
  test('is named with the reason, and its blocks go from the log, once', async () => {
    const disk = await diskWithLoggedFile(3);
    fail(disk, join(home, '/'));
    const outbox = await open(disk);
    expect(outbox.unread).toMatchObject([{ reason: expect.stringContaining('EIO') }]);
    expect(outbox.unread[0]!.path).toContain(join(home, '/'));
    expect(await deliverAll(outbox)).toEqual(['1/0', '1/1', '1/2']);
    expect(counted(outbox)).toMatchObject({ received: blocks(3), delivered: blocks(3), stored: blocks(0) });
    delete disk.fault;
    await outbox.checkpoint();
    expect(outbox.unread).toEqual([]);
    expect(await deliverAll(outbox)).toEqual([]);
    expect(await disk.mount().list(home)).toEqual([]);
    await outbox.close();
    const next = await open(disk);
    expect(counted(next)).toEqual({
      ...{ received: blocks(3), delivered: blocks(3) },
      ...{ deleted: blocks(0), stored: blocks(0) },
    });
    await next.close();
  });

  test.each(['at once', 'after a checkpoint', 'after all was delivered', 'after both'])(
    'is a twin still when the gateway dies %s, with and without the power',
    async (when) => {
      for (const power of [false, true]) {
        const disk = await diskWithLoggedFile(3);
        fail(disk, join(home, '/'));
        const outbox = await open(disk);
        const isDelivered = when === 'after all was delivered' || when === 'after both';
        if (isDelivered) expect(await deliverAll(outbox)).toHaveLength(3);
        if (when === 'after a checkpoint' || when === 'after both') await outbox.checkpoint();
        disk.kill({ power });
        delete disk.fault;
        const next = await open(disk);
        expect(next.unread).toEqual([]);
        expect(await waitingBlocks(next)).toEqual(isDelivered ? [] : ['1/0', '1/1', '1/2']);
        const [delivered, stored] = isDelivered ? [3, 0] : [0, 3];
        expect(counted(next)).toEqual({
          ...{ received: blocks(3), delivered: blocks(delivered) },
          ...{ deleted: blocks(0), stored: blocks(stored) },
        });
        await next.close();
      }
    },
  );

  test('is a twin of the file that was made instead when no snapshot tells of either', async () => {
    const destinations = ['cloud', 'broker'];
    for (const isTaken of [false, true]) {
      const disk = await diskWithLoggedFile(3);
      const { length: before } = await disk.mount().list(home);
      disk.fault = ({ kind, path: of }) => {
        const isRead = ['list', 'status', 'open', 'read'].includes(kind);
        const isOld = of.startsWith(home) && of.includes('_0-2_3_15') && !made.has(of);
        return (isRead && isOld) || of.includes('state.json.next') ? 'EIO' : undefined;
      };
      const made = new Set<string>();
      const outbox = await open(disk, { destinations });
      await outbox.complete();
      for (const item of outbox.waiting()) made.add(item.file.path);
      await outbox.checkpoint();
      if (isTaken) expect(await deliverAll(outbox, 'cloud')).toHaveLength(3);
      disk.kill({ power: false });
      delete disk.fault;
      expect(await disk.mount().list(home)).toHaveLength(before + 1);
      const next = await open(disk, { destinations });
      expect(await deliverAll(next, 'cloud')).toEqual(isTaken ? [] : ['1/0', '1/1', '1/2']);
      expect(await deliverAll(next, 'broker')).toEqual(['1/0', '1/1', '1/2']);
      for (const name of destinations)
        expect(counted(next, name)).toMatchObject({ received: blocks(3), delivered: blocks(3) });
      await next.close();
    }
  });

  test('stays away once a start took its twins out of it, which died before it could say so', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const disk = await diskWithLoggedFile(3, seed);
      fail(disk, join(home, '/'));
      const first = await open(disk);
      expect(await deliverAll(first)).toHaveLength(3);
      await first.checkpoint();
      disk.kill({ power: false });
      disk.fault = ({ kind, path: of }) => (kind === 'remove' && of.startsWith(home) ? death() : undefined);
      const death = () => {
        // With the operation after it, which is none of its directory.
        void disk.stopAt(disk.operations + 1, { power: false }).then(() => died());
        return undefined;
      };
      let died = (): void => undefined;
      const dead = new Promise<void>((resolve) => {
        died = resolve;
      });
      void open(disk);
      await dead;
      delete disk.fault;
      const third = await open(disk);
      await third.checkpoint();
      disk.kill({ power: true });
      const outbox = await open(disk);
      expect(await deliverAll(outbox), `seed ${seed}`).toEqual([]);
      expect(counted(outbox)).toMatchObject({ received: blocks(3), delivered: blocks(3) });
      await outbox.close();
    }
  });

  test('is stored, not deleted, and goes when it is read', async () => {
    const disk = await diskWithFile(3);
    fail(disk, join(home, '/'));
    const outbox = await open(disk);
    expect(await waitingBlocks(outbox)).toEqual([]);
    expect(counted(outbox)).toMatchObject({ received: blocks(3), deleted: blocks(0), stored: blocks(3) });
    delete disk.fault;
    const complete: number[] = [];
    outbox.events.on('complete', (item) => complete.push(item.readings));
    await outbox.checkpoint();
    expect(complete).toEqual([15]);
    expect(await deliverAll(outbox)).toEqual(['1/0', '1/1', '1/2']);
    expect(counted(outbox)).toMatchObject({ received: blocks(3), delivered: blocks(3), stored: blocks(0) });
    await outbox.close();
  });

  test('keeps what it alone has when some of it was filed again', async () => {
    const disk = new StrictDisk();
    const before = await open(disk);
    await give(before, 3);
    await before.checkpoint();
    await give(before, 2);
    disk.fault = ({ path: of }) => (of.includes('state.json') ? 'EIO' : undefined);
    await before.checkpoint();
    disk.kill({ power: false });
    fail(disk, join(home, '/'));
    const outbox = await open(disk);
    expect(await waitingBlocks(outbox)).toEqual(['1/3', '1/4']);
    expect(counted(outbox)).toMatchObject({ received: blocks(5), stored: blocks(5) });
    delete disk.fault;
    await outbox.checkpoint();
    expect(await waitingBlocks(outbox)).toEqual(['1/0', '1/1', '1/2', '1/3', '1/4']);
    expect(counted(outbox)).toMatchObject({ received: blocks(5), deleted: blocks(0), stored: blocks(5) });
    await outbox.checkpoint();
    disk.kill({ power: true });
    const next = await open(disk);
    expect(await waitingBlocks(next)).toEqual(['1/0', '1/1', '1/2', '1/3', '1/4']);
    await next.close();
  });

  test('is nobody’s when it turns out to be garbage, as its blocks were filed again', async () => {
    for (const isLater of [false, true]) {
      const disk = await diskWithLoggedFile(3);
      const [name] = (await disk.mount().list(home)).map((entry) => entry.name);
      await disk.mount().replace(join(home, name!), new Uint8Array(500).fill(7));
      if (isLater) fail(disk, join(home, '/'));
      const outbox = await open(disk);
      await outbox.checkpoint();
      expect(outbox.unread).toHaveLength(isLater ? 1 : 0);
      delete disk.fault;
      expect(await deliverAll(outbox)).toHaveLength(3);
      await outbox.checkpoint();
      expect(await disk.mount().list(home)).toEqual([]);
      await outbox.close();
    }
  });

  test('is counted as deleted when somebody deletes it meanwhile', async () => {
    const disk = await diskWithFile(3);
    fail(disk, join(home, '/'));
    const outbox = await open(disk);
    await outbox.checkpoint();
    delete disk.fault;
    for (const { name } of await disk.mount().list(home)) await disk.mount().remove(join(home, name));
    const gone: number[] = [];
    outbox.events.on('gone', ({ count }) => gone.push(count.blocks));
    await outbox.checkpoint();
    expect(outbox.unread).toEqual([]);
    expect(gone).toEqual([3]);
    expect(counted(outbox)).toMatchObject({ received: blocks(3), deleted: blocks(3), stored: blocks(0) });
    await outbox.close();
  });

  test('does not go again to a destination that had it', async () => {
    const destinations = ['cloud', 'broker'];
    const disk = await diskWithLoggedFile(3);
    const before = await open(disk, { destinations });
    await deliverAll(before, 'cloud');
    disk.kill({ power: true });
    fail(disk, join(home, '/'));
    const outbox = await open(disk, { destinations });
    expect(await deliverAll(outbox, 'cloud')).toEqual([]);
    delete disk.fault;
    await outbox.checkpoint();
    expect(await deliverAll(outbox, 'cloud')).toEqual([]);
    expect(await deliverAll(outbox, 'broker')).toEqual(['1/0', '1/1', '1/2']);
    expect(counted(outbox, 'broker')).toMatchObject({ received: blocks(3), delivered: blocks(3) });
    await outbox.close();
  });

  test('keeps no other from going, and the log is trimmed', async () => {
    const disk = await diskWithFile(3);
    fail(disk, join(home, '/'));
    const outbox = await open(disk, { journalBytes: 1 << 16 });
    for (let round = 0; round < 10; round++) {
      await give(outbox, 100);
      expect(await deliverAll(outbox)).toHaveLength(100);
    }
    await outbox.checkpoint();
    expect(outbox.logBytes).toBeLessThan(1 << 17);
    expect(outbox.unread).toHaveLength(1);
    delete disk.fault;
    await outbox.close();
  });
});

describe('a directory that cannot be listed', () => {
  test('holds up nothing: what comes goes elsewhere, and what is in it goes when it can be', async () => {
    for (const part of [
      'rdk_component_board',
      'rdk_component_board/esp:b',
      'rdk_component_board/esp:b/Analogs',
    ]) {
      const disk = await diskWithLoggedFile(3);
      disk.fault = ({ kind, path: of }) => (kind === 'list' && of === join(path, part) ? 'EIO' : undefined);
      const outbox = await open(disk);
      expect(outbox.unread.map(({ path: of }) => of)).toEqual([join(path, part)]);
      await give(outbox, 2);
      expect(await deliverAll(outbox)).toEqual(['1/0', '1/1', '1/2', '1/3', '1/4']);
      await outbox.binary({ ...image, resource: 'rdk:component:board/b', part: 'esp' }, new Uint8Array(9));
      await outbox.checkpoint();
      delete disk.fault;
      expect(await disk.mount().list(home)).toHaveLength(1);
      await outbox.checkpoint();
      expect(outbox.unread).toEqual([]);
      expect([...outbox.waiting()].map(({ type }) => type)).toEqual(['binary']);
      expect(await disk.mount().list(home)).toEqual([]);
      expect(counted(outbox)).toMatchObject({ received: blocks(5), delivered: blocks(5), stored: blocks(0) });
      await outbox.close();
    }
  });

  test.each(['in that life', 'in the next'])(
    'takes no block from the file that was made in it for one which could not be read, when it can be listed %s',
    async (when) => {
      const disk = await diskWithLoggedFile(3);
      fail(disk, join(home, '/'));
      const first = await open(disk);
      await first.complete();
      disk.fault = ({ kind, path: of }) => (kind === 'read' && of.startsWith(home) ? 'EIO' : undefined);
      await first.checkpoint();
      disk.kill({ power: true });
      disk.fault = ({ kind, path: of }) => (kind === 'list' && of === home ? 'EIO' : undefined);
      const second = await open(disk);
      expect(await waitingBlocks(second)).toEqual([]);
      await second.checkpoint();
      if (when === 'in the next') disk.kill({ power: true });
      delete disk.fault;
      const outbox = when === 'in the next' ? await open(disk) : second;
      await outbox.checkpoint();
      expect(await waitingBlocks(outbox)).toEqual(['1/0', '1/1', '1/2']);
      expect(counted(outbox)).toMatchObject({ received: blocks(3), stored: blocks(3) });
      await outbox.close();
    },
  );

  test('of the root alone keeps the gateway from starting', async () => {
    const disk = await diskWithFile(3);
    disk.fault = ({ kind, path: of }) => (kind === 'list' && of === path ? 'EIO' : undefined);
    await expect(open(disk)).rejects.toMatchObject({ code: 'outbox-disk-failed' });
    delete disk.fault;
    const outbox = await open(disk);
    expect(await waitingBlocks(outbox)).toHaveLength(3);
    await outbox.close();
  });
});

test.each(['state.json', 'log/0'])(
  'what it cannot start without, as %s, is named, and nothing is lost',
  async (of) => {
    const disk = await diskWithFile(3);
    fail(disk, join(path, '.sluice', of));
    await expect(open(disk)).rejects.toMatchObject({
      code: 'outbox-disk-failed',
      message: expect.stringContaining(join(path, '.sluice', of)),
    });
    delete disk.fault;
    const outbox = await open(disk);
    expect(await waitingBlocks(outbox)).toHaveLength(3);
    expect(outbox.streams('esp', analogs.boot).get(1)!.durable).toBe(3);
    await outbox.close();
  },
);

describe('what others keep beside the blocks', () => {
  const kept = [{ name: 'esp', losses: [{ cause: 'reboot', readings: 7 }] }];
  const file = join(path, '.sluice/parts.json');

  async function diskWithKept(): Promise<StrictDisk> {
    const disk = await diskWithFile(3);
    const outbox = await open(disk);
    await outbox.keep(kept);
    await outbox.close();
    return disk;
  }

  /** All files whose names begin so, by name. */
  async function filesOf(disk: StrictDisk): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const { name } of await disk.mount().list(join(path, '.sluice')))
      if (name.startsWith('parts.json'))
        found[name] = Buffer.from(await disk.mount().read(join(path, '.sluice', name))).toString();
    return found;
  }

  test('is asked for again when its disk fails for a moment', async () => {
    const disk = await diskWithKept();
    let failures = 3;
    disk.fault = ({ kind, path: of }) =>
      kind === 'read' && of === file && failures-- > 0 ? 'EIO' : undefined;
    const outbox = await open(disk);
    expect(failures).toBeLessThan(0);
    expect(outbox.kept).toEqual(kept);
    await outbox.close();
  });

  test('is not replaced when it cannot be read: the gateway does not start, names it, and has it later', async () => {
    for (const code of ['EIO', 'EACCES']) {
      const disk = await diskWithKept();
      disk.fault = ({ kind, path: of }) => (kind === 'open' && of === file ? code : undefined);
      await expect(open(disk)).rejects.toMatchObject({
        code: code === 'EIO' ? 'outbox-disk-failed' : code,
        message: expect.stringContaining(file),
      });
      delete disk.fault;
      const outbox = await open(disk);
      expect(outbox.kept).toEqual(kept);
      expect(await waitingBlocks(outbox)).toHaveLength(3);
      await outbox.close();
    }
  });

  test.each(['{"cut', '', '"\xff"', '\0\0\0\0'])(
    'is kept aside, and said to be, when it is damaged: %j',
    async (damaged) => {
      const disk = await diskWithKept();
      const problems: string[] = [];
      const onProblem = (of: string, { message }: Error) => problems.push(`${of}: ${message}`);
      for (const number of [1, 2]) {
        await disk.mount().replace(file, Buffer.from(damaged, 'latin1'));
        const outbox = await open(disk, { onProblem });
        expect(outbox.kept).toBeUndefined();
        expect(problems.splice(0)).toEqual([expect.stringContaining(`${file}.damaged-${number}`)]);
        await outbox.keep(kept);
        expect(await waitingBlocks(outbox)).toHaveLength(3);
        disk.kill({ power: true });
      }
      const was = Buffer.from(damaged, 'latin1').toString();
      expect(await filesOf(disk)).toEqual({
        'parts.json': JSON.stringify(kept),
        'parts.json.damaged-1': was,
        'parts.json.damaged-2': was,
      });
      const next = await open(disk, { onProblem });
      expect([next.kept, problems]).toEqual([kept, []]);
      await next.close();
    },
  );

  test('is kept aside when it is not what was kept', async () => {
    const disk = await diskWithKept();
    await disk.mount().replace(file, Buffer.from('{}'));
    const problems: string[] = [];
    const outbox = await open(disk, {
      onProblem: (_of, { message }) => problems.push(message),
      checkKept: (data) => {
        if (!Array.isArray(data)) throw new Error('all of it: must be a list');
      },
    });
    expect(outbox.kept).toBeUndefined();
    expect(problems).toEqual([expect.stringContaining('all of it: must be a list')]);
    expect(await filesOf(disk)).toEqual({ 'parts.json.damaged-1': '{}' });
    await outbox.close();
  });

  test('stays where it is when it is damaged and cannot be kept aside', async () => {
    const disk = await diskWithKept();
    await disk.mount().replace(file, Buffer.from('{"cut'));
    disk.fault = ({ kind }) => (kind === 'rename' ? 'EIO' : undefined);
    await expect(open(disk)).rejects.toMatchObject({ code: 'outbox-disk-failed' });
    delete disk.fault;
    expect(await filesOf(disk)).toEqual({ 'parts.json': '{"cut' });
  });

  test('stays where it is, damaged too, when a newer release wrote the state', async () => {
    const disk = await diskWithKept();
    await disk.mount().replace(file, Buffer.from('{"cut'));
    await disk.mount().replace(join(path, '.sluice/state.json'), Buffer.from('{"version":99}'));
    await expect(open(disk)).rejects.toMatchObject({ code: 'outbox-newer-version' });
    expect(await filesOf(disk)).toEqual({ 'parts.json': '{"cut' });
  });
});

test('a binary that cannot be read at a start is stored, and goes when it is read', async () => {
  const disk = new StrictDisk();
  const before = await open(disk);
  const item = await before.binary(image, new Uint8Array(9));
  await before.checkpoint();
  disk.kill({ power: true });
  fail(disk, basename(item.key));
  const outbox = await open(disk);
  expect(outbox.unread.map(({ path: of }) => of)).toEqual([join(path, item.key)]);
  expect([...outbox.waiting()]).toEqual([]);
  const one = { blocks: 1, readings: 1 };
  const none = { blocks: 0, readings: 0 };
  expect(counted(outbox)).toEqual({ received: one, delivered: none, deleted: none, stored: one });
  delete disk.fault;
  await outbox.checkpoint();
  expect([...outbox.waiting()].map(({ key }) => key)).toEqual([item.key]);
  expect(counted(outbox)).toEqual({ received: one, delivered: none, deleted: none, stored: one });
  await outbox.close();
});

test('what was set aside and cannot be read at a start is there when it is read', async () => {
  const disk = await diskWithFile(3);
  const before = await open(disk);
  await before.setAside([...before.waiting()][0]!, 'cloud', 'no');
  await before.checkpoint();
  disk.kill({ power: true });
  fail(disk, join(path, 'failed/rdk_component_board/esp:b/Analogs/'));
  const outbox = await open(disk);
  expect([outbox.failedItems, outbox.unread.length]).toEqual([0, 1]);
  delete disk.fault;
  await outbox.checkpoint();
  expect([outbox.failedItems, outbox.unread.length]).toEqual([1, 0]);
  await outbox.discard([...outbox.failed()][0]!);
  expect(counted(outbox)).toMatchObject({ received: blocks(3), deleted: blocks(3), stored: blocks(0) });
  await outbox.close();
});

test('a file that was delivered and could not be removed is no item of a start that cannot remove it either', async () => {
  const disk = await diskWithFile(3);
  const before = await open(disk);
  disk.fault = ({ kind, path: of }) => (kind === 'remove' && of.startsWith(home) ? 'EIO' : undefined);
  expect(await deliverAll(before)).toHaveLength(3);
  disk.kill({ power: false });
  const outbox = await open(disk);
  expect(await deliverAll(outbox)).toEqual([]);
  expect(counted(outbox)).toMatchObject({ received: blocks(3), delivered: blocks(3), stored: blocks(0) });
  delete disk.fault;
  await outbox.checkpoint();
  expect(await disk.mount().list(home)).toEqual([]);
  await outbox.close();
});

test('an adopted file whose disk fails at a start waits, and goes as it is', async () => {
  const disk = new StrictDisk();
  await disk.mount().makeDirectory('/data');
  await disk.mount().replace('/data/log.txt', Buffer.from('lines'));
  const before = await open(disk);
  await before.adopt('/data/log.txt', document);
  disk.kill({ power: true });
  fail(disk, '/data/');
  const outbox = await open(disk);
  delete disk.fault;
  expect([...outbox.waiting()].map(({ key }) => key)).toEqual(['/data/log.txt']);
  expect(outbox.account()[0]).toMatchObject({ received: { blocks: 1 }, stored: { blocks: 1 } });
  await outbox.close();
});

test('what a file has whose sync failed before a kill is written anew, so that a power cut takes nothing', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const disk = new StrictDisk(seed);
    const before = await open(disk);
    await give(before, 3);
    await before.complete();
    disk.fault = ({ kind, path: of }) => (kind === 'sync' && of.startsWith(home) ? 'EIO' : undefined);
    await before.checkpoint();
    disk.kill({ power: false });
    delete disk.fault;
    const outbox = await open(disk);
    await outbox.checkpoint();
    disk.kill({ power: true });
    const next = await open(disk);
    expect(await waitingBlocks(next)).toEqual(['1/0', '1/1', '1/2']);
    await next.close();
  }
});

/** A full disk takes no entry, and its file cannot be removed; a note of what is delivered has room. */
function fillAndKeep(disk: StrictDisk): void {
  disk.fault = ({ kind, path: of }) => {
    if (kind === 'append' && of.includes('/log/')) return 'ENOSPC';
    return kind === 'remove' && of.startsWith(home) ? 'EIO' : undefined;
  };
}

test('what a full disk delivered and cannot remove is settled, and goes when it can be removed', async () => {
  const disk = await diskWithFile(3);
  const outbox = await open(disk);
  fillAndKeep(disk);
  expect(await deliverAll(outbox)).toEqual(['1/0', '1/1', '1/2']);
  expect(await deliverAll(outbox)).toEqual([]);
  expect(counted(outbox)).toMatchObject({ delivered: blocks(3), stored: blocks(0) });
  delete disk.fault;
  await outbox.checkpoint();
  expect(await disk.mount().list(home)).toEqual([]);
  expect(counted(outbox)).toMatchObject({ delivered: blocks(3), stored: blocks(0) });
  await outbox.close();
});

test('what a full disk delivered goes to nobody again, under whatever name a power cut brings it back', async () => {
  const names = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const disk = new StrictDisk(seed);
    const first = await open(disk);
    await give(first, 2);
    await first.checkpoint();
    await give(first, 2);
    await first.complete();
    fillAndKeep(disk);
    const before = await deliverAll(first);
    delete disk.fault;
    disk.kill({ power: true });
    for (const { name } of await disk.mount().list(home)) names.add(name.split('.').at(-1)!);
    const second = await open(disk);
    expect([...before, ...(await deliverAll(second))].sort(), `seed ${seed}`).toEqual(
      [0, 1, 2, 3].map((sequence) => `1/${sequence}`),
    );
    await second.checkpoint();
    expect(counted(second), `seed ${seed}`).toEqual({
      received: blocks(4),
      delivered: blocks(4),
      deleted: blocks(0),
      stored: blocks(0),
    });
    await second.close();
  }
  expect([...names].sort()).toEqual(['prog', 'sluice']);
});
