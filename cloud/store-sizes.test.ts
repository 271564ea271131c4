import { StrictDisk } from '@sluice/common/storage/strict';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { StoreSizes } from './store-sizes';

test('each store is measured with all that lies below its folder, and what is not there takes nothing', async () => {
  const storage = new StrictDisk(1).mount();
  const put = async (folder: string, name: string, bytes: number) => {
    await storage.makeDirectory(folder);
    const file = await storage.create(`${folder}/${name}`);
    await file.append([new Uint8Array(bytes)]);
    await file.close();
  };
  await put('/cloud/data/lab', 'd-2026-03-01.json', 100);
  await put('/cloud/data/lab', 'd-2026-03-02.json', 20);
  await put('/cloud/state/time-series/1/files', 'a.parquet', 7);
  await put('/cloud/state', 'jobs.json', 1_000);
  const looked = vi.fn();
  const sizes = new StoreSizes({ storage, directory: '/cloud', looked, log: pino({ level: 'silent' }) });
  try {
    expect(sizes.bytes.size).toBe(0);
    await sizes.look();
    expect(Object.fromEntries(sizes.bytes)).toEqual({
      ...{ 'raw-files': 120, buckets: 0, objects: 0, 'time-series': 7 },
    });
    expect(looked.mock.calls).toEqual([[sizes.bytes]]);
  } finally {
    await sizes.close();
  }
});
