/**
 * The sources of XS: `$MODDABLE/xs` when that is set, else those in the npm package @agoric/xsnap, of which only the
 * tarball is taken: pinned by version and integrity, kept in `.cache`, none of its scripts run.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { BuildError } from '../manifest/error';
import { cacheDirectory } from '../manifest/paths';

const tarball = {
  name: '@agoric/xsnap',
  version: '0.15.0',
  file: 'agoric-xsnap-0.15.0.tgz',
  integrity:
    'sha512-ZBm4DZxbtfacxMHVVdJjZi0Y8zOxN77vpu1WwI5RWfPkaRh0aHkz/dVdTGKXalDNzWfz183lljKxlxl3/h0n+A==',
};

function run(command: string, args: string[], directory: string): void {
  const { status, error, stderr } = spawnSync(command, args, { cwd: directory, encoding: 'utf8' });
  if (status !== 0) throw new BuildError(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

function fetchTarball(directory: string): string {
  const file = join(directory, tarball.file);
  run('npm', ['pack', '--silent', '--ignore-scripts', `${tarball.name}@${tarball.version}`], directory);
  const integrity = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  if (integrity !== tarball.integrity)
    throw new BuildError(
      `${tarball.name}@${tarball.version}: integrity is ${integrity}, not ${tarball.integrity}`,
    );
  return file;
}

/** The directory with `includes`, `platforms` and `sources`. Fetches it when it is not there yet. */
export function xsSource(): string {
  if (process.env.MODDABLE) {
    const directory = join(process.env.MODDABLE, 'xs');
    if (!existsSync(join(directory, 'sources', 'xsAll.c')))
      throw new BuildError(`MODDABLE is set, but ${directory} has no XS sources`);
    return directory;
  }
  const directory = join(cacheDirectory, `xsnap-${tarball.version}`);
  const xs = join(directory, 'package', 'moddable', 'xs');
  if (existsSync(xs)) return xs;
  mkdirSync(cacheDirectory, { recursive: true });
  const temporary = mkdtempSync(`${directory}-`);
  run('tar', ['-xzf', fetchTarball(temporary), 'package/moddable/xs', 'package/LICENSE'], temporary);
  try {
    renameSync(temporary, directory);
  } catch (error) {
    if (!existsSync(xs)) throw error; // another process was first
    rmSync(temporary, { recursive: true });
  }
  return xs;
}
