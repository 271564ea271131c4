import { describe, expect, test } from 'vitest';
import { StrictDisk } from './strict-disk';

const bytes = (content: string) => new TextEncoder().encode(content);
const text = (content: Uint8Array) => new TextDecoder().decode(content);

/** What many power cuts leave of what `act` did; undefined: no such file. */
async function leftovers(
  path: string,
  act: (disk: StrictDisk) => Promise<void>,
): Promise<Set<string | undefined>> {
  const seen = new Set<string | undefined>();
  for (let seed = 0; seed < 150; seed++) {
    const disk = new StrictDisk(seed);
    await act(disk);
    disk.kill({ power: true });
    const storage = disk.mount();
    seen.add((await storage.status(path)) && text(await storage.read(path)));
  }
  return seen;
}

async function write(disk: StrictDisk, path: string, content: string): Promise<void> {
  const file = await disk.mount().open(path);
  await file.append([bytes(content)]);
  await file.sync();
}

describe('a power cut', () => {
  test('may take a new file whose directory was not synced, and no other', async () => {
    expect(await leftovers('/a', (disk) => write(disk, '/a', 'x'))).toEqual(new Set(['x', undefined]));
    const synced = async (disk: StrictDisk) => {
      await write(disk, '/a', 'x');
      await disk.mount().syncDirectory('/');
    };
    expect(await leftovers('/a', synced)).toEqual(new Set(['x']));
  });

  test('tears data that was not synced at any byte, or leaves anything in its place', async () => {
    const seen = await leftovers('/a', async (disk) => {
      await write(disk, '/a', 'safe');
      await disk.mount().syncDirectory('/');
      await (await disk.mount().open('/a')).append([bytes('data')]);
    });
    for (const content of seen) expect(content?.startsWith('safe')).toBe(true);
    expect(seen).toContain('safe');
    expect(seen).toContain('safeda');
    expect(seen).toContain('safedata');
    expect([...seen].some((content) => content?.includes('\0'))).toBe(true);
  });

  test('brings back what was cut off and removed, when that was not synced', async () => {
    const cut = async (disk: StrictDisk) => {
      await write(disk, '/a', 'whole');
      await disk.mount().syncDirectory('/');
      await (await disk.mount().open('/a')).truncate(2);
    };
    expect(await leftovers('/a', cut)).toContain('whole');
    const removed = async (disk: StrictDisk) => {
      await write(disk, '/a', 'whole');
      await disk.mount().syncDirectory('/');
      await disk.mount().remove('/a');
    };
    expect(await leftovers('/a', removed)).toEqual(new Set(['whole', undefined]));
  });

  test('keeps the old contents or the new ones of a file that is being replaced, at every operation', async () => {
    for (let operation = 1; ; operation++) {
      const disk = new StrictDisk(operation);
      await disk.mount().replace('/a', bytes('old'));
      const death = disk.stopAt(disk.operations + operation, { power: true });
      const done = disk.mount().replace('/a', bytes('new'));
      const finished = await Promise.race([done.then(() => true), death.then(() => false)]);
      if (finished) disk.kill({ power: true });
      const left = text(await disk.mount().read('/a'));
      if (finished) {
        expect(left).toBe('new');
        expect(operation).toBeGreaterThan(5);
        break;
      }
      expect(['old', 'new']).toContain(left);
    }
  });

  test('takes a directory with all in it when its parent was not synced', async () => {
    const made = async (disk: StrictDisk) => {
      const storage = disk.mount();
      await storage.makeEntry('/d');
      await write(disk, '/d/a', 'x');
      await storage.syncDirectory('/d');
    };
    expect(await leftovers('/d/a', made)).toEqual(new Set(['x', undefined]));
    const durable = async (disk: StrictDisk) => {
      await disk.mount().makeDirectory('/d/e');
      await write(disk, '/d/e/a', 'x');
      await disk.mount().syncDirectory('/d/e');
    };
    expect(await leftovers('/d/e/a', durable)).toEqual(new Set(['x']));
  });
});

describe('a failure', () => {
  test('of a sync leaves data that no later sync writes', async () => {
    const seen = await leftovers('/a', async (disk) => {
      await disk.mount().replace('/a', bytes(''));
      const file = await disk.mount().open('/a');
      await file.append([bytes('data')]);
      disk.fault = ({ kind }) => (kind === 'sync' ? 'EIO' : undefined);
      await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
      disk.fault = undefined;
      await file.sync();
      expect(text(await disk.mount().read('/a'))).toBe('data');
    });
    expect([...seen].some((content) => content !== 'data')).toBe(true);
  });

  test('for want of room takes part of it, and works again when there is room', async () => {
    const disk = new StrictDisk();
    const file = await disk.mount().open('/a');
    disk.capacity = 3;
    await expect(file.append([bytes('data')])).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await disk.mount().freeSpace('/')).toBe(0);
    expect(file.size).toBe(0);
    disk.capacity = 4;
    await file.append([bytes('more')]);
    expect(text(await disk.mount().read('/a'))).toBe('more');
    await disk.mount().remove('/a');
    expect(disk.used).toBe(0);
  });
});

test('a dead process does nothing any more', async () => {
  const disk = new StrictDisk();
  const storage = disk.mount();
  const file = await storage.open('/a');
  disk.kill({ power: false });
  let settled = false;
  const note = () => {
    settled = true;
  };
  file.append([bytes('x')]).then(note, note);
  storage.remove('/a').then(note, note);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  expect(settled).toBe(false);
  expect((await disk.mount().read('/a')).length).toBe(0);
});

test('a process that dies in a sync leaves the data to the next one', async () => {
  const after = await leftovers('/file', async (disk) => {
    await disk.mount().syncDirectory('/');
    const file = await disk.mount().open('/file');
    await disk.mount().syncDirectory('/');
    await file.append([bytes('content')]);
    const dead = disk.stopAt(disk.operations + 1, { power: false });
    void file.sync();
    await dead;
    const again = await disk.mount().open('/file');
    await again.sync();
  });
  expect([...after]).toEqual(['content']);
});
