import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeStorage } from '@sluice/common/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JobState } from './job-state';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-jobs-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('keeps what jobs and nights say at the same moment', async () => {
  const path = join(directory, 'state', 'jobs.json');
  const open = () => JobState.open(new NodeStorage(), path, (problem) => expect.unreachable(problem.message));
  const state = await open();
  await Promise.all([
    state.setNight('2026-03-02'),
    state.setThrough('copy', '2026-03-01'),
    state.setThrough('metadata', 7),
  ]);
  const again = await open();
  expect([again.night, again.through('copy'), again.through('metadata')]).toEqual([
    '2026-03-02',
    '2026-03-01',
    7,
  ]);
});
