import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openLogFile } from './log-file';

const directory = mkdtempSync(join(tmpdir(), 'sluice-log-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('keeps a file and the one before it, whatever is logged', async () => {
  const largest = 20_000;
  const { log, close } = openLogFile(directory, largest, 5);
  for (let round = 0; round < 40; round += 1) {
    for (let line = 0; line < 20; line += 1) log.info({ round, line }, 'of a program that runs for weeks');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  close();
  const [now, before] = ['sluice.log', 'sluice.log.1'].map((name) => join(directory, name));
  expect(statSync(before!).size).toBeGreaterThanOrEqual(largest);
  expect(statSync(before!).size).toBeLessThan(2 * largest);
  expect(statSync(now!).size).toBeLessThan(2 * largest);
  const last = readFileSync(now!, 'utf8').trim().split('\n').at(-1) ?? readFileSync(before!, 'utf8');
  expect(last).toContain('"round":39');
});
