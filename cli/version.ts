/** The version of this program: its package's. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export function version(): string {
  let directory = import.meta.dirname;
  // A bundle lies one folder deeper than this file.
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  return (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string }).version;
}
