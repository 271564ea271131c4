import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NodeStorage, type Storage } from './index';
import { StrictDisk } from './strict-disk';

const bytes = (content: string) => new TextEncoder().encode(content);
const text = (content: Uint8Array) => new TextDecoder().decode(content);

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-storage-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const storages: [name: string, make: () => Promise<Storage>][] = [
  ['the disk of this machine', async () => new NodeStorage()],
  [
    'the strict disk',
    async () => {
      const storage = new StrictDisk().mount();
      await storage.makeDirectory(root);
      return storage;
    },
  ],
];

describe.each(storages)('%s', (_, make) => {
  let storage: Storage;
  beforeEach(async () => {
    storage = await make();
  });

  test('appends, cuts, and reads any part', async () => {
    const path = join(root, 'a');
    const file = await storage.create(path);
    await file.append([bytes('one'), bytes(''), bytes('two')]);
    expect(file.size).toBe(6);
    await file.truncate(4);
    await file.append(Array.from({ length: 3000 }, () => bytes('x')));
    await file.sync();
    await file.close();
    expect(text(await storage.readRange(path, 2, 4))).toBe('etxx');
    expect((await storage.readRange(path, 5000, 4)).length).toBe(0);
    expect(await storage.status(path)).toMatchObject({ size: 3004, directory: false });
    const again = await storage.open(path);
    expect(again.size).toBe(3004);
    await again.close();
    await expect(storage.create(path)).rejects.toMatchObject({ code: 'EEXIST' });
  });

  test('writes a stream, and leaves the file as it was when the stream fails', async () => {
    const path = join(root, 'big');
    const pieces = async function* (fails: boolean) {
      for (let i = 0; i < 4; i++) yield new Uint8Array(100_000).fill(i);
      if (fails) throw new Error('the sender is gone');
    };
    expect(await storage.write(path, pieces(false))).toBe(400_000);
    await expect(storage.write(path, pieces(true))).rejects.toThrow('the sender is gone');
    const lengths: number[] = [];
    for await (const piece of storage.readPieces(path, 150_000)) lengths.push(piece.length);
    expect(lengths).toEqual([150_000, 150_000, 100_000]);
    expect((await storage.list(root)).map(({ name }) => name)).toEqual(['big']);
  });

  test('makes directories with their parents, once and again', async () => {
    const path = join(root, 'd/e/f');
    await storage.makeDirectory(path);
    await storage.makeDirectory(path);
    await storage.replace(join(path, 'a'), bytes('x'));
    expect(await storage.list(join(root, 'd'))).toEqual([{ name: 'e', directory: true }]);
    await expect(storage.makeDirectory(join(path, 'a'))).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await storage.list(join(root, 'absent'))).toEqual([]);
    expect(await storage.status(join(root, 'absent'))).toBeUndefined();
  });

  test('replaces, renames, removes and discards', async () => {
    const [a, b] = [join(root, 'a'), join(root, 'b')];
    await storage.replace(a, bytes('1'));
    await storage.replace(a, bytes('2'));
    await storage.replace(b, bytes('3'));
    await storage.rename(a, b);
    expect(text(await storage.read(b))).toBe('2');
    await storage.remove(b);
    await storage.discard(b);
    await expect(storage.remove(b)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(storage.read(b)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await storage.freeSpace(root)).toBeGreaterThan(0);
  });

  test('reads on from a file that was removed', async () => {
    const path = join(root, 'a');
    await storage.replace(path, bytes('still here'));
    const file = await storage.openForReading(path);
    await storage.remove(path);
    expect(text(await file.read(0, 100))).toBe('still here');
    await file.close();
  });
});

test('what the disk of this machine keeps is for its user and group alone', async () => {
  const storage = new NodeStorage();
  await storage.makeDirectory(join(root, 'd'));
  await storage.replace(join(root, 'd/a'), bytes('x'));
  expect((await stat(join(root, 'd'))).mode & 0o027).toBe(0);
  expect((await stat(join(root, 'd/a'))).mode & 0o137).toBe(0);
});

test('what fails on an open file of this machine’s disk names it', async () => {
  const failed = { code: 'EISDIR', message: expect.stringContaining(`'${root}'`) };
  await expect(new NodeStorage().readRange(root, 0, 9)).rejects.toMatchObject(failed);
});

test.runIf(existsSync('/dev/full'))('so does what finds no room', async () => {
  const file = await new NodeStorage().open('/dev/full');
  const failed = { code: 'ENOSPC', message: expect.stringContaining("'/dev/full'") };
  await expect(file.append([bytes('x')])).rejects.toMatchObject(failed);
  await file.close();
});
