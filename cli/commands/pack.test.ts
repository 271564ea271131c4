import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { afterAll, describe, expect, test, vi } from 'vitest';
import * as explain from './explain';
import * as pack from './pack';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pack-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command in this process; files of the repository by their path from its root. */
async function sluice(name: string, file: string, ...options: string[]) {
  let stdout = '';
  const program = new Command();
  pack.register(program);
  explain.register(program);
  const log = vi.spyOn(console, 'log').mockImplementation((text: string) => {
    stdout += `${text}\n`;
  });
  let stderr = '';
  const complaint = vi.spyOn(console, 'error').mockImplementation((text: string) => {
    stderr += `${text}\n`;
  });
  try {
    await program.parseAsync([name, resolve(root, file), ...options], { from: 'user' });
  } finally {
    log.mockRestore();
    complaint.mockRestore();
  }
  const status = Number(process.exitCode ?? 0);
  process.exitCode = 0;
  return { stdout, stderr, status };
}

function csv(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe('sluice pack', () => {
  test('ends with one line of JSON that says what the recorded ECG takes', async () => {
    const { stdout, status } = await sluice('pack', 'test/data/ecg-mlii-360hz.csv', '--hz', '360', '--json');
    expect(status).toBe(0);
    const result = JSON.parse(stdout.trim().split('\n').at(-1)!);
    expect(Object.keys(result)).toEqual([
      'readings',
      'bytes',
      'blocks',
      'bytes_per_reading',
      'entropy_bytes_per_reading',
      'verified',
    ]);
    expect(result).toMatchObject({ readings: 108_000, verified: true });
    expect(result.bytes / result.readings).toBe(result.bytes_per_reading);
    expect(result.bytes_per_reading).toBeLessThanOrEqual(0.49);
    expect(result.entropy_bytes_per_reading).toBeCloseTo(0.472, 3);
  });

  test('keeps doubles bit for bit, the recorded temperature in at most 3.9 B each', async () => {
    const { stdout } = await sluice(
      'pack',
      'test/data/ambient-temperature-hourly.csv',
      '--hz',
      '0.000277778',
      '--json',
    );
    const result = JSON.parse(stdout.trim().split('\n').at(-1)!);
    expect(result).toMatchObject({ readings: 7267, verified: true });
    expect(result.bytes_per_reading).toBeLessThanOrEqual(3.9);
  });

  test('packs levels', async () => {
    const file = csv(
      'levels.csv',
      `level\n${Array.from({ length: 2000 }, (_, index) => Number(index % 200 < 100)).join('\n')}`,
    );
    const { stdout } = await sluice('pack', file, '--type', 'bool', '--json');
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
      readings: 2000,
      blocks: 1,
      verified: true,
    });
  });

  test.each([
    ['two columns', '1,2\n3,4\n', ":1: '1,2' is not one value"],
    ['a gap', 'v\n1\n\n2\n', ":3: '' is not one value"],
    ['nothing but a name', 'v\n', 'holds no values'],
  ])('names the line of %s', async (_, text, message) => {
    const { stderr, status } = await sluice('pack', csv('bad.csv', text));
    expect(status).not.toBe(0);
    expect(stderr).toContain(message);
  });

  test('refuses a value that is not of the type', async () => {
    const { stderr, status } = await sluice('pack', csv('half.csv', 'v\n1\n2.5\n'), '--type', 'int');
    expect(status).not.toBe(0);
    expect(stderr).toContain(':3: 2.5 is not a 32-bit integer');
  });
});

describe('sluice explain', () => {
  test('annotates every field of a block', async () => {
    const { stdout, status } = await sluice('explain', 'modules/block/vectors/slips-0.bin');
    expect(status).toBe(0);
    expect(stdout).toMatch(/period, denominator less one\s+8: 25\/9 ms, 360 Hz/);
    expect(stdout).toContain('readings 90…90: 2 missed before, 0 ms late, took 20 ms');
    expect(stdout).toContain('CRC-32C, holds');
  });

  test('says why a file is no block', async () => {
    const { stderr, status } = await sluice('explain', 'README.md');
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/is no block: .*\[(short|check)\]/);
  });
});
