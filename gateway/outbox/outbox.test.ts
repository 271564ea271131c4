import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@sluice/common/clock';
import { NodeStorage } from '@sluice/common/storage';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StrictDisk } from '../../common/storage/strict-disk';
import { type CaptureFileMetadata, readCaptureFile } from '../../modules/block/file';
import { Outbox, type OutboxOptions } from './outbox';
import { stateVersion } from './state';
import type { StreamState } from './streams';

const boot = { counter: 3, random: 77 };
let root: string;
let directory: Outbox;

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-capture-'));
  directory = await Outbox.open({ path: root });
});

afterEach(async () => {
  await directory.close();
  await fs.rm(root, { recursive: true, force: true });
});

function metadata(change: Partial<CaptureFileMetadata> = {}): CaptureFileMetadata {
  return {
    part: 'esp-home',
    boot,
    stream: 1,
    owner: 'part',
    resource: 'rdk:component:board/my-esp32',
    method: 'Analogs',
    parameters: { reader_name: 'A1' },
    kind: 'integer',
    period: { numerator: 10, denominator: 1 },
    tags: [],
    ...change,
  };
}

/** The outbox does not open blocks: any bytes will do. */
function append(state: StreamState, ...rest: [number, number?, number?]) {
  return appendTo(directory, state, ...rest);
}

function appendTo(
  outbox: Outbox,
  state: StreamState,
  sequence: number,
  start = sequence * 100,
  offset: number | undefined = 1_000_000,
) {
  const bytes = new Uint8Array(200).fill(sequence);
  return outbox.append(state, { sequence, readings: 10, start, end: start + 90, bytes }, offset);
}

async function durable(state: StreamState, next: number): Promise<void> {
  while (state.durable < next) await new Promise((resolve) => setTimeout(resolve, 1));
}

async function reopen(options: Partial<OutboxOptions> = {}): Promise<void> {
  await directory.close();
  directory = await Outbox.open({ path: root, ...options });
}

/** Every block with its wall time of the first reading. */
async function blocks() {
  await directory.complete();
  return contentsOf(directory);
}

async function contentsOf(outbox: Outbox) {
  const files = await Promise.all([...outbox.waiting()].map((item) => outbox.read(item)));
  return files.flatMap((bytes) =>
    readCaptureFile(bytes!).blocks.map(({ sequence, mapping }) => ({ sequence, ...mapping })),
  );
}

test('a block comes back as it was, from a directory named after API, part, resource and method', async () => {
  const state = directory.declare(metadata());
  expect(append(state, 0)).toBe('taken');
  await durable(state, 1);
  await directory.complete();
  const [file] = [...directory.waiting()];
  expect(dirname(file!.file.path)).toBe(join(root, 'rdk_component_board/esp-home:my-esp32/Analogs'));
  const contents = readCaptureFile((await directory.read(file!))!);
  expect(contents.metadata).toEqual(metadata());
  expect(contents.blocks[0]).toMatchObject({
    sequence: 0,
    readings: 10,
    mapping: { known: true, offset: 1_000_000 },
  });
});

test('a clock that was set back bends no time stamp', async () => {
  const state = directory.declare(metadata());
  append(state, 0, 0, 1_000_000);
  append(state, 1, 100, 950_000);
  append(state, 2, 200, 1_000_050);
  await durable(state, 3);
  // The second begins one millisecond after the end of the first.
  expect((await blocks()).map(({ sequence, offset }) => [sequence, offset])).toEqual([
    [0, 1_000_000],
    [1, 999_991],
    [2, 1_000_050],
  ]);
});

test('no file is larger than allowed, and none is lost when many are written', async () => {
  await reopen({ maximumFileBytes: 3_000, heldBytes: 0 });
  const state = directory.declare(metadata());
  for (let sequence = 0; sequence < 100; sequence++) append(state, sequence);
  await durable(state, 100);
  expect((await blocks()).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  for (const { file } of directory.waiting())
    expect((await fs.stat(file.path)).size).toBeLessThanOrEqual(3_000);
});

test('names from outside stay inside the directory', async () => {
  const state = directory.declare(metadata({ resource: '../../etc/passwd', method: '..', part: '../x' }));
  append(state, 0);
  await durable(state, 1);
  await directory.complete();
  const { path } = [...directory.waiting()][0]!.file;
  expect(path.startsWith(`${root}/`)).toBe(true);
  expect(path.slice(root.length + 1).split('/')).not.toContain('..');
});

test('a resource of a made-up API is not taken for what was set aside', async () => {
  const state = directory.declare(metadata({ resource: 'failed/x' }));
  append(state, 0);
  await durable(state, 1);
  await reopen();
  expect(await blocks()).toHaveLength(1);
});

test('foreign files stay as they are, whatever they are called', async () => {
  const home = join(root, 'rdk_component_board/esp-home:my-esp32/Analogs');
  await fs.mkdir(home, { recursive: true });
  const foreign = [
    '2026-01-01.prog',
    'x.capture',
    '20260101T000000000Z_3-0000004d_1_0.prog',
    '20260101T000000000Z_3-0000004d_1_0-4_5_50.sluice',
  ];
  for (const name of foreign) await fs.writeFile(join(home, name), `not ours: ${name}`);
  await reopen();
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  await directory.complete();
  for (const file of [...directory.waiting()]) await directory.delivered(file, 'cloud');
  await reopen();
  for (const name of foreign) expect(await fs.readFile(join(home, name), 'utf8')).toBe(`not ours: ${name}`);
});

test('files deleted by hand while it runs are counted and stop nothing', async () => {
  await reopen({ heldBytes: 0 });
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  await directory.complete();
  const [file] = [...directory.waiting()];
  await fs.rm(file!.file.path);
  append(state, 1);
  await durable(state, 2);
  expect(await directory.read(file!)).toBeUndefined();
  expect((await blocks()).map(({ sequence }) => sequence)).toEqual([1]);
  expect(directory.account()[0]).toMatchObject({
    received: { blocks: 2 },
    deleted: { blocks: 1 },
    stored: { blocks: 1 },
  });
});

test('open files deleted by hand are counted, and no other stream waits for them', async () => {
  const gone = directory.declare(metadata());
  append(gone, 0);
  await durable(gone, 1);
  await directory.checkpoint();
  expect(await fs.readdir(join(root, 'rdk_component_board/esp-home:my-esp32/Analogs'))).toHaveLength(1);
  await fs.rm(join(root, 'rdk_component_board'), { recursive: true });
  const other = directory.declare(metadata({ stream: 2, method: 'Gpios' }));
  append(other, 0);
  await durable(other, 1);
  expect(await blocks()).toHaveLength(1);
  const sums = directory
    .account()
    .map(({ method, deleted, stored }) => [method, deleted.blocks, stored.blocks]);
  expect(sums).toEqual([
    ['Analogs', 1, 0],
    ['Gpios', 0, 1],
  ]);
});

test('on a disk that is full to the last byte, what was delivered makes room', async () => {
  const disk = new StrictDisk();
  const options = { path: root, storage: disk.mount(), heldBytes: 0 };
  const outbox = await Outbox.open(options);
  const state = outbox.declare(metadata());
  for (let sequence = 0; sequence < 10; sequence++) appendTo(outbox, state, sequence);
  await durable(state, 10);
  await outbox.complete();
  disk.capacity = disk.used;
  await outbox.delivered([...outbox.waiting()][0]!, 'cloud');
  expect([...outbox.waiting()]).toEqual([]);
  expect(outbox.account()[0]).toMatchObject({ delivered: { blocks: 10 }, stored: { blocks: 0 } });
  appendTo(outbox, state, 10);
  await durable(state, 11);
  disk.capacity = Number.POSITIVE_INFINITY;
  await outbox.close();
  const next = await Outbox.open(options);
  expect(next.account()[0]).toMatchObject({ delivered: { blocks: 10 }, stored: { blocks: 1 } });
  await next.close();
});

test('a delivery whose note cannot be made on a full disk is counted once, also after a crash', async () => {
  const disk = new StrictDisk();
  const outbox = await Outbox.open({ path: root, storage: disk.mount() });
  const state = outbox.declare(metadata());
  for (let sequence = 0; sequence < 10; sequence++) appendTo(outbox, state, sequence);
  await durable(state, 10);
  await outbox.complete();
  let isFull = true;
  disk.fault = ({ kind, path }) => {
    if (kind === 'append' && path.endsWith('.log')) return isFull ? 'ENOSPC' : undefined;
    if (kind !== 'syncDirectory' || !path.endsWith('/delivered')) return undefined;
    isFull = false;
    return 'EMFILE';
  };
  await outbox.delivered([...outbox.waiting()][0]!, 'cloud');
  expect(isFull).toBe(false);
  delete disk.fault;
  await outbox.checkpoint();
  disk.kill({ power: false });
  const next = await Outbox.open({ path: root, storage: disk.mount() });
  const once = { received: { blocks: 10 }, delivered: { blocks: 10 }, stored: { blocks: 0 } };
  expect(next.account()[0]).toMatchObject(once);
  await next.close();
});

test('what one destination had and a full disk made go does not come back from the log for it', async () => {
  const disk = new StrictDisk();
  const open = () => Outbox.open({ path: root, storage: disk.mount(), destinations: ['cloud', 'viam'] });
  const outbox = await open();
  const state = outbox.declare(metadata());
  for (let sequence = 0; sequence < 10; sequence++) appendTo(outbox, state, sequence);
  await durable(state, 10);
  await outbox.complete();
  const [item] = [...outbox.waiting()];
  await outbox.delivered(item!, 'cloud');
  // Another part's stream of the same boot and number.
  const other = outbox.declare(metadata({ part: 'esp-shed' }));
  for (let sequence = 0; sequence < 5; sequence++) appendTo(outbox, other, sequence);
  await durable(other, 5);
  disk.fault = ({ kind, path }) => (kind === 'append' && path.endsWith('.log') ? 'ENOSPC' : undefined);
  await outbox.discard(item!);
  delete disk.fault;
  await disk.mount().syncDirectory(dirname(item!.file.path));
  disk.kill({ power: true });
  const next = await open();
  const account = (name: string) => Object.fromEntries(next.account(name).map((of) => [of.part, of]));
  const kept = { received: { blocks: 5 }, stored: { blocks: 5 } };
  const counts = { received: { blocks: 10 }, stored: { blocks: 0 } };
  expect(account('cloud')).toMatchObject({
    'esp-home': { ...counts, delivered: { blocks: 10 } },
    'esp-shed': kept,
  });
  expect(account('viam')).toMatchObject({
    'esp-home': { ...counts, deleted: { blocks: 10 } },
    'esp-shed': kept,
  });
  await next.close();
});

test('two gateways never hold one directory', async () => {
  await expect(Outbox.open({ path: root })).rejects.toMatchObject({ code: 'directory-in-use' });
});

test.each(['.sluice', '.sluice/log', ''])(
  'its own files removed while it runs are noticed, and nothing more is acknowledged',
  async (removed) => {
    const state = directory.declare(metadata());
    append(state, 0);
    await durable(state, 1);
    // What a start writes is written.
    await directory.checkpoint();
    await fs.rm(join(root, removed), { recursive: true });
    await expect(directory.complete()).rejects.toMatchObject({ code: 'outbox-gone' });
    expect(directory.problem).toMatchObject({ code: 'outbox-gone' });
    expect(append(state, 1)).toBe('closed');
  },
);

test('that is noticed without a sync, too, within half a minute', async () => {
  const problems: string[] = [];
  let look = (): void => undefined;
  const clock = {
    ...systemClock,
    after: (delay: number, action: () => void) => {
      if (delay !== 30_000) return systemClock.after(delay, action);
      look = action;
      return () => undefined;
    },
  };
  await directory.close();
  directory = await Outbox.open({ path: root, clock, onProblem: (path) => problems.push(path) });
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  await directory.checkpoint();
  await fs.rm(join(root, '.sluice'), { recursive: true });
  look();
  await vi.waitFor(() => expect(directory.problem).toMatchObject({ code: 'outbox-gone' }), 20_000);
  expect(append(state, 1)).toBe('closed');
  expect(problems).toContain(join(root, '.sluice'));
});

test('a directory of a newer release is refused, and left as it is', async () => {
  await directory.close();
  const path = join(root, '.sluice', 'state.json');
  const newer = JSON.stringify({ version: stateVersion + 1 });
  await fs.writeFile(path, newer);
  await expect(Outbox.open({ path: root })).rejects.toMatchObject({ code: 'outbox-newer-version' });
  expect(await fs.readFile(path, 'utf8')).toBe(newer);
  await fs.rm(path);
  directory = await Outbox.open({ path: root });
});

test('what is set aside is bounded like everything else, and its loss is in the account', async () => {
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  await directory.complete();
  const before = directory.bytes;
  await directory.setAside([...directory.waiting()][0]!, 'cloud', 'it is no good');
  expect(directory.bytes).toBeGreaterThanOrEqual(before);
  await reopen();
  const [failed] = directory.failed();
  expect(await fs.readFile(`${failed!.file.path}.reason.txt`, 'utf8')).toBe('it is no good\n');
  await directory.discard(failed!);
  expect(await fs.readdir(dirname(failed!.file.path))).toEqual([]);
  for (const _ of [1, 2]) {
    expect(directory.account()[0]).toMatchObject({ setAside: { blocks: 0 }, deleted: { blocks: 1 } });
    await reopen();
  }
});

test('each destination settles an item by name, and it goes with the last', async () => {
  const destinations = ['cloud', 'broker'];
  await reopen({ destinations });
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  await directory.complete();
  await directory.delivered([...directory.waiting('cloud')][0]!, 'cloud');
  await reopen({ destinations });
  expect([...directory.waiting('cloud')]).toEqual([]);
  expect(directory.account('cloud')[0]).toMatchObject({ delivered: { blocks: 1 }, stored: { blocks: 0 } });
  expect(directory.account('broker')[0]).toMatchObject({ delivered: { blocks: 0 }, stored: { blocks: 1 } });
  const [item] = directory.waiting('broker');
  await directory.setAside(item!, 'broker', 'too old');
  expect(directory.waitingItems).toBe(0);
  expect(directory.account('broker')[0]).toMatchObject({ setAside: { blocks: 1 }, stored: { blocks: 0 } });
  expect((await fs.stat(join(root, 'failed', item!.key))).isFile()).toBe(true);
});

test('a destination that comes later gets what is stored, and one that goes holds nothing up', async () => {
  await reopen({ destinations: ['cloud', 'broker'] });
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  await directory.complete();
  await directory.delivered([...directory.waiting()][0]!, 'cloud');
  append(state, 1);
  await durable(state, 2);
  await reopen({ destinations: ['cloud', 'archive'] });
  expect([...directory.waiting('archive')]).toHaveLength(2);
  expect(directory.account('archive')[0]).toMatchObject({ received: { blocks: 2 }, stored: { blocks: 2 } });
  await reopen({ destinations: ['cloud'] });
  expect([...directory.waiting()]).toHaveLength(1);
  expect(directory.account()[0]).toMatchObject({ delivered: { blocks: 1 }, stored: { blocks: 1 } });
});

test('files deleted by hand while no gateway runs are counted at the next start', async () => {
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  await directory.close();
  await fs.rm(join(root, 'rdk_component_board'), { recursive: true });
  directory = await Outbox.open({ path: root });
  expect(directory.account()[0]).toMatchObject({
    received: { blocks: 1 },
    deleted: { blocks: 1 },
    stored: { blocks: 0 },
  });
  expect(directory.streams('esp-home', boot).get(1)?.durable).toBe(1);
});

test('a file that the cloud will never take moves to failed, and the sums know it', async () => {
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  await directory.complete();
  const [file] = [...directory.waiting()];
  await directory.setAside(file!, 'cloud', 'it is no good');
  const moved = join(root, 'failed', file!.file.path.slice(root.length + 1));
  expect((await fs.stat(moved)).isFile()).toBe(true);
  expect([...directory.waiting()]).toEqual([]);
  await reopen();
  expect(directory.account()[0]).toMatchObject({ setAside: { blocks: 1 }, stored: { blocks: 0 } });
});

test('the watermarks of a boot that is over are forgotten, its blocks are kept', async () => {
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  await directory.prune('esp-home', [{ counter: 4, random: 5 }]);
  expect(directory.streams('esp-home', boot).size).toBe(0);
  await reopen();
  expect(directory.streams('esp-home', boot).size).toBe(0);
  expect(await blocks()).toHaveLength(1);
});

/** Another life of the gateway, after the first was killed: nothing of it was closed. */
async function afterKill(): Promise<Outbox> {
  return Outbox.open({ path: root, storage: new NodeStorage() });
}

test.each([
  ['of which nothing is left', () => 0],
  ['cut off within its magic', () => 5],
  ['cut off within its head', () => 40],
  ['of which the head alone is left', (size: number) => size - 2 * 225],
  ['cut off within its last block', (size: number) => size - 1],
])('a complete file %s after a power cut comes back whole from the journal', async (_, left) => {
  await reopen({ heldBytes: 0 });
  const state = directory.declare(metadata());
  append(state, 0);
  append(state, 1);
  await durable(state, 2);
  await directory.complete();
  const { path } = [...directory.waiting()][0]!.file;
  await fs.truncate(path, left((await fs.stat(path)).size));
  const next = await afterKill();
  expect((await contentsOf(next)).map(({ sequence }) => sequence).sort()).toEqual([0, 1]);
  expect(next.account()[0]).toMatchObject({
    received: { blocks: 2 },
    deleted: { blocks: 0 },
    stored: { blocks: 2 },
  });
  await next.close();
});

test('what a power cut left of a file without its beginning goes, as its blocks are in the log', async () => {
  await reopen({ heldBytes: 0 });
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  await directory.complete();
  const { path } = [...directory.waiting()][0]!.file;
  const open = path.replace(/-0_1_10\.sluice$/, '.prog');
  for (const torn of [path, open]) await fs.writeFile(torn, Buffer.alloc(100, 7));
  const next = await afterKill();
  expect(await contentsOf(next)).toMatchObject([{ sequence: 0 }]);
  await next.checkpoint();
  const [item] = [...next.waiting()];
  expect(await fs.readdir(dirname(path))).toEqual([item!.file.path.slice(dirname(path).length + 1)]);
  await next.close();
});

test('garbage behind the last block of a file is cut off, and all before it is read', async () => {
  await reopen({ heldBytes: 0 });
  const state = directory.declare(metadata());
  append(state, 0);
  append(state, 1);
  await durable(state, 2);
  await directory.complete();
  const { path } = [...directory.waiting()][0]!.file;
  await fs.appendFile(path, Buffer.from('not of ours'.repeat(30)));
  const next = await afterKill();
  expect(await contentsOf(next)).toMatchObject([{ sequence: 0 }, { sequence: 1 }]);
  const account = { received: { blocks: 2 }, deleted: { blocks: 0 }, stored: { blocks: 2 } };
  expect(next.account()[0]).toMatchObject(account);
  await next.close();
});

test('a file is .prog while it is written, then complete with its time in its name; closing twice is harmless', async () => {
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  await directory.checkpoint();
  const names = async () =>
    (await fs.readdir(root, { recursive: true })).filter((name) => /\w\.(prog|sluice)$/.test(name));
  expect(await names()).toEqual([expect.stringMatching(/\/\d{8}T\d{9}Z_\w+-\w+_1_0\.prog$/)]);
  await directory.complete();
  expect(await names()).toEqual([expect.stringMatching(/\/\d{8}T\d{9}Z_\w+-\w+_1_0-0_1_10\.sluice$/)]);
  await Promise.all([directory.close(), directory.close()]);
  await directory.close();
  await reopen();
  expect((await blocks()).map(({ sequence }) => sequence)).toEqual([0]);
});

test('a block that could not be written is not kept, and is taken when it comes again', async () => {
  const disk = new StrictDisk();
  const outbox = await Outbox.open({ path: root, storage: disk.mount() });
  let failures = 0;
  outbox.events.on('failed', () => failures++);
  const state = outbox.declare(metadata());
  appendTo(outbox, state, 0);
  await durable(state, 1);
  disk.fault = ({ kind }) => (kind === 'append' ? 'ENOSPC' : undefined);
  appendTo(outbox, state, 1);
  await vi.waitFor(() => expect(failures).toBe(1));
  expect(state.next).toBe(1);
  disk.fault = undefined;
  expect(appendTo(outbox, state, 1)).toBe('taken');
  await durable(state, 2);
  await outbox.complete();
  expect((await contentsOf(outbox)).map(({ sequence }) => sequence)).toEqual([0, 1]);
  await outbox.close();
});

test('a stream whose declaration could not be written is declared again with its next block', async () => {
  const disk = new StrictDisk();
  const outbox = await Outbox.open({ path: root, storage: disk.mount() });
  const state = outbox.declare(metadata());
  const appendAll = () => [0, 1, 2].map((sequence) => appendTo(outbox, state, sequence));
  const all = ['taken', 'taken', 'taken'];
  disk.fault = ({ kind, path }) => (kind === 'append' && path.endsWith('.log') ? 'ENOSPC' : undefined);
  for (let attempt = 0; attempt < 2; attempt++) {
    const failed = new Promise((resolve) => outbox.events.on('failed', resolve));
    expect(appendAll()).toEqual(all);
    await failed;
    expect(state.next).toBe(0);
  }
  delete disk.fault;
  expect(appendAll()).toEqual(all);
  await durable(state, 3);
  await outbox.complete();
  const [item] = [...outbox.waiting()];
  expect(item).toMatchObject({ first: 0, next: 3 });
  disk.kill({ power: true });
  const next = await Outbox.open({ path: root, storage: disk.mount() });
  expect(next.declare(metadata())).toMatchObject({ next: 3, durable: 3 });
  expect(next.account()[0]).toMatchObject({ received: { blocks: 3 }, stored: { blocks: 3 } });
  await next.close();
});
