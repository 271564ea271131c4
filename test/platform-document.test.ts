import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repository } from './running';

const document = readFileSync(join(repository, 'docs', 'reference', 'platform.md'), 'utf8');
const rows = document
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (---|sentence) /.test(line))
  .map((line) => line.split(' | ').at(-1)!.replace(/ \|$/, ''));

/** Whole ones: what a text begins that is given to `test`, or describes a task of the soak, without why it is skipped. */
function titlesIn(source: string): string[] {
  const titles = source.matchAll(/(?:\(|\bdescription:)\s*(?:'((?:\\.|[^'\\\n])*)'|"([^"\n]*)"|`([^`]*)`),/g);
  return [...titles].map(([, single, double, template]) =>
    (single?.replaceAll("\\'", "'") ?? double ?? template!).replace(/ \(skipped: .*\)$/, ''),
  );
}

test('a title is a whole one, of a test', () => {
  const source = `
    // is no test
    test('is one', async () => {});
    test.skipIf(!there)(
      'isn\\'t skipped (skipped: not there)',
      () => expect(text).toBe('is none'),
    );`;
  expect(titlesIn(source)).toEqual(['is one', "isn't skipped"]);
});

describe('the table of the platform’s specification', () => {
  test('has a row for each of its sentences', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  test.each(rows)('names a test that there is: %s', (row) => {
    const [, path = '', name = ''] = /^`([^`]+)`: (.+)$/.exec(row) ?? [];
    expect(name).not.toBe('');
    expect(titlesIn(readFileSync(join(repository, path), 'utf8'))).toContain(name);
  });
});
