/** A program's log: the last lines of its file, for people. */
import { once } from 'node:events';
import { closeSync, createReadStream, openSync, readSync, statSync, unwatchFile, watchFile } from 'node:fs';
import { createInterface } from 'node:readline';

export const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
export type Level = keyof typeof levels;

export interface LogOptions {
  lines: number;
  level: Level;
  /** As they are in the file. */
  json: boolean;
}

/** Bytes that are read at once, from the end. */
const step = 65_536;
/** Bytes that are looked at for the last lines, at the most. */
const farthest = 64 << 20;

/** The last lines of at least a level. @returns also where the file ended */
export function lastLines(
  path: string,
  { lines, level, json }: LogOptions,
): { found: string[]; end: number } {
  const file = openSync(path, 'r');
  try {
    const end = statSync(path).size;
    let tail = Buffer.alloc(0);
    for (let start = end; start > 0 && end - start < farthest; ) {
      const length = Math.min(step, start);
      start -= length;
      const part = Buffer.alloc(length);
      readSync(file, part, 0, length, start);
      tail = Buffer.concat([part, tail]);
      const found = linesOf(tail, start > 0).filter((line) => isOf(line, level));
      if (found.length >= lines || start === 0 || end - start >= farthest)
        return { found: found.slice(-lines).map((line) => (json ? line : lineText(line))), end };
    }
    return { found: [], end };
  } finally {
    closeSync(file);
  }
}

/** The first line is cut where the file goes on before it. */
function linesOf(bytes: Buffer, cut: boolean): string[] {
  const lines = bytes.toString('utf8').split('\n');
  return (cut ? lines.slice(1) : lines).filter((line) => line !== '');
}

/** Prints what is added from `end` on, until the process ends. A file that was begun anew is read from its start. */
export async function followLines(
  path: string,
  end: number,
  { level, json }: LogOptions,
  print: (line: string) => void,
): Promise<never> {
  let from = end;
  let reading = false;
  const read = async () => {
    if (reading) return;
    reading = true;
    const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: from };
    if (size < from) from = 0;
    if (size > from) {
      const input = createReadStream(path, { start: from, end: size - 1 });
      from = size;
      const lines = createInterface({ input });
      lines.on('line', (line) => isOf(line, level) && print(json ? line : lineText(line)));
      await once(lines, 'close');
    }
    reading = false;
  };
  watchFile(path, { interval: 250 }, () => void read());
  return new Promise<never>((_, fail) =>
    process.once('beforeExit', () => fail(new Error('the end'))),
  ).finally(() => unwatchFile(path));
}

function isOf(line: string, level: Level): boolean {
  return levelOf(line) >= levels[level];
}

function levelOf(line: string): number {
  return Number(/"level":(\d+)/.exec(line)?.[1] ?? levels.info);
}

/** `2026-11-29 11:40:01 warn  link: refused {"part":"esp-home"}` */
export function lineText(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, time, in: place, msg, ...rest } = entry;
  const name = (Object.keys(levels) as Level[]).find((each) => levels[each] === level) ?? 'info';
  const when = typeof time === 'number' ? localTime(time) : '';
  const fields = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [when, name.padEnd(5), place === undefined ? '' : `${place}:`, String(msg ?? ''), ...fields]
    .filter((word) => word !== '')
    .join(' ');
}

function localTime(wall: number): string {
  const date = new Date(wall - new Date(wall).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 23).replace('T', ' ');
}
