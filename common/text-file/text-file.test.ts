import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { longestText, readBounded, readTextFile } from '.';

const folder = mkdtempSync(join(tmpdir(), 'sluice-text-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string | Buffer): string {
  const path = join(folder, 'file');
  writeFileSync(path, content);
  return path;
}

describe('a text that somebody has written', () => {
  test('is read as it is, without a byte order mark', () => {
    expect(readTextFile(file('\ufeff{"ä": 1}\r\n'))).toBe('{"ä": 1}\r\n');
    expect(readTextFile(file(''))).toBe('');
    const long = 'a'.repeat(longestText);
    expect(readTextFile(file(long))).toBe(long);
  });

  test.each([
    ['UTF-16', Buffer.from('\ufeff{}', 'utf16le'), 'is UTF-16: save it as UTF-8'],
    ['the other UTF-16', Buffer.from([0xfe, 0xff, 0, 0x7b]), 'is UTF-16: save it as UTF-8'],
    ['Latin-1', Buffer.from([0x22, 0xe4, 0x22]), 'is not UTF-8: save it as UTF-8'],
    ['a byte too many', Buffer.alloc(longestText + 1, 0x20), 'is longer than 4 MiB, which nothing here is'],
  ])('is none in %s', (_, content, reason) => {
    const path = file(content);
    expect(() => readTextFile(path)).toThrow(`${path} ${reason}`);
  });

  test('names the path that cannot be read', () => {
    expect(() => readTextFile(folder)).toThrow(expect.objectContaining({ code: 'EISDIR', path: folder }));
    const nowhere = join(folder, 'nothing');
    expect(() => readTextFile(nowhere)).toThrow(expect.objectContaining({ code: 'ENOENT', path: nowhere }));
  });

  test('is bounded where no size is told', () => {
    expect(readBounded('/dev/zero', 100_000)).toBeUndefined();
    expect(readBounded('/dev/null', 0)).toHaveLength(0);
  });
});
