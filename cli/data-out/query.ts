/** `sluice query`: one question, answered to a file or the standard output. */
import type { IncomingMessage } from 'node:http';
import { extname } from 'node:path';
import process from 'node:process';
import { bytesText } from '../operate/words';
import { chooseStreams } from './choose';
import type { Door } from './door';
import { findDoor } from './find-door';
import {
  type DoorOptions,
  type Format,
  formats,
  type RowOptions,
  type SpanOptions,
  type StreamOptions,
  spanOf,
} from './options';
import { print, untilSignal, writeWholeFile } from './whole-file';

export interface QueryOptions extends DoorOptions, StreamOptions, SpanOptions, RowOptions {
  tag?: string[];
  newest?: number;
  limit?: number;
  gaps?: boolean;
  /** A SELECT. */
  sql?: string;
  format?: Format;
  /** Path. */
  output?: string;
}

export interface Written {
  output: string;
  rows: number;
  bytes: number;
}

/** @returns undefined: it went to the standard output */
export async function query(names: readonly string[], options: QueryOptions): Promise<Written | undefined> {
  const { output } = options;
  const format = options.format ?? formatOf(output);
  if (options.sql !== undefined && names.length > 0) throw new Error('--sql names its streams itself');
  if (output === undefined && process.stdout.isTTY && (format === 'parquet' || format === 'arrow'))
    throw new Error(`${format} is nothing for a terminal: name a file with --output`);
  const door = findDoor(options);
  return untilSignal(async (signal) => {
    const answer = await ask(door, names, options, format, signal);
    if (output !== undefined) {
      const bytes = await writeWholeFile(output, answer, signal);
      return { output, rows: rowsOf(answer), bytes };
    }
    await print(answer, signal);
    return undefined;
  });
}

async function ask(
  door: Door,
  names: readonly string[],
  options: QueryOptions,
  format: Format,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { sql, gaps, appId, part, tag, newest, limit } = options;
  const span = spanOf(options);
  if (sql !== undefined) {
    const body = { ...span, sql, format, ...(part && { part }), ...(appId && { app_id: appId }) };
    return door.open('/sql', {}, { signal, body: JSON.stringify(body) });
  }
  const { parameters } = await chooseStreams(door, names, options, signal);
  if (gaps) return door.open('/gaps', { ...parameters, ...span, format }, { signal });
  const asked = { ...parameters, ...span, ...rowParameters(options), tag, newest, limit, format };
  return door.open('/query', asked, { signal });
}

/** @throws Error in the command line's own words: the door knows buckets too */
export function rowParameters({ every, aggregate, raw }: RowOptions) {
  if (aggregate !== undefined && every === undefined) throw new Error('--aggregate needs --every');
  return { every, aggregate, raw: raw ? 'true' : undefined };
}

/** By the ending of a file's name; CSV when it has none. @throws Error when it is that of another format */
function formatOf(path: string | undefined): Format {
  const ending = path === undefined ? '' : extname(path).slice(1).toLowerCase();
  if (ending === '') return 'csv';
  const format = formats.find((one) => one === ending.replace(/^arrows$/, 'arrow'));
  if (format !== undefined) return format;
  const known = formats.map((one) => `.${one}`).join(', ');
  throw new Error(
    `nothing here is written as .${ending}: name a file that ends with ${known} (spreadsheets open .csv), or say --format`,
  );
}

export function rowsOf({ headers }: IncomingMessage): number {
  return Number(headers['x-rows'] ?? 0);
}

/** `3600 rows, 112 kB in a1.csv` */
export function writtenText({ output, rows, bytes }: Written): string {
  return `${rows} ${rows === 1 ? 'row' : 'rows'}, ${bytesText(bytes)} in ${output}`;
}
