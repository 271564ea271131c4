/**
 * Rows and rollups at rest: Parquet files, and the catalogue of them in the database. A file is whole, durable and in
 * the catalogue, or it is not there: it is written under another name, synced, renamed, and then named in the same
 * transaction in which the rows leave `points` and the files that it replaces leave the catalogue.
 */
import { dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Storage } from '@sluice/common/storage';
import { floorTo, sqlList, sqlText } from './database';
import { countColumn, encodingOf, optionsOf, type RowEncoding } from './row-encoding';

/** One device's rows of one day in UTC. */
export interface DeviceDay {
  appId: string;
  devId: string;
  /** Since 1970-01-01. */
  day: number;
}

export const dayMilliseconds = 86_400_000;

/** `YYYY-MM-DD` */
export function dateOf(day: number): string {
  return new Date(day * dayMilliseconds).toISOString().split('T')[0]!;
}

/** Milliseconds that a file's rows stand for; 0: as they came. */
export type Resolution = 0 | 1_000 | 5_000 | 60_000 | 3_600_000;
export const rollupResolutions = [1_000, 5_000, 60_000, 3_600_000] as const;
/** Days that an earlier release has closed have none of these; of all others each day has some. */
export const laterResolutions: readonly Resolution[] = [5_000];
const endings: Record<Resolution, string> = {
  0: '',
  1000: '.1s',
  5000: '.5s',
  60000: '.1m',
  3600000: '.1h',
};
/** Of a file's name: its number among those of its day, and its resolution. */
export const fileEnding = /\.(\d+)(?:\.(?:1s|5s|1m|1h))?\.parquet$/;

export interface ColdFile extends DeviceDay {
  /** Below the store's directory. */
  path: string;
  resolution: Resolution;
  rows: number;
  bytes: number;
}

/** Rows that a file is read by: what a question has no use for is passed in such steps. */
const rowGroup = 122_880;
const format = `format parquet, parquet_version v2, compression zstd, row_group_size ${rowGroup}`;
/** The value that is rolled up: counts stay counts, levels are 0 and 1, texts are none. */
const rolled = 'coalesce(count::double, number, boolean::integer::double)';

/** Rows of a file, as `points` has them. Its counts may be doubles there. */
export function rowsOf(paths: readonly string[]): string {
  return `(select series, epoch_ms(time) as time, count::integer as count, number, boolean, text from read_parquet(${sqlList(paths)}))`;
}

/** A file that nothing names any more, and since when, in monotonic ms. */
export interface RetiredFile {
  path: string;
  since: number;
}

/** What is known of files that the catalogue does not say. */
export interface FilesHandover {
  /** That the database's last user has let go, which a question may read still. */
  retired: readonly RetiredFile[];
  /** The number of the next one. */
  next: number;
}

export class ColdFiles {
  readonly #connection: DuckDBConnection;
  readonly #storage: Storage;
  readonly directory: string;
  #next: number;
  readonly #retired: RetiredFile[];

  private constructor(
    connection: DuckDBConnection,
    storage: Storage,
    directory: string,
    { retired, next }: FilesHandover,
  ) {
    this.#connection = connection;
    this.#storage = storage;
    this.directory = directory;
    this.#retired = [...retired];
    this.#next = next;
  }

  /** @param before of the same files, open until now; left out at a start: then all are listed, and what nothing names goes */
  static async open(
    connection: DuckDBConnection,
    storage: Storage,
    directory: string,
    before?: FilesHandover,
  ): Promise<ColdFiles> {
    const files = new ColdFiles(connection, storage, directory, before ?? { retired: [], next: 1 });
    if (before !== undefined) return files;
    await storage.makeDirectory(directory);
    await files.#sweep();
    return files;
  }

  absolute(path: string): string {
    return join(this.directory, path);
  }

  /** Those of a device's day, by resolution and age. */
  async of({ appId, devId, day }: DeviceDay): Promise<ColdFile[]> {
    return this.find(
      `app_id = ${sqlText(appId)} and dev_id = ${sqlText(devId)} and day = ${day}`,
      'resolution, path',
    );
  }

  async find(condition: string, order = 'path'): Promise<ColdFile[]> {
    const found = await this.#connection.runAndReadAll(
      `select path, app_id, dev_id, day, resolution, rows::double, bytes::double from files
       where ${condition} order by ${order}`,
    );
    return found.getRowsJS().map(([path, appId, devId, day, resolution, rows, bytes]) => ({
      path: path as string,
      appId: appId as string,
      devId: devId as string,
      day: day as number,
      resolution: resolution as Resolution,
      rows: rows as number,
      bytes: bytes as number,
    }));
  }

  /**
   * Writes rows, and the rollups of them, as files that are durable and in no catalogue yet.
   * @param source a query of series, time, count, number, boolean, text, in the order of series and time; each once
   * @param about JSON of what the series are, kept in the file
   */
  async write(of: DeviceDay, source: string, about: string, encoding: RowEncoding): Promise<ColdFile[]> {
    await this.#makeFolder(of);
    const files: ColdFile[] = [];
    try {
      for await (const file of this.#copies(of, source, about, encoding)) files.push(file);
      await this.#storage.syncDirectory(this.#folder(of));
      return files;
    } catch (error) {
      // It is tried again and again, and a disk that was too full for all of them is not to be filled by some.
      for (const { path } of files) await this.#storage.discard(this.absolute(path));
      throw error;
    }
  }

  async *#copies(
    of: DeviceDay,
    source: string,
    about: string,
    encoding: RowEncoding,
  ): AsyncGenerator<ColdFile> {
    const number = this.#next++;
    const rows = await this.#copy(
      of,
      number,
      0,
      `select series, make_timestamp_ms(time)::timestamp_ms as time, ${countColumn(encoding)}, number, boolean, text
       from (${source})`,
      [described(about), ...optionsOf(encoding)],
    );
    yield rows;
    let finer = rollupOfRows(this.absolute(rows.path), number);
    for (const resolution of rollupResolutions) {
      const file = await this.#copy(of, number, resolution, finer, [described(about)]);
      yield file;
      const coarser = rollupResolutions[rollupResolutions.indexOf(resolution) + 1];
      if (coarser !== undefined) finer = rollupOfRollups(this.absolute(file.path), number, coarser);
    }
  }

  /**
   * A file with those of its rows for which a condition holds; none where it holds for no row.
   * @param without series of which no row is left
   */
  async rewrite(file: ColdFile, condition: string, without: readonly number[] = []): Promise<ColdFile[]> {
    const path = this.absolute(file.path);
    const query = `select * from read_parquet(${sqlText(path)}) where ${condition}`;
    const options = [described(await this.#aboutWithout(path, without))];
    if (file.resolution === 0) options.push(...optionsOf(await encodingOf(this.#connection, path)));
    const rewritten = await this.#copy(file, this.#next++, file.resolution, query, options);
    if (rewritten.rows === 0) await this.#storage.discard(this.absolute(rewritten.path));
    await this.#storage.syncDirectory(this.#folder(file));
    return rewritten.rows === 0 ? [] : [rewritten];
  }

  /** Puts files into the catalogue in the place of others, within the connection's transaction. */
  async exchange(added: readonly ColdFile[], removed: readonly ColdFile[]): Promise<void> {
    if (removed.length > 0) {
      const paths = removed.map(({ path }) => sqlText(path)).join(', ');
      await this.#connection.run(`delete from files where path in (${paths})`);
      await this.#connection.run(`delete from file_series where path in (${paths})`);
    }
    for (const { path, appId, devId, day, resolution, rows, bytes } of added) {
      const values = [sqlText(path), sqlText(appId), sqlText(devId), day, resolution, rows, bytes];
      await this.#connection.run(`insert into files values (${values.join(', ')})`);
      await this.#connection.run(
        `insert into file_series select ${sqlText(path)}, series, epoch_ms(min(time)), epoch_ms(max(time)), count(*)
         from read_parquet(${sqlText(this.absolute(path))}) group by series`,
      );
    }
  }

  /** Files that nothing names any more: a question that has begun may still read them for a while. */
  retire(files: readonly ColdFile[]): void {
    const since = performance.now();
    for (const { path } of files) this.#retired.push({ path, since });
  }

  get handover(): FilesHandover {
    return { retired: this.#retired, next: this.#next };
  }

  /** Removes what was retired `patience` ms ago. */
  async purge(patience: number): Promise<void> {
    const before = performance.now() - patience;
    while (this.#retired.length > 0 && this.#retired[0]!.since <= before)
      await this.#storage.discard(this.absolute(this.#retired.shift()!.path));
  }

  async #aboutWithout(path: string, without: readonly number[]): Promise<string> {
    const found = await this.#connection.runAndReadAll(
      `select decode(value) from parquet_kv_metadata(${sqlText(path)}) where decode(key) = 'series'`,
    );
    const about = JSON.parse((found.getRowsJS()[0]?.[0] as string | undefined) ?? '[]') as {
      series: number;
    }[];
    return JSON.stringify(about.filter(({ series }) => !without.includes(series)));
  }

  /** Not the directory of all of them: where that is away, nothing is to be written in its place. */
  async #makeFolder(of: DeviceDay): Promise<void> {
    for (const folder of [join(this.directory, of.appId), this.#folder(of)]) {
      await this.#storage.makeEntry(folder);
      await this.#storage.syncDirectory(dirname(folder));
    }
  }

  #folder({ appId, devId }: DeviceDay): string {
    return join(this.directory, appId, devId);
  }

  async #copy(
    { appId, devId, day }: DeviceDay,
    number: number,
    resolution: Resolution,
    query: string,
    options: readonly string[],
  ): Promise<ColdFile> {
    const path = join(appId, devId, `${dateOf(day)}.${number}${endings[resolution]}.parquet`);
    const full = this.absolute(path);
    const temporary = `${full}.tmp`;
    try {
      const all = [format, ...options].join(', ');
      const copied = await this.#connection.runAndReadAll(
        `copy (${query}) to ${sqlText(temporary)} (${all})`,
      );
      const file = await this.#storage.open(temporary);
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#storage.rename(temporary, full);
      return {
        appId,
        devId,
        day,
        path,
        resolution,
        rows: Number(copied.getRowsJS()[0]![0]),
        bytes: file.size,
      };
    } catch (error) {
      await this.#storage.discard(temporary);
      throw error;
    }
  }

  /** Removes what a process that died left in no catalogue. */
  async #sweep(): Promise<void> {
    const known = new Set<string>();
    for (const { path } of await this.find('true')) {
      known.add(path);
      const number = Number(fileEnding.exec(path)?.[1] ?? 0);
      this.#next = Math.max(this.#next, number + 1);
    }
    for (const { name: app, directory } of await this.#storage.list(this.directory)) {
      if (!directory) {
        if (app.endsWith('.sample')) await this.#storage.remove(this.absolute(app));
        continue;
      }
      for (const { name: device, directory } of await this.#storage.list(join(this.directory, app))) {
        if (!directory) continue;
        for (const { name } of await this.#storage.list(join(this.directory, app, device))) {
          const path = join(app, device, name);
          if (/\.parquet(\.tmp)?$/.test(name) && !known.has(path))
            await this.#storage.remove(this.absolute(path));
        }
      }
    }
  }
}

/** @param about JSON */
function described(about: string): string {
  return `kv_metadata {series: ${sqlText(about)}}`;
}

/** What a bucket of one value has besides it follows from it, and is left out. */
function rollup(buckets: string, resolution: number, number: number): string {
  const many = (column: string) => `case when numbers > 1 then ${column} end as ${column}`;
  return `
    select series, make_timestamp_ms(bucket)::timestamp_ms as time, ${number}::integer as segment, rows, numbers,
      ${many('low')}, ${many('high')}, ${many('total')}, first, ${many('last')}
    from (select series, ${floorTo('time', resolution)} as bucket, ${buckets} group by all) order by series, time`;
}

function rollupOfRows(path: string, number: number): string {
  const buckets = `
    count(*) as rows, count(value) as numbers, min(value) as low, max(value) as high, sum(value) as total,
    arg_min(value, time) as first, arg_max(value, time) as last
    from (select series, epoch_ms(time) as time, ${rolled} as value from read_parquet(${sqlText(path)}))`;
  return rollup(buckets, rollupResolutions[0], number);
}

function rollupOfRollups(path: string, number: number, resolution: number): string {
  const buckets = `
    sum(rows)::bigint as rows, sum(numbers)::bigint as numbers, min(low) as low, max(high) as high, sum(total) as total,
    arg_min(first, time) as first, arg_max(last, time) as last
    from (select series, epoch_ms(time) as time, rows, numbers, coalesce(low, first) as low,
      coalesce(high, first) as high, coalesce(total, first) as total, first, coalesce(last, first) as last
      from read_parquet(${sqlText(path)}))`;
  return rollup(buckets, resolution, number);
}
