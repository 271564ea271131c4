/** Where programs keep their state, when nobody says otherwise: folders of the current one. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runningIn } from '@sluice/common/running';

/** In the order in which they are looked at: of `start`, `serve`, `gateway`, `cloud`. */
const usual = ['.sluice', '.sluice-serve', '.sluice-gateway', '.sluice-cloud'];
/** `start` is for this machine alone: it lets everybody in. */
const withoutUsers = '.sluice';
const otherwise = '.sluice-serve';

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

/**
 * The directory that a command about users or machines means: the one that is named, else that of the program which
 * runs in the current folder. @throws when there are several
 */
export function stateDirectoryOf(given: string | undefined, of: 'users' | 'machines'): string {
  if (given !== undefined) return given;
  const running = stateDirectories().filter((directory) => runningIn(directory) !== undefined);
  const meant = of === 'users' ? running.filter((directory) => directory !== withoutUsers) : running;
  if (meant.length > 1) throw new Error(`say which with --directory: ${meant.join(' and ')} run here`);
  return meant[0] ?? otherwise;
}
