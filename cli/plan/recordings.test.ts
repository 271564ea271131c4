import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecording } from '@sluice/host-sim/recording';
import { parsePin } from '@sluice/host-sim/signal-text';
import { afterAll, describe, expect, test } from 'vitest';
import { packedSize } from './packed-size';
import { plannedRecording } from './recordings';

const folder = mkdtempSync(join(tmpdir(), 'sluice-recordings-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** What a command says of a file. */
function verdict(read: () => unknown): string {
  try {
    read();
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a recording', () => {
  test.each([
    ['an empty cell', '1\n\n2\n', /:2: .*empty/],
    ['values from the first line on', '1\n2\n', /^taken$/],
    ['CR alone', 'v\r1\r2\r', /^taken$/],
    ['NUL', '1\n\u0000\n', /:2: .*NUL/],
    ['UTF-16', Buffer.from('\ufeff1\n2\n', 'utf16le'), /UTF-16/],
    ['decimal commas', 'v\n1,5\n', /:2: .*point/],
    ['hexadecimal numbers', '0x10\n', /:1: .*hexadecimal/],
    ['units', 'v\n12 mV\n', /:2: .*unit/],
    ['a folder', '', /is a directory/],
  ])('with %s is the same to pack, plan, sim and start', (name, content, expected) => {
    const path = name === 'a folder' ? folder : file('recording.csv', content);
    const verdicts = [
      () => readRecording(path),
      () => plannedRecording(path),
      () => parsePin(`34=samples:${path}@100`),
    ].map(verdict);
    expect(new Set(verdicts).size, verdicts.join('\n')).toBe(1);
    expect(verdicts[0]).toMatch(expected);
  });

  const ecg = join(import.meta.dirname, '..', '..', 'test', 'data', 'ecg-mlii-360hz.csv');

  test('has the rate that is said, else that of its name', () => {
    expect(plannedRecording(ecg).rate).toBe(360);
    expect(plannedRecording(`${ecg}@250`).rate).toBe(250);
    expect(plannedRecording(file('levels.csv', '1\n2\n')).rate).toBeUndefined();
  });

  test('is sampled at the rate of its capture, as the board samples what is on the pin', () => {
    const at = (hertz: number) =>
      packedSize('integer', { numerator: hertz, denominator: 1 }, 512, plannedRecording(ecg));
    expect(at(360)).toMatchObject({ basis: 'ecg-mlii-360hz.csv' });
    expect(at(360).bytesPerReading).toBeLessThan(0.49);
    // A third of the readings, further apart: what lies between two of them has to be said.
    expect(at(100).bytesPerReading).toBeGreaterThan(0.65);
    expect(at(100).bytesPerReading).toBeLessThan(0.8);
    expect(at(100).basis).toBe('ecg-mlii-360hz.csv, 360 Hz sampled at 100 Hz');
  });
});
