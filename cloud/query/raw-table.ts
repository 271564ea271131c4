/** Values of raw files as a table in DuckDB, which holds what its memory has no room for on the disk. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { NodeStorage } from '@sluice/common/storage';
import type { Value } from '../message/message';
import { PointColumns } from '../stores/time-series/point-columns';
import { type RawValues, rawValues } from './raw';
import type { RawTask } from './task';

/**
 * In the order of the files, which a join does not keep. A row has one of value, boolean and text; of a number that no
 * double holds the digits stand in `text`.
 */
export const rawSql = `
  select make_timestamp_ms(time) as time, whose.app_id, whose.part, whose.stream, whose.tags, number as value, boolean, text
  from (select *, series_list[series + 1] as whose
    from points,
      (select list({app_id: app_id, part: part, stream: stream, tags: tags} order by series) as series_list from named))`;

const tables = `
  create temp table points (
    batch integer, series integer, time bigint, count integer, number double, boolean boolean, text varchar);
  create temp table named (series integer, app_id varchar, part varchar, stream varchar, tags varchar)`;
/** Rows, and characters of their texts, that are gathered before DuckDB gets them. */
const togetherRows = 65_536;
const togetherCharacters = 4 << 20;
/** Characters of what is known of series at once; one that comes again later gets another number. */
const mostKnown = 8 << 20;
/** Of what could not be read; of others only their number is told. */
const mostProblems = 100;

/** @param check told how many rows there are, to end it @returns what could not be read, and was passed */
export async function fillRawTable(
  connection: DuckDBConnection,
  { directory, days }: RawTask,
  check: (rows: number) => void,
): Promise<string[]> {
  await connection.run(tables);
  const problems: string[] = [];
  let untold = 0;
  const onProblem = (problem: string) => {
    if (problems.length < mostProblems) problems.push(problem);
    else untold++;
  };
  const table = new RawTable(connection, check);
  const storage = new NodeStorage();
  for (const day of days)
    for await (const values of rawValues({ storage, directory, onProblem }, day))
      await table.add(day.appId, day.devId, values);
  await table.flush();
  if (untold > 0) problems.push(`${untold} more places could not be read`);
  return problems;
}

class RawTable {
  readonly #connection: DuckDBConnection;
  readonly #check: (rows: number) => void;
  readonly #columns = new PointColumns();
  /** Numbers of series, by app, device and tags, then by field. */
  readonly #known = new Map<string, Map<string, number>>();
  #knownCharacters = 0;
  /** Series that DuckDB has not yet. */
  #named: string[][] = [];
  /** Of texts that it has not yet. */
  #characters = 0;
  #series = 0;
  #rows = 0;

  constructor(connection: DuckDBConnection, check: (rows: number) => void) {
    this.#connection = connection;
    this.#check = check;
  }

  async add(appId: string, part: string, { tags, values }: RawValues): Promise<void> {
    const tagText = JSON.stringify(tags);
    const fields = this.#fieldsOf(JSON.stringify([appId, part, tagText]));
    for (const { time, field, value } of values) {
      let series = fields.get(field);
      if (series === undefined) {
        series = this.#series++;
        fields.set(field, series);
        this.#named.push([appId, part, field, tagText]);
        this.#knownCharacters += field.length;
        this.#characters += field.length + tagText.length;
      }
      this.#addValue(series, time, value);
    }
    if (this.#columns.length >= togetherRows || this.#characters >= togetherCharacters) await this.flush();
  }

  async flush(): Promise<void> {
    this.#rows += this.#columns.length;
    this.#check(this.#rows);
    await this.#columns.append(this.#connection, 0);
    this.#columns.clear();
    const appender = await this.#connection.createAppender('named');
    let series = this.#series - this.#named.length;
    for (const texts of this.#named) {
      appender.appendInteger(series++);
      for (const text of texts) appender.appendVarchar(text);
      appender.endRow();
    }
    appender.closeSync();
    this.#named = [];
    this.#characters = 0;
  }

  #addValue(series: number, time: number, value: Value): void {
    if (typeof value === 'number') this.#columns.addNumber(series, time, value);
    else if (typeof value === 'bigint') this.#columns.addNumber(series, time, Number(value), String(value));
    else if (typeof value === 'boolean') this.#columns.addBoolean(series, time, value);
    else {
      this.#columns.addText(series, time, value);
      this.#characters += value.length;
    }
  }

  #fieldsOf(key: string): Map<string, number> {
    if (this.#knownCharacters >= mostKnown) {
      this.#known.clear();
      this.#knownCharacters = 0;
    }
    let fields = this.#known.get(key);
    if (fields === undefined) {
      fields = new Map();
      this.#known.set(key, fields);
      this.#knownCharacters += key.length;
    }
    return fields;
  }
}
