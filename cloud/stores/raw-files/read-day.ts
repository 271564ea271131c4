/**
 * Reads a day's raw files back, in pieces: messages as they stand there, blocks one by one with whose they are. What is
 * damaged is told, and passed.
 */
import { join } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import type { CapturedBlock } from '../../../modules/block/file';
import { type DayHead, nextMagic, sectionAt } from './day-file';

export interface DayName {
  appId: string;
  devId: string;
  /** `YYYY-MM-DD` */
  date: string;
}

export interface ArrivedBlock {
  head: DayHead;
  arrived: number;
  block: CapturedBlock;
}

const pieceBytes = 1 << 20;
const namePattern = /^(.+)-(\d{4}-\d{2}-\d{2})\.(json|sluice)$/;
const empty = new Uint8Array(0);

export function dayPath({ appId, devId, date }: DayName, extension: 'json' | 'sluice'): string {
  return join(appId, `${devId}-${date}.${extension}`);
}

export interface DayFile extends DayName {
  /** Its path below the directory, segments joined with `/`. */
  key: string;
  extension: 'json' | 'sluice';
}

/** Of `<app_id>/<dev_id>-YYYY-MM-DD.json` or `.sluice`; undefined: it is called otherwise. */
export function parseDayKey(key: string): DayFile | undefined {
  const slash = key.indexOf('/');
  const [, devId, date, extension] = namePattern.exec(key.slice(slash + 1)) ?? [];
  if (slash < 1 || devId === undefined || devId.includes('/')) return undefined;
  return { key, appId: key.slice(0, slash), devId, date: date!, extension: extension as 'json' | 'sluice' };
}

/** Files of the days that are wanted, by project and name. */
export async function listDayFiles(
  storage: Storage,
  directory: string,
  isWanted: (date: string) => boolean,
): Promise<DayFile[]> {
  const files: DayFile[] = [];
  for (const { name: app, directory: isProject } of await storage.list(directory)) {
    if (!isProject) continue;
    for (const { name } of await storage.list(join(directory, app))) {
      const file = parseDayKey(`${app}/${name}`);
      if (file !== undefined && isWanted(file.date)) files.push(file);
    }
  }
  return files.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Of a project and a device, or of all: by project, device, date. Two files of a day are one. */
export async function listDays(
  storage: Storage,
  directory: string,
  { appId, devId }: { appId?: string | undefined; devId?: string | undefined },
): Promise<DayName[]> {
  const days = new Map<string, DayName>();
  const projects = appId === undefined ? await storage.list(directory) : [{ name: appId, directory: true }];
  for (const { name: app, directory: isProject } of projects) {
    if (!isProject) continue;
    for (const { name } of await storage.list(join(directory, app))) {
      const [, device, date] = namePattern.exec(name) ?? [];
      if (device === undefined || (devId !== undefined && device !== devId)) continue;
      days.set(JSON.stringify([app, device, date]), { appId: app, devId: device, date: date! });
    }
  }
  return [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, day]) => day);
}

export async function hasDay(storage: Storage, directory: string, day: DayName): Promise<boolean> {
  for (const extension of ['json', 'sluice'] as const)
    if ((await storage.status(join(directory, dayPath(day, extension)))) !== undefined) return true;
  return false;
}

/** Removes days of a device, durably: all, or those before a date. Resolves to how many there were. */
export async function removeDays(
  storage: Storage,
  directory: string,
  of: { appId: string; devId: string; before?: string },
): Promise<number> {
  const all = await listDays(storage, directory, of);
  const days = all.filter(({ date }) => of.before === undefined || date < of.before);
  for (const day of days)
    for (const extension of ['json', 'sluice'] as const)
      await storage.discard(join(directory, dayPath(day, extension)));
  if (days.length > 0) await storage.syncDirectory(join(directory, of.appId));
  return days.length;
}

/** The lines of a file, without their ends; none when there is no file. Empty ones are passed. */
export function readLines(storage: Storage, path: string): AsyncGenerator<Uint8Array> {
  return linesIn(pieces(storage, path));
}

/** As `readLines`, of what lies elsewhere. */
export async function* linesIn(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = empty;
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let begin = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, begin)) {
      if (end > begin) yield bytes.subarray(begin, end);
      begin = end + 1;
    }
    rest = bytes.subarray(begin);
  }
  if (rest.length > 0) yield rest;
}

/** The blocks of a file, in order; none when there is no file. `onDamage` is told where each begins that is passed. */
export function readBlocks(
  storage: Storage,
  path: string,
  onDamage: (offset: number) => void,
): AsyncGenerator<ArrivedBlock> {
  return blocksIn(pieces(storage, path), onDamage);
}

/** As `readBlocks`, of what lies elsewhere. */
export async function* blocksIn(
  pieces: AsyncIterable<Uint8Array>,
  onDamage: (offset: number) => void,
): AsyncGenerator<ArrivedBlock> {
  const heads = new Map<number, DayHead>();
  let of: { head: DayHead; arrived: number } | undefined;
  let passing = false;
  let bytes: Uint8Array = empty;
  let offset = 0;
  const all = pieces[Symbol.asyncIterator]();
  try {
    for (let ended = false; !ended; ) {
      const { value, done } = await all.next();
      ended = done === true;
      if (value !== undefined) bytes = bytes.length === 0 ? value : Buffer.concat([bytes, value]);
      let at = 0;
      while (at < bytes.length) {
        const section = sectionAt(bytes, at);
        if (typeof section === 'number' && !ended) break;
        if (typeof section !== 'object') {
          if (!passing) onDamage(offset + at);
          passing = true;
          of = undefined;
          at = Math.max(at + 1, nextMagic(bytes, at + 1));
          continue;
        }
        passing = false;
        if (section.kind === 'head') heads.set(section.check, section.metadata);
        if (section.kind === 'mark') {
          const head = heads.get(section.check);
          of = head && { head, arrived: section.arrived };
        }
        if (section.kind === 'record') {
          if (of === undefined) onDamage(offset + at);
          else yield { ...of, block: section.block };
        }
        at = section.end;
      }
      offset += at;
      bytes = bytes.slice(at);
    }
  } finally {
    await all.return?.();
  }
}

async function* pieces(storage: Storage, path: string): AsyncGenerator<Uint8Array> {
  if ((await storage.status(path)) !== undefined) yield* storage.readPieces(path, pieceBytes);
}
