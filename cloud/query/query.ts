/** Questions to the time series: which streams there are, and a stream's values in a span of time. */
import { z } from 'zod';
import type { Value } from '../message/message';
import type { TimeSeries } from '../stores/time-series';

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

/**
 * A part's values with `from` ≤ time < `to`, by time; ties in order of stream and arrival. Rows are read as they are
 * taken, so an answer of any length needs little memory.
 */
export async function* rows(timeSeries: TimeSeries, query: Query): AsyncGenerator<Row[]> {
  const conditions = ['dev_id = $part'];
  const values: Record<string, string | bigint> = { part: query.part };
  const where = (condition: string, key: string, value: string | bigint | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    values[key] = value;
  };
  where('app_id = $app', 'app', query.app_id);
  where('field = $field', 'field', query.stream);
  where('time >= $from', 'from', query.from === undefined ? undefined : BigInt(query.from));
  where('time < $to', 'to', query.to === undefined ? undefined : BigInt(query.to));
  const limit = query.limit === undefined ? '' : `limit ${query.limit}`;
  const connection = await timeSeries.reader();
  try {
    const result = await connection.stream(
      `select cast(time as double), field, number, boolean, text, tags
       from points join series on series = id
       where ${conditions.join(' and ')} order by time, field, points.rowid ${limit}`,
      values,
    );
    for await (const chunk of result.yieldRowsJs()) {
      yield chunk.map(([time, stream, number, boolean, text, tags]) => ({
        time: time as number,
        stream: stream as string,
        value: (number ?? boolean ?? text) as Value,
        tags: JSON.parse(tags as string),
      }));
    }
  } finally {
    connection.closeSync();
  }
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
  const connection = await timeSeries.reader();
  try {
    const result = await connection.runAndReadAll(
      `select app_id, dev_id as part, field as stream, tags, cast(count(*) as double) as "values",
              cast(min(time) as double) as first, cast(max(time) as double) as last
       from points join series on series = id group by all order by all`,
    );
    return result.getRowObjectsJS().map((row) => ({
      ...(row as unknown as StreamSummary),
      tags: JSON.parse(row.tags as string),
    }));
  } finally {
    connection.closeSync();
  }
}

export const csvHead = 'time,stream,value,tags\r\n';

/** A row by RFC 4180, time in ISO 8601. */
export function csvLine({ time, stream, value, tags }: Row): string {
  const cells = [new Date(time).toISOString(), stream, String(value), JSON.stringify(tags)];
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
