/**
 * One holder a directory, by SQLite's exclusive lock on a file in it, which the kernel releases with the process that
 * held it, however that ended: nothing is ever stale, nobody takes over, and paths may be as long as they like. Works
 * on Linux and macOS alike, on local file systems.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import Database from 'libsql';
import { asError, SluiceError } from '../errors';

export interface Lock {
  release(): void;
}

/** Of several that begin at once each may stop the others on their way to the lock, so that none has it: they try again. */
const attempts = 5;

interface Holder {
  pid: number;
  /** ISO 8601. */
  since: string;
}

/**
 * Locks a directory, which exists.
 * @throws SluiceError directory-in-use: says who holds it; lock-unusable
 */
export async function lockDirectory(directory: string): Promise<Lock> {
  const path = join(directory, 'lock');
  const holderPath = join(directory, 'lock.holder');
  const database = await take(path, directory, holderPath);
  const holder: Holder = { pid: process.pid, since: new Date().toISOString() };
  // Only for people: without it the lock holds all the same.
  await writeFile(holderPath, JSON.stringify(holder)).catch(() => undefined);
  return {
    release: () => {
      if (database.open) database.close();
    },
  };
}

async function take(path: string, directory: string, holderPath: string): Promise<Database.Database> {
  for (let attempt = 1; ; attempt++) {
    try {
      return takeOnce(path);
    } catch (error) {
      if (attempt < attempts && isBusy(error)) {
        await new Promise((resolve) => setTimeout(resolve, attempt * 5 * (1 + Math.random())));
        continue;
      }
      await refuse(error, directory, holderPath);
    }
  }
}

/** @throws when another process holds it, or is about to */
function takeOnce(path: string): Database.Database {
  const database = new Database(path, { timeout: 0 });
  try {
    // The lock alone is wanted, nothing is written: a journal on the disk would want room there, of which a full one has none.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

async function refuse(error: unknown, directory: string, holderPath: string): Promise<never> {
  if (!isBusy(error)) {
    const sentence = `${directory} cannot be locked: ${asError(error).message}`;
    throw new SluiceError('lock-unusable', sentence, { path: directory, cause: error });
  }
  const holder = await readHolder(holderPath);
  const by = holder ? `process ${holder.pid}, since ${holder.since}` : 'another process';
  throw new SluiceError('directory-in-use', `${directory} is in use by ${by}`, {
    path: directory,
    data: { ...holder },
  });
}

function isBusy(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'SQLITE_BUSY' || code === 'SQLITE_LOCKED';
}

/** undefined when the holder has not written it yet. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const { pid, since } = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>;
    return typeof pid === 'number' && typeof since === 'string' ? { pid, since } : undefined;
  } catch {
    return undefined;
  }
}
