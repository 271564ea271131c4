/** The lock of a capture directory: one gateway at a time. A lock whose process is gone is taken over. */
import * as fs from 'node:fs/promises';
import process from 'node:process';

/** A directory which another running gateway holds. */
export class CaptureDirectoryInUse extends Error {
  readonly code = 'capture-directory-in-use';

  constructor(path: string, pid: number) {
    super(`the capture directory of ${path} is in use by process ${pid}`);
  }
}

export interface Lock {
  release(): Promise<void>;
}

/** The process's start in clock ticks since boot, so that a reused process id is told apart; '' where unknown. */
async function startOf(pid: number): Promise<string> {
  const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function isRunning(pid: number, start: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return (await startOf(pid)) === start;
}

/** A lock is linked whole: one that says nothing was cut short with the power, and nobody holds it. */
function read(text: string): { pid: number; start: string } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws CaptureDirectoryInUse */
export async function lockDirectory(path: string): Promise<Lock> {
  const mine = `${path}.${process.pid}`;
  await fs.writeFile(mine, JSON.stringify({ pid: process.pid, start: await startOf(process.pid) }));
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        await fs.link(mine, path);
        return { release: () => fs.rm(path, { force: true }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === 8) throw error;
      }
      const held = await fs.readFile(path, 'utf8').catch(() => undefined);
      if (held === undefined) continue;
      const holder = read(held);
      if (holder && (await isRunning(holder.pid, holder.start)))
        throw new CaptureDirectoryInUse(path, holder.pid);
      // Renamed before it is removed: of two that take over at once, one finds it gone and looks again.
      await fs.rename(path, `${mine}.stale`).catch(() => undefined);
      await fs.rm(`${mine}.stale`, { force: true });
    }
  } finally {
    await fs.rm(mine, { force: true });
  }
}
