/** SQL of somebody's own: one statement that only reads, and only what is there to be asked. */
import { type DuckDBConnection, StatementType } from '@duckdb/node-api';
import { sqlText } from '../stores/time-series/database';
import { TaskError } from './task';

/**
 * What tells of this machine: where files lie, in settings and in the definitions of views; and what hides that behind a
 * text. Which tables and columns there are, information_schema and DESCRIBE say.
 */
const inner = /^(duckdb_|pragma_|pg_get_)|^(current_setting|query|query_table)$/i;
const innerTables = /^([^.]*\.)?(duckdb_|pragma_|sqlite_|pg_views$)|^information_schema\.views$/i;

/** @returns the query, of so many rows at most @throws TaskError */
export async function readOnly(connection: DuckDBConnection, sql: string, mostRows: number): Promise<string> {
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw new TaskError(400, `sql: is ${statements.count} statements, not one`);
  const prepared = await statements.prepare(0);
  if (prepared.statementType !== StatementType.SELECT) throw new TaskError(400, 'sql: is no SELECT');
  prepared.destroySync();
  const name = innerName(await parsed(connection, sql));
  if (name !== undefined) throw new TaskError(400, `sql: ${name} is not to be asked`);
  const text = sql.trim().replace(/;\s*$/, '');
  // On a line of its own, since the text may end with a comment.
  return `select * from (${text}\n) limit ${mostRows}`;
}

/** As DuckDB reads it. */
async function parsed(connection: DuckDBConnection, sql: string): Promise<unknown> {
  const found = await connection.runAndReadAll(`select json_serialize_sql(${sqlText(sql)})`);
  const { error, statements } = JSON.parse(found.getRowsJS()[0]![0] as string) as {
    error: boolean;
    statements: unknown;
  };
  if (error) throw new TaskError(400, 'sql: is no SELECT');
  return statements;
}

/** The first function or table that is not to be asked. */
function innerName(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const {
    function_name: called,
    schema_name: schema = '',
    table_name: table,
  } = node as Record<string, unknown>;
  if (typeof called === 'string' && inner.test(called)) return called;
  if (typeof table === 'string' && innerTables.test(`${schema}.${table}`.replaceAll('"', ''))) return table;
  for (const each of Object.values(node)) {
    const found = innerName(each);
    if (found !== undefined) return found;
  }
  return undefined;
}
