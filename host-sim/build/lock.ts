/** One process at a time does a piece of work; the others wait for it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function take(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

/** Holds the lock file `path` while `work` runs. A lock whose process is gone is taken over. */
export async function underLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  while (!take(path)) {
    const pid = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
    if (pid > 0 && !isAlive(pid)) rmSync(path, { force: true });
    else await pause(100);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}
