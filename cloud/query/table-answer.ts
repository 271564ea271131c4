/** Answers whose columns have their types: Parquet, written by DuckDB, and Arrow. */
import { open, stat } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { sqlText } from '../stores/time-series/database';
import { type Answered, checkRows, type RawTask, type Task } from './task';

/** Raw files, by way of a table. */
export async function writeRaw(connection: DuckDBConnection, task: RawTask): Promise<Answered> {
  // Loaded only when asked for: it takes a while.
  const { fillRawTable, rawSql } = await import('./raw-table');
  const problems = await fillRawTable(connection, task, (rows) => checkRows(rows, task));
  return { ...(await writeTable(connection, task, rawSql)), problems };
}

export async function writeTable(connection: DuckDBConnection, task: Task, query: string): Promise<Answered> {
  let rows = 0;
  if (task.format === 'parquet') {
    const copied = await connection.runAndReadAll(
      `copy (${query}) to ${sqlText(task.answer)} (format parquet, parquet_version v2, compression zstd)`,
    );
    rows = Number(copied.getRowsJS()[0]![0]);
  } else {
    // Loaded only when asked for: it takes a while.
    const { arrowBytes } = await import('./arrow-answer');
    const file = await open(task.answer, 'w');
    try {
      const result = await connection.stream(query);
      for await (const bytes of arrowBytes(result, (count) => {
        rows += count;
        checkRows(rows, task);
      }))
        await file.appendFile(bytes);
    } finally {
      await file.close();
    }
  }
  checkRows(rows, task);
  return { rows, bytes: (await stat(task.answer)).size };
}
