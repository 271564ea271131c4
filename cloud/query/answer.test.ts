import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Answering } from './answer';
import type { SqlTask } from './task';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-answer-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

test('what does not fit the memory of a question goes to the disk, as much as it may have there', async () => {
  // More than 30 MB that are sorted, and come as one row.
  const sql =
    'select count(*)::double as rows from (from range(1_000_000) r(i) select hash(i)::varchar as t, i order by t offset 1)';
  const task: SqlTask = {
    kind: 'sql',
    sql,
    series: [],
    files: [],
    rollups: [],
    isOverlapping: false,
    from: 0,
    to: 1,
    format: 'json',
    answer: join(directory, 'answer'),
    mostRows: 10,
  };
  const answering = (spillMb: number) =>
    new Answering({ spill: join(directory, 'spill'), memoryMb: 30, spillMb, mostBytes: 1000 });
  expect(await answering(200).answer(task)).toMatchObject({ rows: 1 });
  await expect(answering(2).answer(task)).rejects.toMatchObject({
    status: 413,
    message: 'needs more memory than a question has: ask for a shorter span, or with every',
  });
});
