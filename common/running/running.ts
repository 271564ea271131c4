/** What runs in a directory says so in a file, so that others find it: a second start, `sluice status`. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { isOfFullDisk } from '../reserve';

export interface RunningProgram {
  pid: number;
  /** Wall milliseconds. */
  since: number;
  /** Where it shows itself. */
  address: string;
  /** URL of the cloud's HTTP door, where it has one. */
  cloud?: string;
}

const name = 'program.json';

export function noteRunning(
  directory: string,
  shown: Pick<RunningProgram, 'address' | 'cloud'>,
): { close(): void } {
  const path = join(directory, name);
  const note: RunningProgram = { pid: process.pid, since: Date.now(), ...shown };
  try {
    writeFileSync(path, `${JSON.stringify(note)}\n`);
  } catch (error) {
    // Others do not find it then, but it runs: on a full disk it is what takes data away from there.
    if (!isOfFullDisk(error)) throw error;
  }
  return { close: () => rmSync(path, { force: true }) };
}

/** @returns undefined when nothing runs there: a note that outlived its process does not count */
export function runningIn(directory: string): RunningProgram | undefined {
  let note: Partial<RunningProgram>;
  try {
    note = JSON.parse(readFileSync(join(directory, name), 'utf8')) as Partial<RunningProgram>;
  } catch {
    return undefined;
  }
  const { pid, since, address, cloud } = note;
  if (typeof pid !== 'number' || typeof since !== 'number' || typeof address !== 'string') return undefined;
  if (!isAlive(pid)) return undefined;
  return { pid, since, address, ...(typeof cloud === 'string' && { cloud }) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
