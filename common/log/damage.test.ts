import { describe, expect, test } from 'vitest';
import { seed } from '../../test/chance';
import type { SluiceError } from '../errors';
import { randomNumbers, StrictDisk } from '../storage/strict-disk';
import { Log } from './index';

const count = 200;

/** A log of some segments, closed, whose records each hold their own number. */
async function written(): Promise<StrictDisk> {
  const disk = new StrictDisk();
  const log = await Log.open({ directory: '/log', storage: disk.mount(), segmentBytes: 2000 });
  for (let i = 0; i < count; i += 4)
    await log.writer.append([0, 1, 2, 3].map((n) => ({ kind: 1, bytes: new Uint8Array(20).fill(i + n) })));
  await log.close();
  return disk;
}

async function change(disk: StrictDisk, path: string, by: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  const storage = disk.mount();
  await storage.replace(path, by(await storage.read(path)));
}

async function segmentsOf(disk: StrictDisk): Promise<string[]> {
  const names = (await disk.mount().list('/log')).map(({ name }) => name);
  return names
    .filter((name) => name.endsWith('.log'))
    .map((name) => `/log/${name}`)
    .sort();
}

async function readAll(disk: StrictDisk) {
  const problems: SluiceError[] = [];
  const onProblem = (problem: Error) => problems.push(problem as SluiceError);
  const log = await Log.open({ directory: '/log', storage: disk.mount(), onProblem });
  const found: number[] = [];
  for (let pass = 0; pass < 2; pass++) {
    const reader = log.reader();
    found.length = 0;
    for (let position = 0; ; ) {
      const { records, next } = await reader.read(position, { maxBytes: 300 });
      if (records.length === 0) break;
      for (const { bytes, position } of records) {
        expect([...new Set(bytes)]).toEqual([position]);
        found.push(position);
      }
      position = next;
    }
    await reader.close();
  }
  return { log, found, problems };
}

function flip(bytes: Uint8Array, ...at: number[]): Uint8Array {
  for (const index of at) bytes[index]! ^= 1;
  return bytes;
}

const all = Array.from({ length: count }, (_, i) => i);

describe('damage', () => {
  test('of one byte costs one record, which is named and counted once', async () => {
    const disk = await written();
    const [, , third] = await segmentsOf(disk);
    await change(disk, third!, (bytes) => flip(bytes, 48 + 36 + 20));
    const { log, found, problems } = await readAll(disk);
    const missing = all.filter((position) => !found.includes(position));
    expect(missing).toHaveLength(1);
    expect(log.damagedRecords).toBe(1);
    expect(problems).toMatchObject([
      { code: 'log-damaged', path: third, data: { first: missing[0], next: missing[0]! + 1 } },
    ]);
  });

  test('anywhere is passed, and what is missing is counted exactly', async () => {
    const random = randomNumbers(seed);
    for (let run = 0; run < 60; run++) {
      const disk = await written();
      const paths = await segmentsOf(disk);
      // Not of the last two: there a damaged end is a torn end.
      const path = paths[Math.floor(random() * (paths.length - 2))]!;
      await change(disk, path, (bytes) => {
        const from = Math.floor(random() * bytes.length);
        const to = Math.min(bytes.length, from + 1 + Math.floor(random() * 400));
        for (let at = from; at < to; at++) bytes[at] = Math.floor(random() * 256);
        return bytes;
      });
      const { log, found } = await readAll(disk);
      expect(log.damagedRecords).toBe(count - found.length);
      expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
      expect(found.length).toBeGreaterThan(count - 20);
    }
  });

  test('of a header alone costs nothing', async () => {
    const disk = await written();
    const [, second] = await segmentsOf(disk);
    await change(disk, second!, (bytes) => bytes.fill(0, 0, 48));
    expect((await readAll(disk)).found).toEqual(all);
  });

  test('a segment cut short or removed by hand is counted', async () => {
    const disk = await written();
    const paths = await segmentsOf(disk);
    await change(disk, paths[1]!, (bytes) => bytes.slice(0, 400));
    await disk.mount().remove(paths[3]!);
    const { log, found } = await readAll(disk);
    expect(log.damagedRecords).toBe(count - found.length);
    expect(found.at(-1)).toBe(count - 1);
  });

  test('in the last segment before a later batch is damage, at its end a torn end', async () => {
    const disk = await written();
    const last = (await segmentsOf(disk)).at(-1)!;
    const size = (await disk.mount().read(last)).length;
    await change(disk, last, (bytes) => flip(bytes, size - 1, 60));
    const { log, found } = await readAll(disk);
    expect(found.at(-1)).toBe(count - 2);
    expect(log.end).toBe(count - 1);
    expect(log.cutBytes).toBe(36);
    expect(log.damagedRecords).toBe(1);
  });
});

describe('versions', () => {
  test('a log of a newer release is refused with a sentence, and left as it is', async () => {
    const disk = await written();
    const storage = disk.mount();
    const path = (await segmentsOf(disk)).at(-1)!;
    const { crc32 } = await import('../checksum/crc32');
    await change(disk, path, (bytes) => {
      const view = new DataView(bytes.buffer);
      view.setUint16(8, 2, true);
      view.setUint32(44, crc32(bytes.subarray(0, 44)), true);
      return bytes;
    });
    const before = await segmentsOf(disk);
    await expect(Log.open({ directory: '/log', storage })).rejects.toMatchObject({
      code: 'log-newer-version',
      message: `${path} was written by a newer release (log format 2, this one reads up to 1)`,
    });
    expect(await segmentsOf(disk)).toEqual(before);
  });
});
