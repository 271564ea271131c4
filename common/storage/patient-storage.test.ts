import { expect, test } from 'vitest';
import { PatientStorage } from './patient-storage';
import { StrictDisk } from './strict-disk';

function patientOver(disk: StrictDisk) {
  const waits: number[] = [];
  const storage = new PatientStorage(disk.mount(), async (milliseconds) => {
    waits.push(milliseconds);
  });
  return { storage, waits };
}

/** The first so many operations of those kinds fail. */
function failFirst(disk: StrictDisk, count: number, code: string, kinds: readonly string[]): void {
  let left = count;
  disk.fault = ({ kind }) => (kinds.includes(kind) && left-- > 0 ? code : undefined);
}

async function diskWith(path: string, content: string): Promise<StrictDisk> {
  const disk = new StrictDisk();
  await disk.mount().replace(path, Buffer.from(content));
  return disk;
}

test.each(['list', 'status', 'open', 'read', 'remove', 'makeEntry', 'syncDirectory'])(
  'what fails at %s is tried again, after pauses that grow',
  async (kind) => {
    const disk = await diskWith('/a', 'x');
    const { storage, waits } = patientOver(disk);
    failFirst(disk, 3, 'EIO', [kind]);
    expect(await storage.list('/')).toEqual([{ name: 'a', directory: false }]);
    expect((await storage.status('/a'))?.size).toBe(1);
    expect(Buffer.from(await storage.read('/a')).toString()).toBe('x');
    await storage.makeDirectory('/d');
    await storage.discard('/a');
    expect(await storage.status('/a')).toBeUndefined();
    expect(waits).toHaveLength(3);
    expect(waits).toEqual([...new Set(waits)].sort((a, b) => a - b));
  },
);

test('what lasts is told at once', async () => {
  const { storage, waits } = patientOver(new StrictDisk());
  await expect(storage.read('/none')).rejects.toMatchObject({ code: 'ENOENT' });
  expect(waits).toEqual([]);
});

test('what fails for good is told after a few attempts', async () => {
  const disk = await diskWith('/a', 'x');
  const { storage, waits } = patientOver(disk);
  disk.fault = ({ kind }) => (kind === 'read' ? 'EIO' : undefined);
  await expect(storage.read('/a')).rejects.toMatchObject({ code: 'EIO' });
  expect(waits.length).toBeGreaterThan(2);
});

test('all waiting together is bounded, and can be ended', async () => {
  const disk = await diskWith('/a', 'x');
  const { storage, waits } = patientOver(disk);
  disk.fault = ({ kind }) => (kind === 'read' ? 'EIO' : undefined);
  for (let times = 0; times < 1_000; times++) await storage.read('/a').catch(() => undefined);
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(15_000);
  const { storage: other, waits: none } = patientOver(disk);
  other.endPatience();
  await expect(other.read('/a')).rejects.toMatchObject({ code: 'EIO' });
  expect(none).toEqual([]);
});

test('bytes are written and synced once, also when that fails', async () => {
  const disk = await diskWith('/a', 'x');
  const { storage } = patientOver(disk);
  for (const kind of ['append', 'sync', 'rename']) {
    let times = 0;
    disk.fault = (operation) => {
      if (operation.kind !== kind) return undefined;
      times++;
      return 'EIO';
    };
    await expect(storage.replace('/a', Buffer.from('y'))).rejects.toMatchObject({ code: 'EIO' });
    expect(times).toBe(1);
  }
  delete disk.fault;
  expect(Buffer.from(await storage.read('/a')).toString()).toBe('x');
});
