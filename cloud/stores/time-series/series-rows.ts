/** The table of series in the database, and in memory. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Series, SeriesTable } from './series-table';

/** All series, with the latest time that each has. Rows in `points` may be there twice until they are put in order. */
export async function loadSeries(connection: DuckDBConnection): Promise<SeriesTable> {
  const table = new SeriesTable();
  const read = async (query: string) => (await connection.stream(query)).yieldRowsJs();
  for await (const rows of await read(
    `select id, app_id, dev_id, field, tags, minimum, step, unit, days, tabular_limit_gb, kinds, origin from series`,
  ))
    for (const row of rows) table.load(seriesOf(row));
  for await (const rows of await read('select series, max(last)::double from file_series group by series'))
    for (const [id, latest] of rows) table.noteStored(id as number, latest as number, false);
  for await (const rows of await read('select series, max(time)::double from points group by series'))
    for (const [id, latest] of rows) table.noteStored(id as number, latest as number, true);
  return table;
}

function seriesOf(row: readonly unknown[]): Series {
  const [id, appId, devId, field, tags] = row as [number, string, string, string, string];
  const [minimum, step, unit, days, tabularLimitGb, kinds, origin] = row.slice(5) as [
    number | null,
    number | null,
    string | null,
    number | null,
    number | null,
    number | null,
    string | null,
  ];
  const isLimited = days !== null || tabularLimitGb !== null;
  return {
    id,
    appId,
    devId,
    field,
    tags,
    scale: step === null ? undefined : { minimum: minimum ?? 0, step, unit: unit ?? undefined },
    unit: unit ?? undefined,
    retention: isLimited
      ? { ...(days !== null && { days }), ...(tabularLimitGb !== null && { tabularLimitGb }) }
      : undefined,
    origin: origin === null ? undefined : JSON.parse(origin),
    kinds: kinds ?? 0,
  };
}

/** Writes what is new of it, within the connection's transaction. */
export async function saveSeries(connection: DuckDBConnection, table: SeriesTable): Promise<void> {
  for (const id of table.changed) {
    const retention = table.retentionOf(id);
    await connection.run(
      'update series set days = $1, tabular_limit_gb = $2, kinds = $3, origin = $4 where id = $5',
      [
        retention?.days ?? null,
        retention?.tabularLimitGb ?? null,
        table.kindsOf(id),
        originText(table, id),
        id,
      ],
    );
  }
  if (table.created.length === 0) return;
  const appender = await connection.createAppender('series');
  try {
    for (const { id, appId, devId, field, tags, scale, unit, retention } of table.created) {
      appender.appendInteger(id);
      for (const text of [appId, devId, field, tags]) appender.appendVarchar(text);
      for (const number of [scale?.minimum, scale?.step])
        number === undefined ? appender.appendNull() : appender.appendDouble(number);
      unit === undefined ? appender.appendNull() : appender.appendVarchar(unit);
      for (const limit of [retention?.days, retention?.tabularLimitGb])
        limit === undefined ? appender.appendNull() : appender.appendDouble(limit);
      appender.appendInteger(table.kindsOf(id));
      const origin = originText(table, id);
      origin === null ? appender.appendNull() : appender.appendVarchar(origin);
      appender.endRow();
    }
  } finally {
    appender.closeSync();
  }
}

function originText(table: SeriesTable, id: number): string | null {
  const origin = table.originOf(id);
  return origin === undefined ? null : JSON.stringify(origin);
}
