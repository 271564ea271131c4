/** The tables of statements, each with the test that holds it: what they name is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { methods } from '../gateway/resources/methods';

const root = join(import.meta.dirname, '..');

const cellsOf = (row: string) => row.split(' | ');

/** The tests that a row names, each with its file: it stands behind the last file before it. */
function testsIn(row: string): [file: string, title: string][] {
  let file = '';
  return [...row.matchAll(/`([\w./-]+\.test\.ts)`|“([^”]+)”/g)].flatMap(
    ([, path, title]): [string, string][] => {
      file = path ?? file;
      return title === undefined ? [] : [[file, title]];
    },
  );
}

describe.each([
  { page: 'docs/reference/specification.md', least: 50 },
  { page: 'docs/reference/first-hour.md', least: 45 },
  { page: 'docs/reference/gateway.md', least: 40 },
])('$page', ({ page, least }) => {
  const table = readFileSync(join(root, page), 'utf8');
  const [statements = ''] = table.split('## What does not apply');
  const rows = statements
    .split('\n')
    .filter((line) => /^\| (?!---|statement |attribute |method \|)/.test(line));
  const named = rows.flatMap((row) => testsIn(cellsOf(row)[1]!));

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

describe("docs/reference/viam.md, the table of Viam's services", () => {
  const text = readFileSync(join(root, 'docs/reference/viam.md'), 'utf8');
  const tables = [...text.matchAll(/^\| service \| methods \| held by \|\n.*\n((?:\|.*\n)+)/gm)];
  const rows = tables.flatMap(([, body]) => body!.trim().split('\n'));
  const named = rows.flatMap(testsIn);

  test.each(named)('%s has “%s”', (file, title) => {
    expect(readFileSync(join(root, file), 'utf8')).toContain(`'${title}'`);
  });

  test('has a test in every row', () => {
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) expect(cellsOf(row)[2]).toMatch(/“/);
  });

  test('has every method that is served, in the row of its service', () => {
    const [, body] = tables[0]!;
    for (const { name, viam } of methods) {
      const row = body!.split('\n').find((each) => each.includes(`\`${viam.service}\``));
      expect([viam.service, cellsOf(row ?? '')[1]?.split(/[,;] /)]).toEqual([
        viam.service,
        expect.arrayContaining([name]),
      ]);
    }
  });
});
