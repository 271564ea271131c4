/**
 * Reads a day's raw files back, in pieces: messages as they stand there, blocks one by one with whose they are. What is
 * damaged is told, and passed.
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Storage } from '@sluice/common/storage';
import type { CapturedBlock } from '../../../modules/block/file';
import { type DayHead, nextMagic, type Section, sectionAt } from './day-file';

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
  for (const app of await projectsIn(storage, directory))
    for await (const name of namesIn(storage, join(directory, app))) {
      const file = parseDayKey(`${app}/${name}`);
      if (file !== undefined && isWanted(file.date)) files.push(file);
    }
  return files.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Days that are made before others are let to the event loop. */
const turnDays = 5_000;

/**
 * Of a project and a device, or of all: by project, device, date, a device at a time. Two files of a day are one. There
 * may be hundreds of thousands, and somebody who writes waits for nothing of it.
 */
export async function* daysByDevice(
  storage: Storage,
  directory: string,
  { appId, devId }: { appId?: string | undefined; devId?: string | undefined },
): AsyncGenerator<DayName[]> {
  const projects = appId === undefined ? await projectsIn(storage, directory) : [appId];
  let made = 0;
  for (const app of projects) {
    const dates = await datesByDevice(storage, join(directory, app), devId);
    for (const device of [...dates.keys()].sort()) {
      const days = [...dates.get(device)!].sort().map((date) => ({ appId: app, devId: device, date }));
      yield days;
      made += days.length;
      if (made < turnDays) continue;
      made = 0;
      await setImmediate();
    }
  }
}

async function projectsIn(storage: Storage, directory: string): Promise<string[]> {
  const entries = await storage.list(directory);
  return entries
    .filter((entry) => entry.directory)
    .map(({ name }) => name)
    .sort();
}

/** One after another, so that others have their turn. None when the project is not there. */
async function* namesIn(storage: Storage, project: string): AsyncGenerator<string> {
  if ((await storage.status(project)) === undefined) return;
  // Somebody may have moved old days to another disk.
  for await (const { name } of storage.entries(project, true)) yield name;
}

async function datesByDevice(
  storage: Storage,
  project: string,
  devId: string | undefined,
): Promise<Map<string, Set<string>>> {
  const dates = new Map<string, Set<string>>();
  for await (const name of namesIn(storage, project)) {
    const [, device, date] = namePattern.exec(name) ?? [];
    if (device === undefined || (devId !== undefined && device !== devId)) continue;
    const known = dates.get(device);
    if (known === undefined) dates.set(device, new Set([date!]));
    else known.add(date!);
  }
  return dates;
}

/** As `daysByDevice`, in one list. */
export async function listDays(
  storage: Storage,
  directory: string,
  of: { appId?: string | undefined; devId?: string | undefined },
): Promise<DayName[]> {
  const all: DayName[] = [];
  for await (const days of daysByDevice(storage, directory, of)) for (const day of days) all.push(day);
  return all;
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
  for await (const { section, offset } of sectionsIn(pieces)) {
    switch (section?.kind) {
      case 'head':
        heads.set(section.check, section.metadata);
        break;
      case 'mark': {
        const head = heads.get(section.check);
        of = head && { head, arrived: section.arrived };
        break;
      }
      case 'record':
        if (of === undefined) onDamage(offset);
        else yield { ...of, block: section.block };
        break;
      default:
        onDamage(offset);
        of = undefined;
    }
  }
}

/** Checks of the heads in the first bytes of a file. */
export async function headsIn(storage: Storage, path: string, bytes: number): Promise<Set<number>> {
  const heads = new Set<number>();
  for await (const { section, offset } of sectionsIn(pieces(storage, path))) {
    if (offset >= bytes) break;
    if (section?.kind === 'head') heads.add(section.check);
  }
  return heads;
}

/** The sections of a file, and once for each stretch that is damaged undefined, where it begins. */
async function* sectionsIn(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ section: Section | undefined; offset: number }> {
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
          if (!passing) yield { section: undefined, offset: offset + at };
          passing = true;
          at = Math.max(at + 1, nextMagic(bytes, at + 1));
          continue;
        }
        passing = false;
        yield { section, offset: offset + at };
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
