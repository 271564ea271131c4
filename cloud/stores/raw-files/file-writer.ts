/**
 * Appends a batch's entries to one day's file, and makes them durable. What an interrupted attempt has written of them
 * is found behind the length from before, and not written again. What is somebody else's is never cut, and never glued
 * to: an entry begins on a line, or behind a head, of its own.
 */
import { dirname } from 'node:path';
import type { Storage, StorageFile } from '@sluice/common/storage';
import type { CaptureFileMetadata } from '../../../modules/block/file';
import { type DayHead, encodeHead, encodeMark, headCheck } from './day-file';
import { headsIn } from './read-day';
import { type Format, keptOf } from './tail';

export interface Entry {
  /** A line with its end, or a block's record. */
  bytes: Uint8Array;
  /** Of a record: whose it is. */
  of?: { head: DayHead; arrived: number };
}

const newline = Buffer.from('\n');

/** Heads that day files are known to have; to forget one costs the file a head more. */
export class KnownHeads {
  readonly #of = new Map<string, Map<number, string>>();
  #count = 0;

  forget(path: string): void {
    this.#count -= this.#of.get(path)?.size ?? 0;
    this.#of.delete(path);
  }

  /** Whether the file has it already; notes it. */
  note(path: string, check: number, head: Uint8Array): boolean {
    if (this.#count >= mostHeads) {
      this.#of.clear();
      this.#count = 0;
    }
    const known = this.#of.get(path) ?? new Map<number, string>();
    this.#of.set(path, known);
    const text = Buffer.from(head).toString('latin1');
    if (known.get(check) === text) return true;
    if (!known.has(check)) this.#count++;
    known.set(check, text);
    return false;
  }
}

const mostHeads = 20_000;

/** @param before bytes that the file had before an attempt that was interrupted; undefined: this is the first */
export async function appendEntries(
  storage: Storage,
  path: string,
  format: Format,
  entries: readonly Entry[],
  heads: KnownHeads,
  before: number | undefined,
): Promise<void> {
  const file = await storage.open(path);
  try {
    // Made by an attempt before, its entry may still be in the system's cache alone.
    const isNew = (before ?? file.size) === 0;
    let left = entries;
    if (before !== undefined) {
      heads.forget(path);
      const written = await takeWritten(storage, file, path, format, entries, before);
      left = entries.filter((_, index) => !written.has(index));
    }
    const pieces = format === 'lines' ? left.map(({ bytes }) => bytes) : sections(path, left, heads);
    if (format === 'lines' && left.length > 0 && !(await endsLine(storage, file, path)))
      pieces.unshift(newline);
    if (pieces.length > 0) await file.append([Buffer.concat(pieces)]);
    await file.sync();
    if (isNew) await storage.syncDirectory(dirname(path));
  } catch (error) {
    heads.forget(path);
    throw error;
  } finally {
    await file.close();
  }
}

/**
 * Which entries need not be written again: those before somebody else's bytes, or before what a power cut has left of
 * others. What stands behind those is cut off and written anew, since a sync that failed may have left it in the
 * system's cache alone.
 */
async function takeWritten(
  storage: Storage,
  file: StorageFile,
  path: string,
  format: Format,
  entries: readonly Entry[],
  before: number,
): Promise<ReadonlySet<number>> {
  if (file.size <= before) return new Set();
  const tail = await storage.readRange(path, before, file.size - before);
  const all = entries.map(({ bytes }) => bytes);
  const openings = openingsOf(entries);
  let kept = keptOf(tail, format, all, { sections: openings });
  // Where nothing is kept, as nearly always, the file need not be read for its heads.
  if (kept.entries.size > 0 && kept.heads.size > 0) {
    const heads = await headsIn(storage, path, before);
    kept = keptOf(tail, format, all, { sections: openings, heads });
  }
  if (before + kept.bytes < file.size) await file.truncate(before + kept.bytes);
  return kept.entries;
}

async function endsLine(storage: Storage, file: StorageFile, path: string): Promise<boolean> {
  if (file.size === 0) return true;
  const [last] = await storage.readRange(path, file.size - 1, 1);
  return last === newline[0];
}

/** The heads and marks that records may stand behind. */
function openingsOf(entries: readonly Entry[]): Uint8Array[] {
  const openings = new Map<string, Uint8Array>();
  for (const { of } of entries) {
    if (of === undefined) continue;
    const head = encodeHead(of.head);
    for (const opening of [head, encodeMark(headCheck(head), of.arrived)])
      openings.set(Buffer.from(opening).toString('latin1'), opening);
  }
  return [...openings.values()];
}

/** Records behind the head and the mark that each run of them needs. */
function sections(path: string, entries: readonly Entry[], heads: KnownHeads): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let marked: { head: CaptureFileMetadata; arrived: number } | undefined;
  for (const { bytes, of } of entries) {
    if (of !== undefined && (marked?.head !== of.head || marked.arrived !== of.arrived)) {
      const head = encodeHead(of.head);
      const check = headCheck(head);
      if (!heads.note(path, check, head)) pieces.push(head);
      pieces.push(encodeMark(check, of.arrived));
      marked = of;
    }
    pieces.push(bytes);
  }
  return pieces;
}
