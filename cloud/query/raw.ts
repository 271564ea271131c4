/** Raw files read back: JSON lines as specified, whatever they were kept as, or values, of which CSV is a line each. */
import { join } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import { BlockError } from '../../modules/block/block-error';
import { decodeBlock } from '../../modules/block/decoder';
import { blockName } from '../../modules/block/file';
import { type Expansion, expandBlock, expandValues } from '../message/block-messages';
import { parseMessage, type TimedPoint } from '../message/message';
import {
  type ArrivedBlock,
  type DayName,
  dayPath,
  readBlocks,
  readLines,
} from '../stores/raw-files/read-day';
import { csvHead, csvLine } from './csv-line';

/** What is read back as text, a piece at a time; `RawTask` is of the other formats. */
export type RawFormat = 'json' | 'csv';

export interface RawSource {
  storage: Storage;
  /** Where the raw files are. */
  directory: string;
  /** Told of what cannot be read, and is passed. */
  onProblem(problem: string): void;
}

/** Values that have the same tags. */
export interface RawValues {
  tags: Record<string, string>;
  values: TimedPoint[];
}

/** A day's messages, and then what its blocks stand for, some at a time. */
export async function* rawText(source: RawSource, day: DayName, format: RawFormat): AsyncGenerator<string> {
  if (format === 'csv') for await (const values of rawValues(source, day)) yield csvOf(values);
  else {
    for await (const line of linesOf(source, day)) yield `${Buffer.from(line)}\n`;
    for await (const block of blocksOf(source, day))
      yield expandBlock(block)
        .map(({ line }) => `${line}\n`)
        .join('');
  }
}

/** What a text of days begins with. */
export function rawHead(format: RawFormat): string {
  return format === 'csv' ? csvHead : '';
}

/** The values of a day's messages, and then those of its blocks, of one at a time. */
export async function* rawValues(source: RawSource, day: DayName): AsyncGenerator<RawValues> {
  for await (const line of linesOf(source, day)) {
    const parsed = parseMessage(line, undefined, 0);
    if ('message' in parsed) {
      const { time, tags, points } = parsed.message;
      yield { tags, values: points.map((point) => ({ time, ...point })) };
    } else {
      const { path, message } = parsed.refusal;
      source.onProblem(`${dayPath(day, 'json')}: a line that is no message: ${path} ${message}`);
    }
  }
  for await (const block of blocksOf(source, day)) yield expandValues(block);
}

function linesOf({ storage, directory }: RawSource, day: DayName): AsyncGenerator<Uint8Array> {
  return readLines(storage, join(directory, dayPath(day, 'json')));
}

async function* blocksOf(
  { storage, directory, onProblem }: RawSource,
  day: DayName,
): AsyncGenerator<Expansion> {
  const path = dayPath(day, 'sluice');
  const damaged = (offset: number) => onProblem(`${path}: damaged at byte ${offset}`);
  for await (const arrived of readBlocks(storage, join(directory, path), damaged)) {
    const block = expansionOf(arrived, day);
    if (typeof block === 'string') onProblem(`${path}: ${block}`);
    else yield block;
  }
}

function expansionOf(
  { head, arrived, block: captured }: ArrivedBlock,
  { appId }: DayName,
): Expansion | string {
  const name = blockName(head, captured.sequence);
  const block = decodeBlock(captured.bytes);
  if (block instanceof BlockError) return `${name}: ${block.code} at byte ${block.offset}`;
  const { mapping } = captured;
  return { appId, remote: head.remote, metadata: head, name, mapping, block, arrival: arrived };
}

function csvOf({ tags, values }: RawValues): string {
  return values.map(({ time, field, value }) => csvLine({ time, stream: field, value, tags })).join('');
}
