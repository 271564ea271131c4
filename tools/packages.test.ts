import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'sluice-packages-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** In its place: says that it was called, and leaves behind what npm does. */
const npm = `#!/bin/sh
echo "changed 1 package in 5s"
echo "called" >&2
mkdir -p node_modules
[ -f node_modules/.package-lock.json ] || echo '{}' > node_modules/.package-lock.json
`;

function install(): string {
  const path = [join(folder, 'bin'), process.env.PATH].join(delimiter);
  const { status, stdout, stderr } = spawnSync('sh', [join(folder, 'tools', 'packages.sh')], {
    env: { ...process.env, PATH: path },
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  return stdout + stderr;
}

test('packages are installed once, and again when they are to be others, without a word of npm’s', () => {
  for (const name of ['tools', 'bin', 'cli']) mkdirSync(join(folder, name));
  copyFileSync(join(import.meta.dirname, 'packages.sh'), join(folder, 'tools', 'packages.sh'));
  writeFileSync(join(folder, 'bin', 'npm'), npm, { mode: 0o755 });
  writeFileSync(join(folder, 'package-lock.json'), '{\n    "node_modules/a": {}\n}\n');
  for (const place of ['.', 'cli']) writeFileSync(join(folder, place, 'package.json'), '{}');
  const first = install();
  expect(first).toContain('sluice: setting up, once: at most 1 packages');
  expect(first).toContain('called');
  expect(first).toContain('sluice: the packages are there');
  expect(first).not.toContain('changed');
  expect(install()).toBe('');
  const later = Date.now() / 1000 + 60;
  for (const place of ['package-lock.json', 'cli/package.json']) {
    utimesSync(join(folder, place), later, later);
    expect(install(), place).toBe('called\n');
    const now = Date.now() / 1000 - 60;
    utimesSync(join(folder, place), now, now);
    expect(install(), place).toBe('');
  }
});
