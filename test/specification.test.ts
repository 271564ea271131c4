/** The table of the specification's statements: each test that it names is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const table = readFileSync(join(root, 'docs/reference/specification.md'), 'utf8');
const rows = table.split('\n').filter((line) => /^\| (?!---|statement |attribute |method \|)/.test(line));
const named = [...table.matchAll(/`([\w./-]+\.test\.ts)` “([^”]+)”/g)].map(([, file, test]) => [
  file!,
  test!,
]);

it.each(named)('%s has “%s”', (file, test) => {
  const path = join(root, file);
  expect(existsSync(path)).toBe(true);
  expect(readFileSync(path, 'utf8')).toContain(`'${test}'`);
});

it('every statement has a test, a reason why it does not apply, or says that it has none yet', () => {
  const [statements = '', exceptions = ''] = table.split('## What does not apply');
  expect(exceptions).not.toBe('');
  for (const row of rows.filter((line) => statements.includes(line)))
    expect(row).toMatch(/`[\w./-]+\.(test\.ts|md)`|\*not yet\*/);
  expect(rows.length).toBeGreaterThan(50);
});
