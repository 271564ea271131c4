/** A cloud that may take so much of the disk, over two simulated weeks. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cloud } from './cloud';

const day = 86_400_000;
const linesADay = 4_000;
const dayBytes = 1_800_000;
const seriesBytes = 150_000;

let directory: string;
let now = Date.parse('2026-03-01T12:00:00Z');
let seed = 1;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-limit-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Park and Miller's: what does not compress. */
function noise(): number {
  seed = (seed * 48_271) % 0x7fff_ffff;
  return seed / 0x7fff_ffff;
}

async function bytesBelow(folder: string): Promise<number> {
  const names = await readdir(join(directory, folder), { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

const rawDates = async () =>
  (await readdir(join(directory, 'data', 'app'))).map((name) => /\d{4}-\d{2}-\d{2}/.exec(name)![0]).sort();

/** Today's messages come, and the night's work is done. */
async function live(): Promise<void> {
  const log = pino({ level: 'silent' });
  const options = { directory, httpPort: 0, mqttPort: 0, log, now: () => now, dayBytes, seriesBytes };
  const cloud = await Cloud.start(options);
  try {
    const lines = Array.from({ length: linesADay }, (_, index) =>
      JSON.stringify({
        app_id: 'app',
        dev_id: 'shed',
        time: now - linesADay + index,
        payload_fields: { level: noise() },
      }),
    );
    const answer = await fetch(`http://127.0.0.1:${cloud.httpPort}/pipeline`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    expect(await answer.json()).toMatchObject({ stored: linesADay });
    now += day;
    await cloud.runJob('copy');
    await cloud.runJob('metadata');
    await cloud.runJob('retention');
  } finally {
    await cloud.close();
  }
}

test('keeps to it, and the newest days', async () => {
  for (let passed = 0; passed < 14; passed += 1) {
    await live();
    // What is looked at while the day goes on leaves it, whatever it takes.
    const days = (await bytesBelow('data')) + (await bytesBelow('buckets'));
    expect(days).toBeLessThan(dayBytes + 2.1 * (await stat(join(directory, 'data/app', newest()))).size);
    expect(await bytesBelow('state/time-series/1/files')).toBeLessThan(2 * seriesBytes);
  }
  const dates = await rawDates();
  expect(dates.length).toBeGreaterThan(1);
  expect(dates.length).toBeLessThan(6);
  expect(dates.at(-1)).toBe('2026-03-14');
  // Without gaps: the oldest went first.
  expect((Date.parse(dates.at(-1)!) - Date.parse(dates[0]!)) / day).toBe(dates.length - 1);
  expect(await readdir(join(directory, 'buckets/data/app'))).toEqual(
    dates.map((date) => `shed-${date}.json`),
  );
  expect(await readdir(join(directory, 'buckets/metadata/app'))).toEqual(
    dates.map((date) => `shed-${date}.json`),
  );
}, 120_000);

function newest(): string {
  return `shed-${new Date(now - day).toISOString().slice(0, 10)}.json`;
}
