import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repository } from './running';

const document = readFileSync(join(repository, 'docs', 'reference', 'platform.md'), 'utf8');
const rows = document
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (---|sentence) /.test(line))
  .map((line) => line.split(' | ').at(-1)!.replace(/ \|$/, ''));

describe('the table of the platform’s specification', () => {
  test('has a row for each of its sentences', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  test.each(rows)('names a test that there is: %s', (row) => {
    const [, path = '', name = ''] = /^`([^`]+)`: (.+)$/.exec(row) ?? [];
    const text = readFileSync(join(repository, path), 'utf8').replace(/\\'/g, "'");
    expect(name).not.toBe('');
    expect(text).toContain(name);
  });
});
