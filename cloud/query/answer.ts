/** Answers a task: reads Parquet files with a DuckDB of its own, and writes the answer to a file. */
import { open, stat } from 'node:fs/promises';
import { type DuckDBConnection, DuckDBInstance, StatementType } from '@duckdb/node-api';
import { sqlList, sqlText } from '../stores/time-series/database';
import { type AnswerRow, bucketOf, jsonOf, type ResultRow, rowOf } from './answer-rows';
import { CsvAnswer, cellOf, lineOf } from './csv-answer';
import { bucketsSql, emptyTables, gapsSql, rowsSql, viewsSql } from './sql';
import { type Answered, type BucketsTask, type RowsTask, type SqlTask, type Task, TaskError } from './task';

export interface AnswerLimits {
  /** Where DuckDB puts what does not fit its memory. */
  spill: string;
  memoryMb: number;
  spillMb: number;
  /** Bytes of an answer. */
  mostBytes: number;
}

/** @throws TaskError when it has no answer */
export async function answer(task: Task, limits: AnswerLimits): Promise<Answered> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: `${limits.memoryMb}MB`,
    temp_directory: limits.spill,
    max_temp_directory_size: `${limits.spillMb}MB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  try {
    const connection = await instance.connect();
    await prepare(connection, task);
    return await write(connection, task, limits.mostBytes);
  } catch (error) {
    throw refusalOf(error);
  } finally {
    instance.closeSync();
  }
}

async function prepare(connection: DuckDBConnection, task: Task): Promise<void> {
  await connection.run(
    `create table asked (position integer, id integer, app_id varchar, part varchar, stream varchar, tags varchar,
       unit varchar, minimum double, step double)`,
  );
  for (const table of emptyTables) await connection.run(table);
  const appender = await connection.createAppender('asked');
  task.series.forEach(({ id, appId, part, stream, tags, unit, scale }, position) => {
    appender.appendInteger(position);
    appender.appendInteger(id);
    for (const text of [appId, part, stream, JSON.stringify(tags)]) appender.appendVarchar(text);
    unit === undefined ? appender.appendNull() : appender.appendVarchar(unit);
    for (const number of [scale?.minimum, scale?.step])
      number === undefined ? appender.appendNull() : appender.appendDouble(number);
    appender.endRow();
  });
  appender.closeSync();
}

async function write(connection: DuckDBConnection, task: Task, mostBytes: number): Promise<Answered> {
  const one = task.mostRows + 1;
  switch (task.kind) {
    case 'rows':
      if (isTable(task)) return writeTable(connection, task, rowsSql(task, one, true));
      return writeRows(connection, task, rowsSql(task, one), (row) => rowOf(task, row), ['value'], mostBytes);
    case 'buckets':
      if (isTable(task)) return writeTable(connection, task, bucketsSql(task, one, true));
      return writeRows(
        connection,
        task,
        bucketsSql(task, one),
        (row) => bucketOf(task, row),
        task.aggregates,
        mostBytes,
      );
    case 'gaps':
      return writeObjects(connection, task, gapsSql(task, one), mostBytes);
    case 'sql': {
      for (const view of viewsSql(task)) await connection.run(view);
      await lock(connection, filesOf(task));
      const query = await readOnly(connection, task.sql, one);
      return isTable(task)
        ? writeTable(connection, task, query)
        : writeObjects(connection, task, query, mostBytes);
    }
  }
}

const isTable = ({ format }: Task): boolean => format === 'parquet' || format === 'arrow';

function filesOf({ files, rollups, hot, answer }: SqlTask): string[] {
  return [...files, ...rollups.flatMap((one) => one.files), ...(hot === undefined ? [] : [hot]), answer];
}

/** From here on nothing but these files can be read, whatever lies beside them, and no setting changed. */
async function lock(connection: DuckDBConnection, paths: readonly string[]): Promise<void> {
  await connection.run(`set allowed_paths = ${sqlList(paths)}`);
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
}

/** One statement that only reads, of so many rows at most. @throws TaskError */
async function readOnly(connection: DuckDBConnection, sql: string, mostRows: number): Promise<string> {
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw new TaskError(400, `sql: is ${statements.count} statements, not one`);
  const prepared = await statements.prepare(0);
  if (prepared.statementType !== StatementType.SELECT) throw new TaskError(400, 'sql: is no SELECT');
  prepared.destroySync();
  const text = sql.trim().replace(/;\s*$/, '');
  // On a line of its own, since the text may end with a comment.
  return `select * from (${text}\n) limit ${mostRows}`;
}

async function writeTable(connection: DuckDBConnection, task: Task, query: string): Promise<Answered> {
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

async function writeRows(
  connection: DuckDBConnection,
  task: RowsTask | BucketsTask,
  query: string,
  read: (row: ResultRow) => AnswerRow,
  names: readonly string[],
  mostBytes: number,
): Promise<Answered> {
  const withPart = new Set(task.series.map(({ appId, part }) => JSON.stringify([appId, part]))).size > 1;
  const csv = task.format === 'csv' ? new CsvAnswer(task.series, names, withPart) : undefined;
  const out = new TextAnswer(task, mostBytes, csv === undefined ? '[' : csv.head);
  let separator = '';
  await out.write(await connection.stream(query), (row) => {
    if (csv !== undefined) return csv.add(read(row));
    const text = separator + jsonOf(read(row), withPart);
    separator = ',\n';
    return text;
  });
  return out.end(csv === undefined ? ']' : csv.end());
}

/** Columns as they are called. */
async function writeObjects(
  connection: DuckDBConnection,
  task: Task,
  query: string,
  mostBytes: number,
): Promise<Answered> {
  const result = await connection.stream(query);
  const names = result.deduplicatedColumnNames();
  const isCsv = task.format === 'csv';
  const out = new TextAnswer(task, mostBytes, isCsv ? lineOf(names) : '[');
  let separator = '';
  await out.write(result, (row) => {
    if (isCsv) return lineOf(row.map((value) => (value === null ? '' : cellText(value))));
    const members = row.map((value, index) => `${JSON.stringify(names[index])}:${jsonText(value)}`);
    const text = `${separator}{${members.join(',')}}`;
    separator = ',\n';
    return text;
  });
  return out.end(isCsv ? '' : ']');
}

function cellText(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? jsonText(value) : cellOf(value as string | number | boolean | bigint);
}

/** Integers to the digit; what JSON has no word for (NaN, infinities) is null. */
function jsonText(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  return (
    JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner)) ??
    'null'
  );
}

/** An answer of text, written in pieces. */
class TextAnswer {
  readonly #task: Task;
  readonly #mostBytes: number;
  #pieces: string[];
  #rows = 0;
  #bytes = 0;
  #isBegun = false;

  constructor(task: Task, mostBytes: number, head: string) {
    this.#task = task;
    this.#mostBytes = mostBytes;
    this.#pieces = [head];
  }

  async write(
    result: { yieldRowsJs(): AsyncIterable<ResultRow[]> },
    text: (row: ResultRow) => string,
  ): Promise<void> {
    for await (const rows of result.yieldRowsJs()) {
      this.#rows += rows.length;
      checkRows(this.#rows, this.#task);
      for (const row of rows) this.#pieces.push(text(row));
      await this.#flush();
    }
  }

  async end(tail: string): Promise<Answered> {
    this.#pieces.push(tail);
    await this.#flush();
    return { rows: this.#rows, bytes: this.#bytes };
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#pieces.join(''));
    this.#pieces = [];
    this.#bytes += bytes.length;
    if (this.#bytes > this.#mostBytes)
      throw new TaskError(413, `is more than ${this.#mostBytes} bytes: ask for less, or for another format`);
    const file = await open(this.#task.answer, this.#isBegun ? 'a' : 'w');
    this.#isBegun = true;
    try {
      await file.appendFile(bytes);
    } finally {
      await file.close();
    }
  }
}

function checkRows(rows: number, { mostRows }: Task): void {
  if (rows > mostRows)
    throw new TaskError(
      413,
      `is more than ${mostRows} rows: ask for a shorter span, with limit, last or every, or in another format`,
    );
}

function refusalOf(error: unknown): TaskError {
  if (error instanceof TaskError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/Out of Memory|max_temp_directory_size|failed to offload|No space left/i.test(message))
    return new TaskError(413, 'needs more memory than a question has: ask for a shorter span, or with every');
  if (
    /^(Binder|Parser|Catalog|Conversion|Invalid Input|Permission|Out of Range|Not implemented) Error/i.test(
      message,
    )
  )
    return new TaskError(400, `sql: ${message.split('\n')[0]}`);
  return new TaskError(500, message);
}
