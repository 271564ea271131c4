/** A task as SQL over Parquet files. Of rows: time (ms), series, number, boolean, text; of buckets their aggregates. */
import { floorTo, sqlList } from '../stores/time-series/database';
import {
  type BucketsTask,
  type GapsTask,
  isTable,
  type RowsTask,
  type SeriesTask,
  type Span,
  type SqlTask,
  type TaskSeries,
} from './task';

/** Ids of the asked series, and what their counts stand for, stand in a table `asked`, or are named. */
const askedIds = '(select id from asked)';
/** So many are named: of files sorted by series only their row groups are read then, and most answers need no table. */
const mostNamed = 64;
const rowColumns = 'series, time, count, number, boolean, text';
/** Files' segments are numbered; what is in none of them comes behind them all. */
const behindAll = 2_147_483_647;

interface RowSource {
  files: readonly string[];
  hot?: string | undefined;
  isOverlapping: boolean;
}

const isNamed = (series: readonly TaskSeries[]) => series.length > 0 && series.length <= mostNamed;

/** Whether the SQL of a task reads the table `asked`. */
export function asksTable(task: SeriesTask): boolean {
  const isOfNumbers = (task.kind === 'rows' || task.kind === 'buckets') && !isTable(task);
  return !isOfNumbers || !isNamed(task.series);
}

function idsOf(series: readonly TaskSeries[]): string {
  return isNamed(series) ? `(${series.map(({ id }) => id).join(', ')})` : askedIds;
}

/** To the digit: a literal is a decimal to DuckDB, and what a double is made of it may be another one. */
const double = (number: number | undefined) =>
  number === undefined ? 'null::double' : `'${number}'::double`;

/** The table `asked`; where no table is read, what of it is numbers. */
function askedOf(task: SeriesTask): string {
  if (asksTable(task)) return 'asked';
  const lines = task.series.map(
    ({ id, scale }, position) => `(${position}, ${id}, ${double(scale?.minimum)}, ${double(scale?.step)})`,
  );
  return `(values ${lines.join(', ')}) asked(position, id, minimum, step)`;
}

/** Rows in some spans, each series and time once. */
function rows({ files, hot, isOverlapping }: RowSource, spans: readonly Span[], among: string): string {
  const parts: string[] = [];
  // A part for each span: of spans joined by `or` every row group is read.
  for (const { from, to } of files.length === 0 ? [] : spans) {
    const cold = `select series, epoch_ms(time) as time, count::integer as count, number, boolean, text from read_parquet(${sqlList(files)})
      where series in ${among} and time >= make_timestamp_ms(${from}) and time < make_timestamp_ms(${to})`;
    parts.push(
      hot !== undefined && isOverlapping
        ? `select * from (${cold}) cold anti join read_parquet(${sqlList([hot])}) hot using (series, time)`
        : cold,
    );
  }
  if (hot !== undefined)
    parts.push(`select ${rowColumns} from read_parquet(${sqlList([hot])}) where series in ${among}`);
  return parts.join(' union all ') || `select ${rowColumns} from nothing`;
}

/** For tables: times as timestamps, whose row it is in columns. */
const named = 'app_id, part, stream, tags, unit';

/** Columns: time, asked.position, value, boolean, text; as a table: time, whose, value, boolean, text. */
export function rowsSql(task: RowsTask, mostRows: number): string {
  const { from, to, order, last, raw, series } = task;
  const value = raw
    ? 'coalesce(count::double, number)'
    : 'case when count is null then number else coalesce(minimum + count * step, count) end';
  const of = isTable(task) ? `make_timestamp_ms(time) as time, ${named}` : 'time::double as time, position';
  const columns = `${of}, ${value} as value, boolean, text`;
  const ordered = `order by time ${order}, position limit ${Math.min(task.limit ?? mostRows, mostRows)}`;
  if (last === undefined)
    return `select ${columns} from (${rows(task, [{ from, to }], idsOf(series))}) join ${askedOf(task)} on id = series ${ordered}`;
  const newest =
    series.length <= mostNamed
      ? series
          .map(
            ({ id }) =>
              `(select * from (${rows(task, [{ from, to }], `(${id})`)}) order by time desc limit ${last})`,
          )
          .join(' union all ')
      : `select * from (${rows(task, [{ from, to }], askedIds)})
         qualify row_number() over (partition by series order by time desc) <= ${last}`;
  return `select ${columns} from (${newest}) join ${askedOf(task)} on id = series ${ordered}`;
}

/** Columns: time, asked.position, the aggregates; as a table: time, whose, the aggregates. */
export function bucketsSql(task: BucketsTask, mostRows: number): string {
  const { series, every, order, rollups, isSegmented, hotBuckets, raw } = task;
  const ids = idsOf(series);
  const parts: string[] = [];
  const bucket = floorTo('moment', every);
  if (rollups !== undefined && rollups.files.length > 0) {
    const { from, to } = rollups.span;
    parts.push(`select series, ${bucket} as bucket, * exclude (series) from (
      select series, epoch_ms(time) as moment, segment, rows, numbers, coalesce(low, first) as low, coalesce(high, first) as high,
        coalesce(total, first) as total, first, coalesce(last, first) as last
      from read_parquet(${sqlList(rollups.files)})
      where series in ${ids} and time >= make_timestamp_ms(${from}) and time < make_timestamp_ms(${to}))`);
  }
  if (task.rows.spans.length > 0)
    parts.push(`select series, ${bucket} as bucket, moment, ${behindAll} as segment, 1 as rows, (value is not null)::bigint as numbers,
      value as low, value as high, value as total, value as first, value as last
      from (select series, time as moment, coalesce(count::double, number, boolean::integer::double) as value
        from (${rows(task.rows, task.rows.spans, ids)}))`);
  if (hotBuckets !== undefined) parts.push(`select * from read_parquet(${sqlList([hotBuckets])})`);
  if (parts.length === 0) parts.push('select * from no_buckets');
  const key = isSegmented ? '{moment: moment, segment: segment}' : 'moment';
  const scaled = (column: string) => (raw ? column : `coalesce(minimum + ${column} * step, ${column})`);
  const total = raw ? 'total' : 'coalesce(minimum * numbers + total * step, total)';
  const all = {
    count: 'rows::double',
    min: scaled('low'),
    max: scaled('high'),
    mean: `${total} / nullif(numbers, 0)`,
    first: scaled('first'),
    last: scaled('last'),
  };
  const columns = isTable(task)
    ? [
        `make_timestamp_ms(bucket) as time, ${named}`,
        ...task.aggregates.map((name) => `${all[name]} as "${name}"`),
      ]
    : ['bucket::double as time, position', ...task.aggregates.map((name) => all[name])];
  return `
    select ${columns.join(', ')}
    from (select series, bucket, sum(rows) as rows, sum(numbers) as numbers, min(low) as low, max(high) as high,
        sum(total) as total, arg_min(first, ${key}) as first, arg_max(last, ${key}) as last
      from (${parts.join(' union all ')}) group by series, bucket)
    join ${askedOf(task)} on id = series
    order by time ${order}, position limit ${Math.min(task.limit ?? mostRows, mostRows)}`;
}

/** What does not come in order of the blocks' numbers is missing between them. */
export function gapsSql({ blocks, from, to, format }: GapsTask, mostRows: number): string {
  // As every answer: milliseconds in JSON, ISO 8601 in CSV.
  const time = (column: string) => (format === 'csv' ? `make_timestamp_ms(${column})` : `${column}::double`);
  return `
    with came as (select distinct * from read_parquet(${sqlList([blocks])})),
    ordered as (select *, lead(sequence) over stream as next, lead(first) over stream as until, lag(sequence) over stream as previous
      from came window stream as (partition by app_id, dev_id, boot, "stream" order by sequence)),
    found as (
      select app_id, dev_id, field, boot, last as "from", until as "to", 'blocks' as cause, next - sequence - 1 as blocks,
        greatest(0, round((until - last) * (readings - 1) / nullif(last - first, 0)) - 1) as readings
      from ordered where next > sequence + 1
      union all
      select app_id, dev_id, field, boot, null, first, 'blocks', sequence, null from ordered where previous is null and sequence > 0
      union all
      select app_id, dev_id, field, boot, first, last, 'ticks', null, missed from ordered where missed > 0)
    select app_id, dev_id as part, field as stream, boot, ${time('"from"')} as "from", ${time('"to"')} as "to", cause,
      blocks::double as blocks, readings::double as readings
    from found where "to" >= ${from} and coalesce("from", "to") < ${to} order by coalesce("from", "to"), field limit ${mostRows}`;
}

/** Views over what may be read, for SQL of somebody's own. */
export function viewsSql({ series, files, rollups, hot, isOverlapping, from, to }: SqlTask): string[] {
  const of = 'app_id, part, stream, tags::json as tags, unit';
  const scaled = (column: string) => `coalesce(minimum + ${column} * step, ${column})`;
  const views = [
    `create temp view streams as select ${of} from asked`,
    `create temp view readings as select make_timestamp_ms(time) as time, ${of},
      case when count is null then number else ${scaled('count')} end as value, boolean, text, count
      from (${rows({ files, hot, isOverlapping }, [{ from, to }], idsOf(series))}) join asked on id = series`,
  ];
  for (const { name, files } of rollups) {
    const source = files.length === 0 ? 'no_buckets' : `read_parquet(${sqlList(files)})`;
    const time = files.length === 0 ? 'make_timestamp_ms(moment)' : 'time';
    views.push(`create temp view ${name} as select ${time} as time, ${of}, rows as count,
      ${scaled('coalesce(low, first)')} as min, ${scaled('coalesce(high, first)')} as max,
      ${scaled('coalesce(total, first) / nullif(numbers, 0)')} as mean, ${scaled('first')} as first,
      ${scaled('coalesce(last, first)')} as last
      from ${source} join asked on id = series`);
  }
  return views;
}

export const askedTable = `create temp table asked (position integer, id integer, app_id varchar, part varchar, stream varchar,
  tags varchar, unit varchar, minimum double, step double)`;

/** What stands for files where there are none. */
export const emptyTables = `
  create table nothing (series integer, time bigint, count integer, number double, boolean boolean, text varchar);
  create table no_buckets (series integer, bucket bigint, moment bigint, segment integer, rows bigint, numbers bigint,
    low double, high double, total double, first double, last double);`;
