/** Rows of a result as BSON documents. */
import type { DuckDBResult } from '@duckdb/node-api';
import { serialize } from 'bson';
import type { CapturesAsk } from './task';

/** Documents of rows, some at a time. */
export async function* documentsOf(result: DuckDBResult): AsyncGenerator<Uint8Array[]> {
  for await (const rows of objectsOf(result)) yield rows.map((row) => serialize(row));
}

/** Objects of rows, some at a time: JSON is what it says, and a member of a record that is null is none. */
export async function* objectsOf(result: DuckDBResult): AsyncGenerator<Record<string, unknown>[]> {
  const names = result.deduplicatedColumnNames();
  const isJson = result.columnTypes().map(({ alias }) => alias === 'JSON');
  for await (const rows of result.yieldRowsJs())
    yield rows.map((row) =>
      Object.fromEntries(
        row.map((value, index) => {
          const name = names[index]!;
          return [name, isJson[index] && value !== null ? JSON.parse(value as string) : plain(value)];
        }),
      ),
    );
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array)
    return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, plain(inner)]),
  );
}

/** Captured readings, `{c, t, d}`; or their number, `{count}`. */
export function rowsQuery(ask: Extract<CapturesAsk, { kind: 'rows' | 'count' }>, mostRows: number): string {
  if (ask.kind === 'count') return 'select count(*)::double as count from captured';
  const { order, limit, after } = ask;
  const beyond = order === 'asc' ? '>' : '<';
  const rest =
    after === undefined
      ? ''
      : `where epoch_ms(time) ${beyond} ${after.time} or (epoch_ms(time) = ${after.time} and capture ${beyond} ${after.capture})`;
  return `select capture as c, epoch_ms(time)::double as t, data as d from captured ${rest}
    order by time ${order}, capture ${order} limit ${Math.min(limit, mostRows)}`;
}
