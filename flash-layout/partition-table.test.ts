import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkTable, checkTableFile, flashBytesOf, parseTable } from './partition-table';

const folder = dirname(fileURLToPath(import.meta.url));
const tables = readdirSync(folder).filter((name) => name.endsWith('.csv'));
const megabyte = 1024 * 1024;

/** The table of 4 MB boards with one line replaced. */
function broken(from: string, to: string): string[] {
  const text = readFileSync(join(folder, 'partitions-4mb.csv'), 'utf8');
  expect(text).toContain(from);
  return checkTable(parseTable(text.replace(from, to)), 4 * megabyte);
}

describe('the partition tables', () => {
  test('are there for boards of 4, 8 and 16 MB', () => {
    expect(tables.map((name) => flashBytesOf(name) / megabyte).sort((a, b) => a - b)).toEqual([4, 8, 16]);
  });

  for (const name of tables)
    test(`${name} is right, and uses the flash to its end`, () => {
      expect(checkTableFile(join(folder, name), 1_600_000)).toEqual([]);
      const partitions = parseTable(readFileSync(join(folder, name), 'utf8'));
      expect(Math.max(...partitions.map(({ offset, size }) => offset + size))).toBe(flashBytesOf(name));
    });

  test('that the build takes is one of them', () => {
    const manifest = JSON.parse(readFileSync(join(folder, '..', 'manifest.json'), 'utf8'));
    expect(tables.map((name) => `./flash-layout/${name}`)).toContain(manifest.build.PARTITIONS_FILE);
  });
});

describe('the checker', () => {
  test('finds an overlap', () => {
    expect(broken('0x300000,  0x100000', '0x2ff000,  0x100000')).toEqual([
      'line 5: factory overlaps capture',
    ]);
  });
  test('finds an app that is not at a multiple of 64 KiB', () => {
    expect(broken('0x10000,   0x2f0000', '0x11000,   0x2ef000').join()).toContain(
      'not at a multiple of 0x10000',
    );
  });
  test('finds a partition behind the end of the flash', () => {
    expect(broken('0x300000,  0x100000', '0x300000,  0x101000').join()).toContain('behind the flash');
  });
  test('finds a size that is no number of sectors', () => {
    expect(broken('0x300000,  0x100000', '0x300000,  0xff0ff').join()).toContain(
      'no whole number of sectors',
    );
  });
  test('finds a firmware that does not fit its slot', () => {
    expect(checkTableFile(join(folder, 'partitions-8mb.csv'), 0x2f0001)).toEqual([
      'line 5: the firmware of 3080193 B does not fit ota_0 of 3080192 B',
      'line 6: the firmware of 3080193 B does not fit ota_1 of 3080192 B',
    ]);
  });
  test('finds that capture, or its space, is missing', () => {
    expect(broken('capture, ', 'captures,')).toEqual(['there is no capture partition']);
    expect(broken('0x300000,  0x100000', '0x300000,  0x9000').join()).toContain('fewer than 10 sectors');
  });
  test('finds update slots that cannot work', () => {
    expect(broken('factory,   app,  factory', 'ota_0,     app,  ota_0')).toEqual([
      'there is one update slot; two are needed, or none',
      'update slots need an otadata partition of 0x2000 B',
    ]);
  });
  test('finds rubbish in the place of a size', () => {
    expect(broken('0x300000,  0x100000', '0x300000,  1 MB').join()).toContain('no right offset and size');
  });
});
