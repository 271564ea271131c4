/** Items that are no capture files: binaries and adopted files. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StrictDisk } from '../../common/storage/strict-disk';
import type { Item } from './items';
import { Outbox, type OutboxOptions } from './outbox';
import { document, image as usualImage } from './test-metadata';

let root: string;
let capture: string;
let outbox: Outbox;

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-arrivals-'));
  capture = join(root, 'capture');
  outbox = await Outbox.open({ path: capture });
});

afterEach(async () => {
  await outbox.close();
  await fs.rm(root, { recursive: true });
});

const image = {
  ...usualImage,
  parameters: { mime_type: 'image/jpeg' },
  requested: Date.UTC(2026, 10, 21, 22, 40, 3, 117),
  received: Date.UTC(2026, 10, 21, 22, 40, 3, 180),
  mimeType: 'image/jpeg',
  tags: ['night'],
};

async function reopen(options: Partial<OutboxOptions> = {}): Promise<void> {
  await outbox.close();
  outbox = await Outbox.open({ path: capture, ...options });
}

async function* pieces(...of: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of of) yield Buffer.from(piece);
}

async function textOf(item: Item): Promise<string | undefined> {
  const content = await outbox.content(item);
  if (content === undefined) return undefined;
  const parts: Uint8Array[] = [];
  for await (const piece of content.pieces()) parts.push(piece);
  const bytes = Buffer.concat(parts);
  expect(bytes.length).toBe(content.bytes);
  return bytes.toString();
}

const tallies = (destination?: string) => {
  const [of] = outbox.account(destination);
  const { received, delivered, setAside, deleted, stored } = of!;
  return [received, delivered, setAside, deleted, stored].map(({ blocks }) => blocks);
};

async function file(name: string, text: string): Promise<string> {
  const path = join(root, name);
  await fs.writeFile(path, text);
  return path;
}

test('a binary is streamed to a file of its own, and comes back as it was with all that is known of it', async () => {
  const item = await outbox.binary(image, pieces('a pic', 'ture'));
  expect(item.file.path).toMatch(
    /\/rdk_component_camera\/main:cam\/GetImages\/20261121T224003117Z_[0-9a-f-]{36}\.jpeg\.binary$/,
  );
  expect(item.metadata).toEqual(image);
  expect(await textOf(item)).toBe('a picture');
  await reopen();
  const [again] = [...outbox.waiting()];
  expect(again).toMatchObject({ type: 'binary', name: item.name, metadata: image, bytes: item.bytes });
  expect(await textOf(again!)).toBe('a picture');
  await outbox.delivered(again!, 'cloud');
  expect(await fs.readdir(join(capture, 'rdk_component_camera/main:cam/GetImages'))).toEqual([]);
  expect(tallies()).toEqual([1, 1, 0, 0, 0]);
});

test('a binary whose payload ends in the middle leaves nothing', async () => {
  const broken = async function* () {
    yield Buffer.from('half');
    throw new Error('the camera is gone');
  };
  await expect(outbox.binary(image, broken())).rejects.toThrow('the camera is gone');
  expect(outbox.waitingItems).toBe(0);
  expect(await fs.readdir(join(capture, 'rdk_component_camera/main:cam/GetImages'))).toEqual([]);
});

test.each(['open', 'append', 'sync', 'rename', 'syncDirectory'])(
  'a binary that is not taken, as its %s fails, leaves nothing, and is none after a start',
  async (failing) => {
    const disk = new StrictDisk();
    const open = () => Outbox.open({ path: '/capture', storage: disk.mount() });
    const strict = await open();
    const { key } = await strict.binary(image, Buffer.from('first'));
    disk.fault = ({ kind, path }) => {
      if (kind !== failing || !path.includes('GetImages')) return undefined;
      disk.fault = undefined;
      return 'EIO';
    };
    await expect(strict.binary(image, Buffer.from('second'))).rejects.toMatchObject({ code: 'EIO' });
    expect(await disk.mount().list('/capture/rdk_component_camera/main:cam/GetImages')).toHaveLength(1);
    await strict.close();
    const again = await open();
    expect([...again.waiting()].map((item) => item.key)).toEqual([key]);
    await again.close();
  },
);

test('a binary that was refused lies in failed/ with the reason, also after a start', async () => {
  const item = await outbox.binary(image, Buffer.from('x'));
  await outbox.setAside(item, 'cloud', 'no pictures here');
  await reopen();
  const [failed] = [...outbox.failed()];
  expect(failed).toMatchObject({ type: 'binary', name: item.name });
  expect(await fs.readFile(`${failed!.file.path}.reason.txt`, 'utf8')).toBe('no pictures here\n');
  expect(tallies()).toEqual([1, 0, 1, 0, 0]);
});

test('each destination settles a binary by itself', async () => {
  await reopen({ destinations: ['cloud', 'viam'] });
  const item = await outbox.binary(image, Buffer.from('x'));
  await outbox.delivered(item, 'viam');
  await reopen({ destinations: ['cloud', 'viam'] });
  expect([...outbox.waiting('viam')]).toEqual([]);
  const [left] = [...outbox.waiting('cloud')];
  await outbox.delivered(left!, 'cloud');
  expect(tallies('cloud')).toEqual([1, 1, 0, 0, 0]);
  expect(tallies('viam')).toEqual([1, 1, 0, 0, 0]);
  expect(outbox.waitingItems).toBe(0);
});

test('destinations come and go while it runs', async () => {
  const item = await outbox.binary(image, Buffer.from('x'));
  await outbox.configure(['cloud', 'viam']);
  expect(tallies('viam')).toEqual([1, 0, 0, 0, 1]);
  await outbox.delivered(item, 'cloud');
  expect(outbox.waitingItems).toBe(1);
  // Who has it is known also after a crash, and when the destination comes back.
  await outbox.configure(['viam']);
  await outbox.configure(['cloud', 'viam']);
  expect([...outbox.waiting('cloud')]).toEqual([]);
  await outbox.configure(['cloud']);
  expect(outbox.waitingItems).toBe(0);
});

test('a destination that comes while an item goes is owed it, or was never told of it', async () => {
  for (let step = 0; step < 12; step++) {
    await outbox.configure(['cloud']);
    const item = await outbox.binary(image, Buffer.from('x'));
    const delivered = outbox.delivered(item, 'cloud');
    for (let turn = 0; turn < step; turn++) await Promise.resolve();
    await Promise.all([delivered, outbox.configure(['cloud', 'viam'])]);
    const waiting = [...outbox.waiting('viam')];
    expect(tallies('viam'), `after ${step} steps`).toEqual([waiting.length, 0, 0, 0, waiting.length]);
    for (const left of waiting) await outbox.delivered(left, 'viam');
  }
});

test('without any destination everything stays', async () => {
  const item = await outbox.binary(image, Buffer.from('x'));
  await outbox.configure(['cloud', 'viam']);
  await outbox.delivered(item, 'cloud');
  await outbox.configure([]);
  expect(await fs.readFile(item.file.path, 'utf8')).toContain('SLUICE-B');
  expect(outbox.waitingItems).toBe(1);
});

test('an adopted file stays where it is until it is delivered, then it is removed', async () => {
  const path = await file('log.txt', 'lines');
  const item = await outbox.adopt(path, document);
  expect(await outbox.adopt(path, document)).toBe(item);
  await reopen();
  const [again] = [...outbox.waiting()];
  expect(again).toMatchObject({ type: 'file', key: path, name: item!.name, metadata: document });
  expect(await textOf(again!)).toBe('lines');
  expect(await fs.readFile(path, 'utf8')).toBe('lines');
  await outbox.delivered(again!, 'cloud');
  await expect(fs.stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(tallies()).toEqual([1, 1, 0, 0, 0]);
  expect(await outbox.adopt(path, document)).toBeUndefined();
});

test('a file that changes while it is sent is its owner’s again, and another item the next time', async () => {
  const path = await file('log.txt', 'a'.repeat(1_000_000));
  const item = (await outbox.adopt(path, document))!;
  const content = (await outbox.content(item))!;
  const sent = (async () => {
    for await (const piece of content.pieces()) if (piece.length > 0) await fs.appendFile(path, 'b');
  })();
  await expect(sent).rejects.toMatchObject({ code: 'file-changed' });
  expect(outbox.waitingItems).toBe(0);
  expect(tallies()).toEqual([0, 0, 0, 0, 0]);
  const again = (await outbox.adopt(path, document))!;
  expect(again.name).not.toBe(item.name);
  expect(await textOf(again)).toHaveLength((await fs.stat(path)).size);
});

test('a file that was written to after it was sent is not removed', async () => {
  const path = await file('log.txt', 'first');
  const item = (await outbox.adopt(path, document))!;
  expect(await textOf(item)).toBe('first');
  await fs.appendFile(path, ', more');
  await outbox.delivered(item, 'cloud');
  expect(await fs.readFile(path, 'utf8')).toBe('first, more');
  expect(await textOf((await outbox.adopt(path, document))!)).toBe('first, more');
});

test('a file that changed or went while the gateway was off is noticed at its start', async () => {
  const [changed, gone] = [await file('changed', 'x'), await file('gone', 'x')];
  await outbox.adopt(changed, document);
  await outbox.adopt(gone, document);
  await outbox.close();
  await fs.appendFile(changed, 'y');
  await fs.rm(gone);
  await reopen();
  expect(outbox.waitingItems).toBe(0);
  // The one is its owner's again, the other was deleted.
  expect(tallies()).toEqual([1, 0, 0, 1, 0]);
});

test('an adopted file that was refused moves to failed/ beside it, with the reason', async () => {
  const path = await file('log.txt', 'lines');
  await outbox.setAside((await outbox.adopt(path, document))!, 'cloud', 'too much');
  expect(await fs.readFile(join(root, 'failed/log.txt'), 'utf8')).toBe('lines');
  expect(await fs.readFile(join(root, 'failed/log.txt.reason.txt'), 'utf8')).toBe('too much\n');
  expect(tallies()).toEqual([1, 0, 1, 0, 0]);
});

test('a delivered file that cannot be removed is not taken again', async () => {
  const disk = new StrictDisk();
  const storage = disk.mount();
  const write = (path: string) => storage.replace(path, Buffer.from('lines'));
  await storage.makeDirectory('/data');
  await write('/data/log.txt');
  const strict = await Outbox.open({ path: '/capture', storage });
  const item = (await strict.adopt('/data/log.txt', document))!;
  disk.fault = ({ kind, path }) => (kind === 'remove' && path === '/data/log.txt' ? 'EACCES' : undefined);
  await strict.delivered(item, 'cloud');
  expect(await strict.adopt('/data/log.txt', document)).toBeUndefined();
  disk.fault = undefined;
  await strict.checkpoint();
  expect(await storage.status('/data/log.txt')).toBeUndefined();
  await write('/data/log.txt');
  expect(await strict.adopt('/data/log.txt', document)).toBeDefined();
  await strict.close();
});

test('another capture directory takes over what is known of streams', async () => {
  const metadata = {
    part: 'esp',
    boot: { counter: 1, random: 2 },
    stream: 1,
    owner: 'part' as const,
    resource: 'rdk:component:board/b',
    method: 'Analogs',
    parameters: {},
    kind: 'integer' as const,
    period: { numerator: 10, denominator: 1 },
    tags: [],
  };
  const state = outbox.declare(metadata);
  const block = { readings: 1, start: 0, end: 9, bytes: new Uint8Array(60) };
  for (const sequence of [0, 1]) outbox.append(state, { ...block, sequence }, 5_000);
  await outbox.close();
  const other = await Outbox.open({ path: join(root, 'other') });
  await other.takeOver(outbox.allStreams);
  const taken = other.declare(metadata);
  expect(taken).toMatchObject({ durable: 2, next: 2, end: state.end, offset: state.offset });
  expect(other.append(taken, { ...block, sequence: 1 }, 5_000)).toBe('duplicate');
  expect(other.append(taken, { ...block, sequence: 2 }, 5_000)).toBe('taken');
  await other.close();
});
