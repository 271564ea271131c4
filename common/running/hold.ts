/** One program a directory. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSluiceError } from '../errors';
import { type Lock, lockDirectory } from '../lock';
import { runningIn } from './running';

/** @param address where it will show itself @throws a sentence when a program runs there */
export async function holdDirectory(directory: string, address: string): Promise<Lock> {
  try {
    return await lockOf(directory);
  } catch (error) {
    if (!isSluiceError(error, 'directory-in-use')) throw error;
    // A program that has only just begun has not noted its own yet.
    throw new Error(`it runs already in ${directory}: see ${runningIn(directory)?.address ?? address}`);
  }
}

/**
 * Does something with what is in a directory while no program runs there, and none starts. The directory is made when it
 * does not exist.
 * @throws a sentence when one runs
 */
export async function whileNothingRuns<T>(directory: string, action: () => Promise<T>): Promise<T> {
  const lock = await lockOf(directory).catch((error: unknown) => {
    if (!isSluiceError(error, 'directory-in-use')) throw error;
    const address = runningIn(directory)?.address;
    throw new Error(`a program runs in ${directory}${address ? `, at ${address}` : ''}: end it first`);
  });
  try {
    return await action();
  } finally {
    lock.release();
  }
}

async function lockOf(directory: string): Promise<Lock> {
  // Beside the file `lock` of earlier releases.
  const locked = join(directory, 'running');
  // First: what is no directory is named as itself.
  await mkdir(directory, { recursive: true });
  await mkdir(locked, { recursive: true });
  return lockDirectory(locked);
}
