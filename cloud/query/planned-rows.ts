/** Where the rows that a question is about are: in which files, and in no file yet, which are then copied to one. */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { dayMilliseconds, fileEnding, type Resolution } from '../stores/time-series/cold-files';
import { floorTo, sqlText } from '../stores/time-series/database';
import type { SeriesStore } from '../stores/time-series/series-store';
import { QuestionError } from './question-error';
import type { Span, TaskSeries } from './task';

const mostFiles = 20_000;

/** Where a task's files are to be. */
export interface TaskPaths {
  hot: string;
  answer: string;
}

export interface Planning {
  connection: DuckDBConnection;
  store: SeriesStore;
  series: TaskSeries[];
  span: Span;
  paths: TaskPaths;
}

export interface Extent {
  /** First time of rows in no file; undefined: there are none. */
  hotFirst: number | undefined;
  /** Last time of rows in files. */
  coldLast: number;
  isDisordered: boolean;
}

export async function extentOf({ connection, store, series, span }: Planning): Promise<Extent> {
  const ids = idsOf(series);
  const found = await connection.runAndReadAll(
    `select (select min(time)::double from points where series in ${ids} and time >= ${span.from} and time < ${span.to}),
       (select max(last)::double from file_series where series in ${ids})`,
  );
  const [hotFirst, coldLast] = found.getRowsJS()[0] as (number | null)[];
  return {
    hotFirst: hotFirst ?? undefined,
    coldLast: coldLast ?? Number.NEGATIVE_INFINITY,
    isDisordered: series.some(({ id }) => store.inDisorder(id)),
  };
}

const hotColumns = 'series, time, count, number, boolean, text';

/** Rows in no file, each series and time once. */
function hotRows({ series, span }: Planning, isDisordered: boolean): string {
  const once = isDisordered
    ? 'qualify row_number() over (partition by series, time order by batch desc, rowid desc) = 1'
    : '';
  return `select ${hotColumns} from points
    where series in ${idsOf(series)} and time >= ${span.from} and time < ${span.to} ${once}`;
}

/** Wall ms at which the latest row arrived, where it is in no file yet. */
export async function arrivalOf({ connection, series, span }: Planning): Promise<number | undefined> {
  const found = await connection.runAndReadAll(
    `select arrived::double from batches where batch = (select batch from points
       where series in ${idsOf(series)} and time >= ${span.from} and time < ${span.to}
       order by time desc, batch desc limit 1)`,
  );
  return found.getRowsJS()[0]?.[0] as number | undefined;
}

export async function copyRows(
  planning: Planning,
  isDisordered: boolean,
  last: number | undefined,
): Promise<void> {
  const rows = hotRows(planning, isDisordered);
  const newest =
    last === undefined
      ? rows
      : `select * from (${rows}) qualify row_number() over (partition by series order by time desc) <= ${last}`;
  await copy(planning.connection, newest, planning.paths.hot);
}

export async function copyBuckets(planning: Planning, every: number, isDisordered: boolean): Promise<void> {
  await copy(
    planning.connection,
    `select series, ${floorTo('time', every)} as bucket, min(time) as moment, 2147483647 as segment, count(*) as rows,
       count(value) as numbers, min(value) as low, max(value) as high, sum(value) as total,
       arg_min(value, time) as first, arg_max(value, time) as last
     from (select series, time, coalesce(count::double, number, boolean::integer::double) as value
       from (${hotRows(planning, isDisordered)})) group by all`,
    planning.paths.hot,
  );
}

export async function copy(connection: DuckDBConnection, query: string, path: string): Promise<void> {
  await connection.run(`copy (${query}) to ${sqlText(path)} (format parquet, compression snappy)`);
}

/** Absolute paths of files that may have rows of the series in the spans; with `last`, of the newest that have so many. */
export async function filesOf(
  planning: Planning,
  resolution: Resolution,
  spans: readonly Span[],
  last?: number,
): Promise<string[]> {
  const found = await filesByResolution(planning, [resolution], spans, last);
  return found.get(resolution)!;
}

/** The same of several resolutions at once: a statement costs more than what it finds. */
export async function filesByResolution(
  { connection, store, series }: Planning,
  resolutions: readonly Resolution[],
  spans: readonly Span[],
  last?: number,
): Promise<Map<Resolution, string[]>> {
  const files = new Map(resolutions.map((resolution) => [resolution, [] as string[]]));
  if (spans.length === 0) return files;
  // A rollup's time is the beginning of its span.
  const within = spans.map(
    ({ from, to }) =>
      `(day >= ${Math.floor(from / dayMilliseconds)} and day <= ${Math.floor(to / dayMilliseconds)} and last >= ${from} - resolution and first < ${to})`,
  );
  const newest =
    last === undefined
      ? ''
      : `qualify coalesce(sum(case when first >= ${spans[0]!.from} and last < ${spans[0]!.to} then file_series.rows else 0 end) over (partition by series order by first desc
           rows between unbounded preceding and 1 preceding), 0) < ${last}`;
  const found = await connection.runAndReadAll(
    `select distinct resolution, path from (select resolution, path from files join file_series using (path)
     where resolution in (${resolutions.join(', ')}) and series in ${idsOf(series)} and (${within.join(' or ')}) ${newest})
     limit ${resolutions.length * mostFiles + 1}`,
  );
  for (const [resolution, path] of found.getRowsJS() as [Resolution, string][])
    files.get(resolution)!.push(join(store.directory, path));
  for (const paths of files.values()) {
    if (paths.length > mostFiles)
      throw new QuestionError(
        413,
        `is about more than ${mostFiles} files: ask for a shorter span, or fewer parts`,
      );
    paths.sort();
  }
  return files;
}

/** Whether a day of a device has several files. */
export function hasSegments(paths: readonly string[]): boolean {
  const days = paths.map((path) => path.replace(fileEnding, ''));
  return new Set(days).size < days.length;
}

function idsOf(series: readonly TaskSeries[]): string {
  return series.length === 0 ? '(-1)' : `(${series.map(({ id }) => id).join(', ')})`;
}

/** The projects and parts of the series. */
export function inPairs(series: readonly TaskSeries[]): string {
  const pairs = new Set(series.map(({ appId, part }) => `(${sqlText(appId)}, ${sqlText(part)})`));
  return pairs.size === 0 ? 'false' : `(app_id, dev_id) in (${[...pairs].join(', ')})`;
}
