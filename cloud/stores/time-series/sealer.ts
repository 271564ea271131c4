/**
 * Moves a device's rows of a day from `points` to a file. Late rows rewrite their day: rows that a file has already, or
 * that lie before what it has, are merged with it, the later arrival winning; so no two files of a device have the same
 * series and time, and what is in several files of a day follows in their order.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Storage } from '@sluice/common/storage';
import { type ColdFile, type ColdFiles, type DeviceDay, dayMilliseconds, rowsOf } from './cold-files';
import { sqlText, transaction } from './database';
import { type RowEncoding, type StreamRows, smallestEncoding } from './row-encoding';
import type { SeriesTable } from './series-table';

/** Rows of a device and day that are in `points`. */
export interface HotDay extends DeviceDay {
  rows: number;
  /** The last batch that brought some. */
  newest: number;
}

interface HotSeries extends StreamRows {
  first: number;
}

export class Sealer {
  readonly #connection: DuckDBConnection;
  readonly #storage: Storage;
  readonly #table: SeriesTable;
  readonly files: ColdFiles;

  constructor(connection: DuckDBConnection, storage: Storage, files: ColdFiles, table: SeriesTable) {
    this.#connection = connection;
    this.#storage = storage;
    this.files = files;
    this.#table = table;
  }

  /** Every device and day with rows in `points`, largest first. */
  async hotDays(): Promise<HotDay[]> {
    const found = await this.#connection.runAndReadAll(`
      select app_id, dev_id, day, sum(rows)::double as rows, max(newest) from (
        select series, floor(time / ${dayMilliseconds})::integer as day, count(*) as rows, max(batch) as newest
        from points group by all) join series on id = series
      group by app_id, dev_id, day order by rows desc`);
    return found.getRowsJS().map(([appId, devId, day, rows, newest]) => ({
      appId: appId as string,
      devId: devId as string,
      day: day as number,
      rows: rows as number,
      newest: newest as number,
    }));
  }

  /** @param upTo the last batch whose rows are taken @param isClosed makes one file of all that there is of the day */
  async seal(of: DeviceDay, upTo: number, isClosed: boolean): Promise<void> {
    const hot = hotRows(of, upTo);
    const series = await this.#seriesOf(hot);
    if (series.length === 0) return;
    const existing = await this.files.of(of);
    const rows = existing.filter(({ resolution }) => resolution === 0);
    const table = this.#table;
    const isDisordered =
      series.some(({ id }) => table.inDisorder(id)) || (await this.#overlaps(rows, series));
    const isAlone = series.length === 1 && !isDisordered;
    const isMerged = rows.length > 0 && (isDisordered || (isClosed && !isAlone));
    // Rows of one series that came in order lie in `points` as a file has them; a join might give them in another.
    const source = isAlone
      ? `select ${columns} from points where series = ${series[0]!.id} and ${spanOf(of, upTo)}`
      : together(hot, this.#absolute(isMerged ? rows : []), isDisordered);
    const encoding = await this.#encodingOf(hot, series);
    const ids = new Set(series.map(({ id }) => id));
    const all = new Set([...ids, ...(isMerged ? await this.#seriesIn(rows) : [])]);
    const written = await this.files.write(of, source, await this.#describe(of, all), encoding);
    const replaced = isMerged ? existing : [];
    await transaction(this.#connection, async () => {
      await this.files.exchange(written, replaced);
      await this.#connection.run(`delete from points where ${conditionOf(of, upTo)}`);
    });
    const left = await this.#leftOf(
      [...ids].filter((id) => table.inDisorder(id)),
      upTo,
    );
    for (const id of ids) if (!left.has(id)) table.ordered(id, upTo);
    this.files.retire(replaced);
    // Files of one series are read one behind the other; with rows of `points` all would be to be sorted.
    if (isClosed && rows.length > 0 && !isMerged) await this.join(of);
  }

  /** One file of several, where nothing of the day is in `points`. */
  async join(of: DeviceDay): Promise<void> {
    const existing = await this.files.of(of);
    const rows = existing.filter(({ resolution }) => resolution === 0);
    if (rows.length < 2) return;
    const all = rowsOf(this.#absolute(await this.#byTime(rows)));
    const series = await this.#seriesOf(all);
    const source = series.length === 1 ? all : inOrder(all);
    const about = await this.#describe(of, new Set(series.map(({ id }) => id)));
    const written = await this.files.write(of, source, about, await this.#encodingOf(all, series));
    await transaction(this.#connection, () => this.files.exchange(written, existing));
    this.files.retire(existing);
  }

  #absolute(files: readonly ColdFile[]): string[] {
    return files.map(({ path }) => this.files.absolute(path));
  }

  async #seriesOf(source: string): Promise<HotSeries[]> {
    const found = await this.#connection.runAndReadAll(
      `select series, count(*)::double, min(time)::double
       from (${source}) group by series order by 2 desc`,
    );
    return (found.getRowsJS() as [number, number, number][]).map(([id, rows, first]) => ({
      id,
      rows,
      first,
    }));
  }

  /** Of which of some series there are rows of another day in `points`: those may be there twice still. */
  async #leftOf(ids: readonly number[], upTo: number): Promise<ReadonlySet<number>> {
    if (ids.length === 0) return new Set();
    const found = await this.#connection.runAndReadAll(
      `select distinct series from points where series in (${ids.join(', ')}) and batch <= ${upTo}`,
    );
    return new Set(found.getRowsJS().map(([id]) => id as number));
  }

  /** Of which series files have rows. */
  async #seriesIn(files: readonly ColdFile[]): Promise<number[]> {
    const found = await this.#connection.runAndReadAll(
      `select distinct series from file_series where ${areIn(files)}`,
    );
    return found.getRowsJS().map(([id]) => id as number);
  }

  /** Whether some of the rows lie at or before what the files have of the same series. */
  async #overlaps(files: readonly ColdFile[], series: readonly HotSeries[]): Promise<boolean> {
    if (files.length === 0) return false;
    const found = await this.#connection.runAndReadAll(
      `select series, max(last)::double from file_series
       where ${areIn(files)} group by series`,
    );
    const last = new Map(found.getRowsJS() as [number, number][]);
    return series.some(({ id, first }) => first <= (last.get(id) ?? Number.NEGATIVE_INFINITY));
  }

  /** Files whose rows of a series follow each other, in their order. */
  async #byTime(files: readonly ColdFile[]): Promise<ColdFile[]> {
    const found = await this.#connection.runAndReadAll(
      `select path, min(first)::double from file_series
       where ${areIn(files)} group by path`,
    );
    const first = new Map(found.getRowsJS() as [string, number][]);
    return [...files].sort((a, b) => first.get(a.path)! - first.get(b.path)!);
  }

  #encodingOf(source: string, series: readonly HotSeries[]): Promise<RowEncoding> {
    return smallestEncoding(this.#connection, this.#storage, this.files.directory, source, series);
  }

  /** What the series of a file are, as JSON, so that it can be read without the database. */
  async #describe({ appId, devId }: DeviceDay, ids: ReadonlySet<number>): Promise<string> {
    const found = await this.#connection.runAndReadAll(
      `select id, field, tags, minimum, step, unit from series
       where app_id = ${sqlText(appId)} and dev_id = ${sqlText(devId)} order by id`,
    );
    const about = found
      .getRowsJS()
      .filter(([id]) => ids.has(id as number))
      .map(([id, stream, tags, minimum, step, unit]) => ({
        series: id,
        app_id: appId,
        part: devId,
        stream,
        tags: JSON.parse(tags as string),
        ...(step !== null && { minimum, step }),
        ...(unit !== null && { unit }),
      }));
    return JSON.stringify(about);
  }
}

/** Of rows of the catalogue: they are of these files. */
function areIn(files: readonly ColdFile[]): string {
  return `path in (${files.map(({ path }) => sqlText(path)).join(', ')})`;
}

function conditionOf(of: DeviceDay, upTo: number): string {
  const { appId, devId } = of;
  return `series in (select id from series where app_id = ${sqlText(appId)} and dev_id = ${sqlText(devId)})
    and ${spanOf(of, upTo)}`;
}

function spanOf({ day }: DeviceDay, upTo: number): string {
  return `time >= ${day * dayMilliseconds} and time < ${(day + 1) * dayMilliseconds} and batch <= ${upTo}`;
}

function hotRows(of: DeviceDay, upTo: number): string {
  return `select series, time, count, number, boolean, text, batch, rowid as place from points where ${conditionOf(of, upTo)}`;
}

const columns = 'series, time, count, number, boolean, text';

/** Of hot rows and those of files; where the same series and time may be there twice, the row that came last. */
function together(hot: string, files: readonly string[], isDisordered: boolean): string {
  const cold = files.length === 0 ? '' : rowsOf(files);
  if (!isDisordered)
    return inOrder(`(select ${columns} from (${hot}) ${cold && `union all select ${columns} from ${cold}`})`);
  const before = cold && `union all select ${columns}, -1 as batch, 0 as place from ${cold}`;
  return `select ${columns} from (${hot} ${before})
    qualify row_number() over (partition by series, time order by batch desc, place desc) = 1
    order by series, time`;
}

function inOrder(rows: string): string {
  return `select ${columns} from ${rows} order by series, time`;
}
