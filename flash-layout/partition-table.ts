/**
 * Reads a partition table in ESP-IDF's CSV form and says what is wrong with it: what `gen_esp32part.py` would refuse
 * (alignment, overlaps, size) and what this firmware needs beside (a `capture` partition of enough sectors, app slots
 * of equal size that the firmware fits). Nothing is left to the flashing.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

export interface Partition {
  name: string;
  type: string;
  subtype: string;
  offset: number;
  size: number;
  /** Line of the file, from 1. */
  line: number;
}

/** The partition table itself lies before the first partition (ESP-IDF's default place). */
export const firstOffset = 0x9000;
const appAlignment = 0x10000;
const sectorBytes = 0x1000;
/** Sectors below which the log has no room for a useful ring: five in reserve, and as many to use. */
const leastCaptureSectors = 10;

function bytes(text: string): number {
  const match = /^(0x[0-9a-f]+|\d+)([km]?)$/i.exec(text);
  if (match === null) return Number.NaN;
  return Number(match[1]) * { '': 1, k: 1024, m: 1024 * 1024 }[match[2].toLowerCase() as '' | 'k' | 'm'];
}

export function parseTable(text: string): Partition[] {
  const partitions: Partition[] = [];
  let next = firstOffset;
  for (const [index, row] of text.split('\n').entries()) {
    const [name, type = '', subtype = '', offset = '', size = ''] = row
      .replace(/#.*/, '')
      .split(',')
      .map((field) => field.trim());
    if (name === '') continue;
    const alignment = type === 'app' ? appAlignment : sectorBytes;
    const partition = {
      name,
      type,
      subtype,
      offset: offset === '' ? Math.ceil(next / alignment) * alignment : bytes(offset),
      size: bytes(size),
      line: index + 1,
    };
    partitions.push(partition);
    next = partition.offset + partition.size;
  }
  return partitions;
}

/**
 * @param flashBytes size of the board's flash
 * @param appBytes size of the firmware's image, when it is known
 * @returns what is wrong, each with the line of the table
 */
export function checkTable(
  partitions: readonly Partition[],
  flashBytes: number,
  appBytes?: number,
): string[] {
  const problems: string[] = [];
  const byOffset = [...partitions].sort((one, other) => one.offset - other.offset);
  for (const [index, { name, type, offset, size, line }] of byOffset.entries()) {
    const wrong = (what: string) => problems.push(`line ${line}: ${name} ${what}`);
    if (!(offset >= 0 && size > 0)) {
      wrong('has no right offset and size');
      continue;
    }
    if (name.length > 15) wrong('has a name of more than 15 characters');
    if (type !== 'app' && type !== 'data') wrong(`has type ${type}, not app or data`);
    if (offset < firstOffset)
      wrong(`begins at 0x${offset.toString(16)}, inside boot loader or partition table`);
    const alignment = type === 'app' ? appAlignment : sectorBytes;
    if (offset % alignment !== 0)
      wrong(`begins at 0x${offset.toString(16)}, not at a multiple of 0x${alignment.toString(16)}`);
    if (size % sectorBytes !== 0) wrong(`is no whole number of sectors long`);
    if (offset + size > flashBytes) wrong(`ends at 0x${(offset + size).toString(16)}, behind the flash`);
    const following = byOffset[index + 1];
    if (following !== undefined && offset + size > following.offset) wrong(`overlaps ${following.name}`);
    if (partitions.some((other) => other.name === name && other.line < line)) wrong('is there twice');
  }

  const apps = partitions.filter(({ type }) => type === 'app');
  const updates = apps.filter(({ subtype }) => subtype.startsWith('ota_'));
  if (apps.length === 0) problems.push('there is no app partition');
  if (updates.length === 1) problems.push('there is one update slot; two are needed, or none');
  if (updates.length > 0 && !partitions.some(({ subtype, size }) => subtype === 'ota' && size === 0x2000))
    problems.push('update slots need an otadata partition of 0x2000 B');
  if (appBytes !== undefined)
    for (const { name, size, line } of apps)
      if (appBytes > size)
        problems.push(`line ${line}: the firmware of ${appBytes} B does not fit ${name} of ${size} B`);
  if (!partitions.some(({ subtype }) => subtype === 'nvs')) problems.push('there is no nvs partition');

  const capture = partitions.find(({ name }) => name === 'capture');
  if (capture === undefined) problems.push('there is no capture partition');
  else {
    if (capture.type !== 'data') problems.push(`line ${capture.line}: capture must be of type data`);
    if (capture.size < leastCaptureSectors * sectorBytes)
      problems.push(`line ${capture.line}: capture has fewer than ${leastCaptureSectors} sectors`);
  }
  return problems;
}

/** The flash size that a table's file name states: `partitions-4mb.csv`. */
export function flashBytesOf(path: string): number {
  const match = /-(\d+)mb\.csv$/.exec(basename(path));
  if (match === null)
    throw new Error(`${path}: the name does not say the flash's size, like partitions-4mb.csv`);
  return Number(match[1]) * 1024 * 1024;
}

export function checkTableFile(path: string, appBytes?: number): string[] {
  return checkTable(parseTable(readFileSync(path, 'utf8')), flashBytesOf(path), appBytes);
}
