import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sluiceEnded } from '../../test/running';

let folder: string;
const lineOf = (dev_id: string, time: number, n: number) =>
  JSON.stringify({ app_id: 'app', dev_id, time, payload_fields: { n } });
/** With a temporary folder of its own, of which nothing may be left. */
const raw = async (...words: string[]) => {
  const env = { ...process.env, TMPDIR: join(folder, 'temporary') };
  return sluiceEnded(['cloud', 'raw', folder, ...words], { env });
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-raw-'));
  await mkdir(join(folder, 'temporary'));
  await mkdir(join(folder, 'data/app'), { recursive: true });
  for (const [device, date, n] of [
    ['a', '2026-03-01', 1],
    ['a', '2026-03-02', 2],
    ['b', '2026-03-02', 3],
  ] as const)
    await writeFile(join(folder, `data/app/${device}-${date}.json`), `${lineOf(device, 1000, n)}\n`);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function rowsIn(parquet: Buffer): Promise<unknown[][]> {
  const path = join(folder, 'printed.parquet');
  await writeFile(path, parquet);
  const instance = await DuckDBInstance.create();
  try {
    const read = await (await instance.connect()).runAndReadAll(`select part, stream, value from '${path}'`);
    return read.getRowsJS();
  } finally {
    instance.closeSync();
  }
}

describe('sluice cloud raw', () => {
  test('prints days of several devices as one table of Parquet', async () => {
    const { code, stdout, stderr } = await raw('--format', 'parquet');
    expect([code, stderr]).toEqual([0, '']);
    expect(await rowsIn(stdout)).toEqual([
      ['a', 'n', 1],
      ['a', 'n', 2],
      ['b', 'n', 3],
    ]);
    const left = await readdir(join(folder, 'temporary'));
    expect(left.filter((name) => name.startsWith('sluice'))).toEqual([]);
  });

  test('prints Arrow, and the days alone that are asked for', async () => {
    const { stdout } = await raw('--format', 'arrow', '--from', '2026-03-02', '--dev-id', 'b');
    // An IPC stream begins with what continues it.
    expect(stdout.subarray(0, 4)).toEqual(Buffer.from([255, 255, 255, 255]));
    expect(stdout.includes('app')).toBe(true);
    expect((await raw('--format', 'csv', '--from', '2026-03-02', '--dev-id', 'b')).stdout.toString()).toBe(
      'time,stream,value,tags\r\n1970-01-01T00:00:01.000Z,n,3,{}\r\n',
    );
  });

  test('tells of what is damaged, and prints the rest', async () => {
    await appendFile(join(folder, 'data/app/b-2026-03-02.json'), 'no message\n');
    const { code, stdout, stderr } = await raw('--format', 'parquet', '--dev-id', 'b');
    expect(code).toBe(1);
    expect(stderr).toContain('b-2026-03-02.json: a line that is no message: $ is not JSON');
    expect(await rowsIn(stdout)).toEqual([['b', 'n', 3]]);
  });
});
