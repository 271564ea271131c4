/** What CONTRIBUTING says of names, held to every source file. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const sources = execFileSync('git', ['ls-files', '*.ts'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && !path.startsWith('proto/link'));
/** What XS runs on a chip, or counts instructions of as if it did. */
const isFirmware = (path: string) =>
  /^(main\.ts|modules\/|bench\/programs\/|test\/contract\/|test\/simulation\/\w+-sensor\.ts)/.test(path) &&
  !/\.(test|node)\.ts$/.test(path);

/** The lines that match, as `path:line`. */
function linesLike(pattern: RegExp, paths: readonly string[]): string[] {
  return paths.flatMap((path) =>
    readFileSync(join(root, path), 'utf8')
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  );
}

test('constants are in camel case', () => {
  expect(linesLike(/^(export )?const [A-Z][A-Z0-9_]+\b/, sources)).toEqual([]);
});

test('private members of the firmware are private, those of everything else #', () => {
  const firmware = sources.filter(isFirmware);
  // The stand-ins of the SDK's modules run in XS, and hide what the SDK hides as far as their memory is not the firmware's.
  const others = sources.filter((path) => !isFirmware(path) && !path.startsWith('host-sim/moddable/'));
  expect(firmware.length).toBeGreaterThan(100);
  expect(linesLike(/^ {2}((static|readonly|async|get|set) )*#\w/, firmware)).toEqual([]);
  expect(linesLike(/^ {2}private (?!constructor)|^ {4}private readonly /, others)).toEqual([]);
});

test('a test is test()', () => {
  const tests = sources.filter((path) => path.endsWith('.test.ts'));
  expect(linesLike(/^\s*it[.(]/, tests)).toEqual([]);
});
