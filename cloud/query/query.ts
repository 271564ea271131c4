/** Questions to the time series: which streams there are, and a stream's values in a span of time. */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { z } from 'zod';
import type { Value } from '../message/message';
import { rowsOf } from '../stores/time-series/cold-files';
import { sqlText } from '../stores/time-series/database';
import type { SeriesStore } from '../stores/time-series/series-store';
import type { TimeSeries } from '../stores/time-series/time-series';

/** Milliseconds since 1970, or a date and time in ISO 8601. */
const instant = z.string().transform((text, context) => {
  const time = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(time)) return time;
  context.addIssue('is neither milliseconds since 1970 nor a date and time in ISO 8601');
  return z.NEVER;
});

export const querySchema = z.strictObject({
  app_id: z.string().optional(),
  part: z.string(),
  stream: z.string().optional(),
  from: instant.optional(),
  to: instant.optional(),
  format: z.enum(['json', 'csv']).default('json'),
  limit: z.coerce.number().int().min(1).optional(),
});

export type Query = z.infer<typeof querySchema>;

export interface Row {
  time: number;
  stream: string;
  value: Value;
  tags: Record<string, string>;
}

/** A part's values with `from` ≤ time < `to`, by time; ties in order of stream. */
export async function* rows(timeSeries: TimeSeries, query: Query): AsyncGenerator<Row[]> {
  const conditions = [`dev_id = ${sqlText(query.part)}`];
  if (query.app_id !== undefined) conditions.push(`app_id = ${sqlText(query.app_id)}`);
  if (query.stream !== undefined) conditions.push(`field = ${sqlText(query.stream)}`);
  if (query.from !== undefined) conditions.push(`time >= ${query.from}`);
  if (query.to !== undefined) conditions.push(`time < ${query.to}`);
  const limit = query.limit === undefined ? '' : `limit ${query.limit}`;
  const found = await timeSeries.read(async (connection, store) => {
    const source = await allRows(connection, store);
    const result = await connection.runAndReadAll(
      `select time::double, field, minimum + count * step, number, boolean, text, tags
       from ${source} join series on series = id
       where ${conditions.join(' and ')} order by time, field, tags ${limit}`,
    );
    return result.getRowsJS();
  });
  yield found.map(([time, stream, scaled, number, boolean, text, tags]) => ({
    time: time as number,
    stream: stream as string,
    value: (scaled ??
      (number !== null && text !== null ? BigInt(text as string) : (number ?? boolean ?? text))) as Value,
    tags: JSON.parse(tags as string),
  }));
}

/** Rows of the database and of all files, each once. */
async function allRows(connection: DuckDBConnection, { directory }: SeriesStore): Promise<string> {
  const hot = `select series, time, count, number, boolean, text from points
    qualify row_number() over (partition by series, time order by batch desc, points.rowid desc) = 1`;
  const files = await connection.runAndReadAll('select path from files where resolution = 0');
  const paths = files.getRowsJS().map(([path]) => join(directory, path as string));
  if (paths.length === 0) return `(${hot})`;
  const cold = `select * from ${rowsOf(paths)} c where not exists
    (select 1 from points p where p.series = c.series and p.time = c.time)`;
  return `(${hot} union all ${cold})`;
}

export interface StreamSummary {
  app_id: string;
  part: string;
  stream: string;
  tags: Record<string, string>;
  values: number;
  first: number;
  last: number;
}

/** Every series with its number of values and its first and last time. */
export async function streams(timeSeries: TimeSeries): Promise<StreamSummary[]> {
  return timeSeries.read(async (connection, store) => {
    const result = await connection.runAndReadAll(
      `select app_id, dev_id as part, field as stream, tags, cast(count(*) as double) as "values",
              cast(min(time) as double) as first, cast(max(time) as double) as last
       from ${await allRows(connection, store)} join series on series = id group by all order by all`,
    );
    return result.getRowObjectsJS().map((row) => ({
      ...(row as unknown as StreamSummary),
      tags: JSON.parse(row.tags as string),
    }));
  });
}

export const csvHead = 'time,stream,value,tags\r\n';

/** A row as JSON, integers to the digit. */
export function jsonLine({ value, ...row }: Row): string {
  const digits = typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  return `{"time":${row.time},"stream":${JSON.stringify(row.stream)},"value":${digits},"tags":${JSON.stringify(row.tags)}}`;
}

/** A row by RFC 4180, time in ISO 8601. */
export function csvLine({ time, stream, value, tags }: Row): string {
  const cells = [new Date(time).toISOString(), stream, String(value), JSON.stringify(tags)];
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
