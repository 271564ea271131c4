/** Where programs keep their state, when nobody says otherwise: folders of the current one. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** In the order in which they are looked at: of `start`, `serve`, `gateway`, `cloud`. */
const usual = ['.sluice', '.sluice-serve', '.sluice-gateway', '.sluice-cloud'];

/** Folders that are there, those with other names that begin so too. */
export function stateDirectories(): string[] {
  const others = readdirSync('.', { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('.sluice') && !usual.includes(entry.name))
    .map(({ name }) => name);
  return [...usual, ...others].filter((name) => existsSync(name));
}

/** The file to which a program in this directory logs. */
export function logOf(directory: string): string {
  return join(directory, 'sluice.log');
}
