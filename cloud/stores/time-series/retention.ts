/**
 * What is too old, or too much. Rows are kept for 90 days in UTC, or as long, and in as many bytes, as the stream's own
 * policy says. Rollups outlive the 90 days; a policy is for both.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type ColdFile, type ColdFiles, type DeviceDay, dayMilliseconds } from './cold-files';
import { transaction } from './database';

export const defaultDays = 90;

interface Expired {
  path: string;
  series: number[];
}

/** Does what is about one day of a device, and keeps its failure from the others. */
type Attempt = (of: DeviceDay, work: () => Promise<void>) => Promise<unknown>;

export class Retention {
  readonly #connection: DuckDBConnection;
  readonly #files: ColdFiles;

  readonly #attempt: Attempt;
  readonly #mostBytes: number;

  /** @param mostBytes of all files: the oldest go */
  constructor(
    connection: DuckDBConnection,
    files: ColdFiles,
    attempt: Attempt,
    mostBytes = Number.POSITIVE_INFINITY,
  ) {
    this.#connection = connection;
    this.#files = files;
    this.#attempt = attempt;
    this.#mostBytes = mostBytes;
  }

  /** Removes the oldest files, rollups too, above what all together may take. */
  async limit(): Promise<void> {
    if (this.#mostBytes === Number.POSITIVE_INFINITY) return;
    const beyond = await this.#files.find(
      `path in (select path from (
         select path, sum(bytes) over (order by day desc, path desc) as total from files)
       where total > ${this.#mostBytes})`,
    );
    if (beyond.length === 0) return;
    await transaction(this.#connection, () => this.#files.exchange([], beyond));
    this.#files.retire(beyond);
  }

  /** @param now wall ms @param isOfFiles what is in none stays */
  async apply(now: number, isOfFiles = false): Promise<void> {
    const today = Math.floor(now / dayMilliseconds);
    const oldest = (days: string) => `(${today} - ${days})::double * ${dayMilliseconds}`;
    if (!isOfFiles)
      await this.#connection.run(
        `delete from points using series where id = points.series and time < ${oldest(`coalesce(days, ${defaultDays})`)}`,
      );
    await this.#connection.run(`delete from blocks where last < ${oldest(String(defaultDays))}`);
    for (const { path, series } of await this.#expired(today)) {
      const [file] = await this.#files.find(`path = '${path.replaceAll("'", "''")}'`);
      if (file !== undefined) await this.#attempt(file, () => this.#without(file, series));
    }
  }

  async #without(file: ColdFile, series: readonly number[]): Promise<void> {
    const counted = await this.#connection.runAndReadAll(
      'select count(*)::double from file_series where path = $1',
      [file.path],
    );
    const isAll = (counted.getRowsJS()[0]![0] as number) <= series.length;
    const condition = `series not in (${series.join(', ')})`;
    const added = isAll ? [] : await this.#files.rewrite(file, condition, series);
    await transaction(this.#connection, () => this.#files.exchange(added, [file]));
    this.#files.retire([file]);
  }

  /** Series of a file that have outlived their policy, by file. The bytes of a series are its share of the file's. */
  async #expired(today: number): Promise<Expired[]> {
    const found = await this.#connection.runAndReadAll(`
      with kept as (
        select path, series, day, resolution, days, tabular_limit_gb,
          sum(bytes * file_series.rows / files.rows) over (partition by series order by day desc, path) as total
        from file_series join files using (path) join series on series.id = file_series.series)
      select path, list(series) from kept
      where (days is not null and day < ${today} - days)
        or (days is null and resolution = 0 and day < ${today - defaultDays})
        or total > tabular_limit_gb * 1e9
      group by path`);
    return found.getRowsJS().map(([path, series]) => ({ path: path as string, series: series as number[] }));
  }
}
