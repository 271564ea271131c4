import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CaptureFileMetadata } from '../../modules/block/file';
import { CaptureDirectory, type CaptureDirectoryOptions } from './capture-directory';
import { NodeStorage } from './storage';
import type { StreamState } from './stream-state';

const boot = { counter: 3, random: 77 };
let root: string;
let directory: CaptureDirectory;

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-capture-'));
  directory = await CaptureDirectory.open({ path: root });
});

afterEach(async () => {
  await directory.close();
  await fs.rm(root, { recursive: true });
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

/** The directory does not open blocks: any bytes will do. */
function append(
  state: StreamState,
  sequence: number,
  start = sequence * 100,
  offset: number | undefined = 1_000_000,
) {
  const bytes = new Uint8Array(200).fill(sequence);
  return directory.append(state, { sequence, readings: 10, start, end: start + 90, bytes }, offset);
}

async function durable(state: StreamState, next: number): Promise<void> {
  while (state.durable < next) await new Promise((resolve) => setTimeout(resolve, 1));
}

async function reopen(options: Partial<CaptureDirectoryOptions> = {}): Promise<void> {
  await directory.close();
  directory = await CaptureDirectory.open({ path: root, ...options });
}

/** Every block with its wall time of the first reading. */
async function blocks() {
  await directory.complete();
  const files = await Promise.all(directory.completeFiles().map((file) => directory.read(file)));
  return files.flatMap((file) => file!.blocks.map(({ sequence, mapping }) => ({ sequence, ...mapping })));
}

test('a block comes back as it was, from a directory named after API, part, resource and method', async () => {
  const state = directory.declare(metadata());
  expect(append(state, 0)).toBe('taken');
  await durable(state, 1);
  await directory.complete();
  const [file] = directory.completeFiles();
  expect(dirname(file!.path)).toBe(join(root, 'rdk_component_board/esp-home:my-esp32/Analogs'));
  const contents = await directory.read(file!);
  expect(contents?.metadata).toEqual(metadata());
  expect(contents?.blocks[0]).toMatchObject({
    sequence: 0,
    readings: 10,
    mapping: { known: true, offset: 1_000_000 },
  });
});

test('a clock that was set back bends no time stamp', async () => {
  const state = directory.declare(metadata());
  append(state, 0, 0, 1_000_000);
  append(state, 1, 100, 500_000);
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
  await reopen({ maximumFileBytes: 3_000 });
  const state = directory.declare(metadata());
  for (let sequence = 0; sequence < 100; sequence++) append(state, sequence);
  await durable(state, 100);
  expect((await blocks()).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  for (const { path } of directory.completeFiles())
    expect((await fs.stat(path)).size).toBeLessThanOrEqual(3_000);
});

test('names from outside stay inside the directory', async () => {
  const state = directory.declare(metadata({ resource: '../../etc/passwd', method: '..', part: '../x' }));
  append(state, 0);
  await durable(state, 1);
  await directory.complete();
  const { path } = directory.completeFiles()[0]!;
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
  for (const file of directory.completeFiles()) await directory.uploaded(file);
  await reopen();
  for (const name of foreign) expect(await fs.readFile(join(home, name), 'utf8')).toBe(`not ours: ${name}`);
});

test('files deleted by hand while it runs are counted and stop nothing', async () => {
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  await directory.complete();
  const [file] = directory.completeFiles();
  await fs.rm(file!.path);
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
  // A part is held back only when much is pending: with this, blocks are in their files at once.
  await reopen({ journalBytes: 1 });
  const gone = directory.declare(metadata());
  append(gone, 0);
  await durable(gone, 1);
  const open = join(root, 'rdk_component_board/esp-home:my-esp32/Analogs');
  await vi.waitFor(async () => expect(await fs.readdir(open)).toHaveLength(1));
  await directory.keep([]); // Waits for the checkpoint's end.
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

test('on a disk that is full to the last byte, what was uploaded makes room', async () => {
  const storage = new NodeStorage();
  let room = Number.POSITIVE_INFINITY;
  const open = storage.open.bind(storage);
  const remove = storage.remove.bind(storage);
  storage.open = async (path) => {
    const file = await open(path);
    const write = file.append.bind(file);
    file.append = async (chunks) => {
      const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      if (bytes > room) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      room -= bytes;
      return write(chunks);
    };
    return file;
  };
  storage.remove = async (path) => {
    room += (await fs.stat(path)).size;
    return remove(path);
  };
  await reopen({ storage });
  const state = directory.declare(metadata());
  for (let sequence = 0; sequence < 10; sequence++) append(state, sequence);
  await durable(state, 10);
  await directory.complete();
  room = 0;
  await directory.uploaded(directory.completeFiles()[0]!);
  expect(directory.completeFiles()).toEqual([]);
  expect(directory.account()[0]).toMatchObject({ uploaded: { blocks: 10 }, stored: { blocks: 0 } });
  append(state, 10);
  await durable(state, 11);
  room = Number.POSITIVE_INFINITY;
  await reopen();
  expect(directory.account()[0]).toMatchObject({ uploaded: { blocks: 10 }, stored: { blocks: 1 } });
});

test.each(['', '{"pid":', 'null'])(
  'a lock that lost its power half written is taken over: %j',
  async (text) => {
    await directory.close();
    await fs.writeFile(join(root, '.sluice', 'lock'), text);
    directory = await CaptureDirectory.open({ path: root });
    await expect(CaptureDirectory.open({ path: root })).rejects.toThrow('in use');
  },
);

test('files deleted by hand while no gateway runs are counted at the next start', async () => {
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  await directory.close();
  await fs.rm(join(root, 'rdk_component_board'), { recursive: true });
  directory = await CaptureDirectory.open({ path: root });
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
  const [file] = directory.completeFiles();
  await directory.setAside(file!);
  const moved = join(root, 'failed', file!.path.slice(root.length + 1));
  expect((await fs.stat(moved)).isFile()).toBe(true);
  expect(directory.completeFiles()).toEqual([]);
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
async function afterKill(): Promise<CaptureDirectory> {
  return CaptureDirectory.open({ path: root, lock: async () => ({ release: async () => undefined }) });
}

test.each([
  ['of which nothing is left', () => 0],
  ['cut off within its magic', () => 5],
  ['cut off within its head', () => 40],
  ['of which the head alone is left', (size: number) => size - 2 * 225],
  ['cut off within its last block', (size: number) => size - 1],
])('a complete file %s after a power cut comes back whole from the journal', async (_, left) => {
  const state = directory.declare(metadata());
  append(state, 0);
  append(state, 1);
  await durable(state, 2);
  await directory.complete();
  const { path } = directory.completeFiles()[0]!;
  await fs.truncate(path, left((await fs.stat(path)).size));
  const next = await afterKill();
  const files = await Promise.all(next.completeFiles().map((file) => next.read(file)));
  expect(files.flatMap((file) => file!.blocks.map(({ sequence }) => sequence)).sort()).toEqual([0, 1]);
  expect(next.account()[0]).toMatchObject({
    received: { blocks: 2 },
    deleted: { blocks: 0 },
    stored: { blocks: 2 },
  });
  await next.close();
});

test('a block that could not be written is not kept, and is taken when it comes again', async () => {
  const storage = new NodeStorage();
  let full = false;
  const open = storage.open.bind(storage);
  storage.open = async (path) => {
    const file = await open(path);
    const write = file.append.bind(file);
    file.append = (chunks) =>
      full ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })) : write(chunks);
    return file;
  };
  await reopen({ storage });
  let failures = 0;
  directory.onFailed = () => failures++;
  const state = directory.declare(metadata());
  append(state, 0);
  await durable(state, 1);
  full = true;
  append(state, 1);
  while (failures === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(state.next).toBe(1);
  full = false;
  expect(append(state, 1)).toBe('taken');
  await durable(state, 2);
  expect((await blocks()).map(({ sequence }) => sequence)).toEqual([0, 1]);
});
