/** The tables of statements, each with the test that holds it: what they name is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

describe.each([
  { page: 'docs/reference/specification.md', least: 50 },
  { page: 'docs/reference/first-hour.md', least: 45 },
])('$page', ({ page, least }) => {
  const table = readFileSync(join(root, page), 'utf8');
  const [statements = ''] = table.split('## What does not apply');
  const rows = statements
    .split('\n')
    .filter((line) => /^\| (?!---|statement |attribute |method \|)/.test(line));
  const named = [...table.matchAll(/`([\w./-]+\.test\.ts)` “([^”]+)”/g)].map(([, file, test]) => [
    file!,
    test!,
  ]);

  test.each(named)('%s has “%s”', (file, test) => {
    const path = join(root, file);
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain(`'${test}'`);
  });

  test('every statement has a test, or says that it has none yet', () => {
    for (const row of rows) {
      expect(row).toMatch(/`[\w./-]+\.(test\.ts|md)`|\*not yet\*/);
      for (const [, file] of row.matchAll(/`([\w./-]+\.test\.ts)`/g))
        expect(existsSync(join(root, file!)), file).toBe(true);
    }
    expect(rows.length).toBeGreaterThan(least);
  });
});
