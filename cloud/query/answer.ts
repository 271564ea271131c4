/** Answers a task: reads Parquet files with a DuckDB of its own, and writes the answer to a file. */
import { open } from 'node:fs/promises';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { withoutPaths } from '@sluice/common/errors';
import { sqlList } from '../stores/time-series/database';
import { type AnswerRow, bucketOf, type ResultRow, rowOf } from './answer-rows';
import { prepareCaptures } from './captures-sql';
import { CsvAnswer, cellOf, lineOf } from './csv-answer';
import { JsonAnswer, jsonText } from './json-answer';
import { readOnly } from './read-only';
import { askedTable, asksTable, bucketsSql, emptyTables, gapsSql, rowsSql, viewsSql } from './sql';
import { writeRaw, writeTable } from './table-answer';
import {
  type Answered,
  type BucketsTask,
  type CapturesTask,
  checkRows,
  fullDiskError,
  isTable,
  lessThan,
  type RowsTask,
  rowsAtMost,
  type SeriesTask,
  type SqlTask,
  type Task,
  TaskError,
} from './task';

export interface AnswerLimits {
  /** Where DuckDB puts what does not fit its memory. */
  spill: string;
  memoryMb: number;
  spillMb: number;
  /** Bytes of an answer. */
  mostBytes: number;
}

/**
 * What answers tasks, one at a time. Its DuckDB stays open between them, since to open one takes longer than most
 * answers. A task has a connection of its own, and leaves nothing behind.
 */
export class Answering {
  readonly #limits: AnswerLimits;
  #instance: DuckDBInstance | undefined;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  /** @throws TaskError when it has no answer */
  async answer(task: Task): Promise<Answered> {
    // SQL of somebody's own locks what it runs in.
    const isKept = task.kind !== 'sql' && !(task.kind === 'captures' && task.ask.kind === 'sql');
    try {
      const instance = isKept ? await this.#kept() : await openInstance(this.#limits);
      try {
        return await answerIn(instance, task, this.#limits.mostBytes);
      } finally {
        if (!isKept) instance.closeSync();
      }
    } catch (error) {
      // What fails for another reason than the answer's size may leave an instance that fails again.
      if (isKept && !(error instanceof TaskError)) this.close();
      throw refusalOf(error, task);
    }
  }

  close(): void {
    this.#instance?.closeSync();
    this.#instance = undefined;
  }

  async #kept(): Promise<DuckDBInstance> {
    this.#instance ??= await openInstance(this.#limits);
    return this.#instance;
  }
}

async function openInstance({ spill, memoryMb, spillMb }: AnswerLimits): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: `${memoryMb}MB`,
    temp_directory: spill,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // The kernel has them in memory already, and nobody holds that between questions.
    enable_external_file_cache: 'false',
  });
  const connection = await instance.connect();
  // DuckDB takes it as an option of a new instance too, and does not keep to it then.
  await connection.run(`set max_temp_directory_size = '${spillMb}MB'`);
  await connection.run(emptyTables);
  connection.closeSync();
  return instance;
}

async function answerIn(instance: DuckDBInstance, task: Task, mostBytes: number): Promise<Answered> {
  const connection = await instance.connect();
  try {
    if (task.kind === 'raw') return await writeRaw(connection, task);
    if (asksTable(task)) await makeAsked(connection, task);
    return await write(connection, task, mostBytes);
  } finally {
    connection.closeSync();
  }
}

/** A temporary table is the connection's: it is gone when that closes. */
async function makeAsked(connection: DuckDBConnection, task: SeriesTask): Promise<void> {
  await connection.run(askedTable);
  const appender = await connection.createAppender('asked', 'main', 'temp');
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

async function write(connection: DuckDBConnection, task: SeriesTask, mostBytes: number): Promise<Answered> {
  const one = task.mostRows + 1;
  switch (task.kind) {
    case 'rows':
      if (isTable(task)) return writeTable(connection, task, rowsSql(task, one));
      return writeRows(connection, task, rowsSql(task, one), rowOf, ['value'], mostBytes);
    case 'buckets':
      if (isTable(task)) return writeTable(connection, task, bucketsSql(task, one));
      return writeRows(connection, task, bucketsSql(task, one), bucketOf, task.aggregates, mostBytes);
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
    case 'captures':
      return writeDocuments(connection, task);
  }
}

/** BSON, one document behind the other. */
async function writeDocuments(connection: DuckDBConnection, task: CapturesTask): Promise<Answered> {
  await prepareCaptures(connection, task);
  const out = new PiecesAnswer(task, task.mostBytes);
  // Loaded only when asked for: they take a while.
  const { documentsOf, rowsQuery } = await import('./bson-answer');
  const { ask } = task;
  if (ask.kind === 'mql') {
    const { aggregate } = await import('./mql');
    await out.write(aggregate(connection, ask.pipeline));
    return out.end();
  }
  if (ask.kind === 'sql') await lock(connection, filesOf({ ...task, rollups: [] }));
  const query =
    ask.kind === 'sql'
      ? await readOnly(connection, ask.sql, task.mostRows + 1)
      : rowsQuery(ask, task.mostRows + 1);
  await out.write(documentsOf(await connection.stream(query)));
  return out.end();
}

function filesOf({
  files,
  rollups,
  hot,
  answer,
}: Pick<SqlTask, 'files' | 'rollups' | 'hot' | 'answer'>): string[] {
  return [...files, ...rollups.flatMap((one) => one.files), ...(hot === undefined ? [] : [hot]), answer];
}

/** From here on nothing but these files can be read, whatever lies beside them, and no setting changed. */
async function lock(connection: DuckDBConnection, paths: readonly string[]): Promise<void> {
  await connection.run(`set allowed_paths = ${sqlList(paths)}`);
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
}

/**
 * Rows that are held in memory before they are written: of a stream DuckDB plans a query twice, and reads its files' ends
 * as often, which is a quarter of what a plot costs.
 */
const fewRows = 50_000;

async function writeRows(
  connection: DuckDBConnection,
  task: RowsTask | BucketsTask,
  query: string,
  read: (row: ResultRow) => AnswerRow,
  names: readonly string[],
  mostBytes: number,
): Promise<Answered> {
  const { series, format } = task;
  const text = format === 'csv' ? new CsvAnswer(series, names) : new JsonAnswer(series, names);
  const out = new TextAnswer(task, mostBytes, text.head);
  const result = rowsAtMost(task) <= fewRows ? await connection.run(query) : await connection.stream(query);
  // As DuckDB has them: what is asked for are numbers, levels and texts, which are the same in JavaScript.
  await out.write(result.yieldRows(), (row) => text.add(read(row)));
  return out.end(text.end());
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
  await out.write(result.yieldRowsJs(), (row) => {
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

/** An answer, written in pieces. */
class PiecesAnswer {
  readonly #task: Task;
  readonly #mostBytes: number;
  #rows = 0;
  #bytes = 0;
  #isBegun = false;

  constructor(task: Task, mostBytes: number) {
    this.#task = task;
    this.#mostBytes = mostBytes;
  }

  /** @param portions rows, some at a time */
  async write(portions: AsyncIterable<readonly Uint8Array[]>): Promise<void> {
    for await (const rows of portions) await this.append(rows.length, Buffer.concat(rows));
  }

  async append(rows: number, bytes: Uint8Array): Promise<void> {
    this.#rows += rows;
    checkRows(this.#rows, this.#task);
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

  /** A file is there also when nothing was. */
  async end(): Promise<Answered> {
    if (!this.#isBegun) await this.append(0, new Uint8Array(0));
    return { rows: this.#rows, bytes: this.#bytes };
  }
}

/** Characters of an answer that are written together, about: most are no more. */
const togetherCharacters = 1 << 20;

/** An answer of text. */
class TextAnswer {
  readonly #out: PiecesAnswer;
  #text: string;
  #rows = 0;

  constructor(task: Task, mostBytes: number, head: string) {
    this.#out = new PiecesAnswer(task, mostBytes);
    this.#text = head;
  }

  /** @param portions rows, some at a time */
  async write(
    portions: AsyncIterable<readonly ResultRow[]>,
    text: (row: ResultRow) => string,
  ): Promise<void> {
    for await (const rows of portions) {
      for (const row of rows) this.#text += text(row);
      this.#rows += rows.length;
      if (this.#text.length >= togetherCharacters) await this.#flush();
    }
  }

  async end(tail: string): Promise<Answered> {
    this.#text += tail;
    await this.#flush();
    return this.#out.end();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#text);
    const rows = this.#rows;
    this.#text = '';
    this.#rows = 0;
    await this.#out.append(rows, bytes);
  }
}

function refusalOf(error: unknown, task: Task): TaskError {
  if (error instanceof TaskError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const fullDisk = fullDiskError(error);
  if (fullDisk !== undefined) return fullDisk;
  if (/Out of Memory|max_temp_directory_size|failed to offload/i.test(message))
    return new TaskError(413, `needs more memory than a question has: ${lessThan(task)}`);
  // What is no SQL is found before it is asked, and DuckDB says so in front.
  const [refused] = message.replace(/^Failed to extract statements: /, '').split('\n') as [string];
  if (
    /^(Binder|Parser|Catalog|Conversion|Invalid Input|Permission|Out of Range|Not implemented) Error/i.test(
      refused,
    )
  )
    return new TaskError(400, `sql: ${withoutPaths(refused)}`);
  return new TaskError(500, message);
}
