/** The log of a program that runs for weeks: a file, and the one before it. */
import { existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';

/** Bytes from which on a file is the one before. Twice that is what a log takes. */
export const largestLogFile = 8 << 20;
/** Milliseconds between two looks at its length. */
const lookEvery = 5_000;

export interface LogFile {
  log: Logger;
  close(): void;
}

/** `sluice.log` in a directory; `sluice.log.1` is the one before. */
export function openLogFile(directory: string, largest = largestLogFile, every = lookEvery): LogFile {
  const path = join(directory, 'sluice.log');
  turnOver(path, largest);
  const destination = pino.destination({ dest: path, sync: true });
  const timer = setInterval(() => {
    if (turnOver(path, largest)) destination.reopen();
  }, every);
  timer.unref();
  return { log: pino({ base: null }, destination), close: () => clearInterval(timer) };
}

function turnOver(path: string, largest: number): boolean {
  if (!existsSync(path) || statSync(path).size < largest) return false;
  renameSync(path, `${path}.1`);
  return true;
}
