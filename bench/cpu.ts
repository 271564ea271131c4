/** What this process and those that it has started have taken of the CPU. */
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';

/** The kernel's unit here, everywhere on Linux. */
const ticksPerSecond = 100;

/** Seconds until now, those of processes that have ended left out. Linux alone. */
export function cpuSecondsOfAll(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + descendants(process.pid).reduce((sum, pid) => sum + secondsOf(pid), 0);
}

function descendants(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const children = threads.flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number),
  );
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function secondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold anything, in brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
