/**
 * In which way a file's rows are written: what is smallest for a sample of its largest streams. Counts whose differences
 * change their width all the time, as of an ECG, are smallest as doubles of which each byte has a plane of its own
 * (Parquet's BYTE_STREAM_SPLIT). Floats would be smaller by 2 %, but DuckDB reads the files of a query with the first one's
 * type, and integers of another file that no float holds would be cast to it.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Storage } from '@sluice/common/storage';
import { sqlText } from './database';

export interface RowEncoding {
  /** Parquet's type of the column `count`. */
  count: 'INTEGER' | 'DOUBLE';
  /** Whether what is there several times is written once. */
  isDictionary: boolean;
}

/** A stream of a file. */
export interface StreamRows {
  id: number;
  rows: number;
}

/** Rows of a stream that are written in each way. */
const sampleRows = 122_880;
const sampledStreams = 3;
/** Below it, it makes no difference worth the trial. */
const worthSampling = 20_000;

/** The ways are in the order of what it costs to write and read them: a later one is to be smaller by so much. */
const worthChanging = 1.02;

const usual: RowEncoding = { count: 'INTEGER', isDictionary: true };
const ways: readonly RowEncoding[] = [
  usual,
  { count: 'INTEGER', isDictionary: false },
  { count: 'DOUBLE', isDictionary: false },
];

/** Options of COPY, beside those of every file. */
export function optionsOf({ count, isDictionary }: RowEncoding): string[] {
  const options = isDictionary ? [] : ['dictionary_size_limit 1'];
  // Of an ECG .73 instead of .77 B a reading, for .2 µs more; differences gain nothing by it.
  if (count === 'DOUBLE') options.push('compression_level 13');
  return options;
}

export function countColumn({ count }: RowEncoding): string {
  return `count::${count} as count`;
}

/** That of a file. */
export async function encodingOf(connection: DuckDBConnection, path: string): Promise<RowEncoding> {
  const found = await connection.runAndReadAll(
    `select type, encodings from parquet_metadata(${sqlText(path)}) where path_in_schema = 'count' limit 1`,
  );
  const [type, encodings] = found.getRowsJS()[0] as [string, string];
  return { count: type === 'DOUBLE' ? 'DOUBLE' : 'INTEGER', isDictionary: encodings.includes('DICTIONARY') };
}

/** @param source a query of rows @param streams of it, those with the most rows first @param directory where samples are written */
export async function smallestEncoding(
  connection: DuckDBConnection,
  storage: Storage,
  directory: string,
  source: string,
  streams: readonly StreamRows[],
): Promise<RowEncoding> {
  const sampled = streams.slice(0, sampledStreams).filter(({ rows }) => rows >= worthSampling);
  if (sampled.length === 0) return usual;
  const sizes = ways.map(() => 0);
  for (const { id } of sampled) {
    await connection.run(
      `create or replace temp table sample as
       select count, number, boolean, text from (${source}) where series = ${id} limit ${sampleRows}`,
    );
    const columns = (way: RowEncoding) => `${countColumn(way)}, number, boolean, text`;
    for (const [index, way] of ways.entries())
      sizes[index]! += await sizeOf(
        connection,
        storage,
        directory,
        `select ${columns(way)} from sample`,
        way,
      );
  }
  await connection.run('drop table sample');
  const least = Math.min(...sizes);
  return ways.find((_, index) => sizes[index]! <= worthChanging * least)!;
}

async function sizeOf(
  connection: DuckDBConnection,
  storage: Storage,
  directory: string,
  sample: string,
  way: RowEncoding,
): Promise<number> {
  const path = join(directory, `${randomUUID()}.sample`);
  try {
    const options = ['format parquet', 'parquet_version v2', 'compression zstd', ...optionsOf(way)];
    await connection.run(`copy (${sample}) to ${sqlText(path)} (${options.join(', ')})`);
    return (await storage.status(path))?.size ?? 0;
  } finally {
    await storage.discard(path);
  }
}
