/** What the specification keeps for the long term, ten years later, after a night's work. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cloud } from './cloud';

const day = 86_400_000;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-long-term-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('raw files, their copies and metadata are kept for good, and rows for 90 days', async () => {
  let now = Date.parse('2019-05-21T12:00:00Z');
  const log = pino({ level: 'silent' });
  const cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log, now: () => now });
  try {
    const ask = (path: string, init?: RequestInit) =>
      fetch(`http://127.0.0.1:${cloud.httpPort}${path}`, init);
    const message = { app_id: 'test_project', dev_id: 'test_device', payload_fields: { temperature: 42 } };
    expect((await ask('/pipeline', { method: 'POST', body: JSON.stringify(message) })).status).toBe(200);
    const work = async () => {
      expect(await cloud.caughtUp(10_000)).toBe(true);
      for (const job of ['copy', 'metadata', 'compact', 'rollup', 'retention']) await cloud.runJob(job);
    };
    const rows = async () => {
      const answer = await ask('/query?part=test_device&from=0');
      return answer.ok ? ((await answer.json()) as object[]).length : answer.status;
    };
    now += 89 * day;
    await work();
    expect(await rows()).toBe(1);
    now += 10 * 365 * day;
    await work();
    expect(await rows()).not.toBe(1);
    const name = 'test_device-2019-05-21.json';
    for (const place of ['data', 'buckets/data', 'buckets/metadata'])
      expect([place, await readdir(join(directory, place, 'test_project'))]).toEqual([place, [name]]);
    const raw = await readFile(join(directory, 'data/test_project', name), 'utf8');
    expect(JSON.parse(raw)).toMatchObject(message);
  } finally {
    await cloud.close();
  }
}, 60_000);
