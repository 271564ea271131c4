/**
 * Makes a task of a question: which series it is about, which files have them, and what is in no file yet, handed over as
 * a file. All of it is read in one transaction of the database, so rows and files belong together.
 */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { dayMilliseconds, type Resolution, rollupResolutions } from '../stores/time-series/cold-files';
import { floorTo, sqlText } from '../stores/time-series/database';
import type { SeriesStore } from '../stores/time-series/series-store';
import type { Origin } from '../stores/time-series/series-table';
import type { TimeSeries } from '../stores/time-series/time-series';
import type { Capture } from './capture';
import { capturesOf } from './captures';
import { nearest } from './nearest';
import { nodesOf, typeOfPayloads } from './payload-shape';
import {
  type Aggregate,
  type AskedSpan,
  aggregates,
  type GapsQuestion,
  type Instant,
  type Question,
  resolveSpan,
  type SqlQuestion,
} from './question';
import type {
  BucketsTask,
  CapturesAsk,
  CapturesTask,
  GapsTask,
  RowsTask,
  Span,
  SqlTask,
  Task,
  TaskSeries,
} from './task';

/** Before and behind all times. */
const beginning = -8.64e15;
const end = 8.64e15 + 1;
const mostSeries = 10_000;
const mostFiles = 20_000;

/** What cannot be asked so, with what could be meant. */
export class QuestionError extends Error {
  constructor(
    readonly status: 400 | 404 | 413,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** Whether somebody may read of a project. */
export type MayRead = (appId: string) => boolean;

export interface PlanOptions {
  timeSeries: TimeSeries;
  now(): number;
}

/** Where a task's files are to be. */
export interface TaskPaths {
  hot: string;
  answer: string;
}

type Asked = Pick<Question, 'app_id' | 'stream' | 'tag'> & {
  part?: string[] | undefined;
  /** Of the resource of the tag; what names none is meant too. */
  resource?: string | undefined;
};

/** About readings as Viam has them. */
export interface CapturesQuestion {
  appId?: string | undefined;
  /** A resource's own name, so that not all series are looked at. */
  resource?: string | undefined;
  /** ms: `from` ≤ time < `to`. */
  from?: number | undefined;
  to?: number | undefined;
  matches(capture: Capture): boolean;
  /** Only each stream's last readings are looked at. */
  isLatest?: boolean;
  /** @param captures that match, in order */
  ask(captures: readonly Capture[]): CapturesAsk;
  mostBytes: number;
}

interface Planning {
  connection: DuckDBConnection;
  store: SeriesStore;
  series: TaskSeries[];
  span: Span;
  paths: TaskPaths;
}

interface Extent {
  /** First time of rows in no file; undefined: there are none. */
  hotFirst: number | undefined;
  /** Last time of rows in files. */
  coldLast: number;
  isDisordered: boolean;
}

export class Planner {
  readonly #options: PlanOptions;

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  /** @throws QuestionError */
  plan(question: Question, mayRead: MayRead, paths: TaskPaths, mostRows: number): Promise<Task> {
    return this.#read(question, question, mayRead, paths, async (planning) => {
      const { format } = question;
      const common = { series: planning.series, format, answer: paths.answer, mostRows };
      const every = everyOf(question, planning.span, this.#options.now());
      return every === undefined
        ? planRows(planning, question, common)
        : planBuckets(planning, question, every, common);
    });
  }

  /** @throws QuestionError */
  planGaps(question: GapsQuestion, mayRead: MayRead, paths: TaskPaths, mostRows: number): Promise<GapsTask> {
    const asked = { ...question, stream: undefined, tag: undefined };
    return this.#read(asked, question, mayRead, paths, async ({ connection, series, span }) => {
      const conditions = [inPairs(series)];
      if (question.stream) conditions.push(`field in (${question.stream.map(sqlText).join(', ')})`);
      await copy(
        connection,
        `select app_id, dev_id, field, boot, stream, sequence, first, last, readings, missed
        from blocks where ${conditions.join(' and ')}`,
        paths.hot,
      );
      const { format } = question;
      return { kind: 'gaps', ...span, series: [], format, answer: paths.answer, mostRows, blocks: paths.hot };
    });
  }

  /** @throws QuestionError */
  planSql(question: SqlQuestion, mayRead: MayRead, paths: TaskPaths, mostRows: number): Promise<SqlTask> {
    const asked = { app_id: question.app_id, part: question.part, stream: undefined, tag: undefined };
    return this.#read(asked, question, mayRead, paths, async (planning) => {
      const { series, span } = planning;
      const { hotFirst, coldLast, isDisordered } = await extentOf(planning);
      const isHot = hotFirst !== undefined;
      if (isHot) await copyRows(planning, isDisordered, undefined);
      const rollups: SqlTask['rollups'] = [];
      for (const [index, name] of (['rollups_1s', 'rollups_1m', 'rollups_1h'] as const).entries())
        rollups.push({ name, files: await filesOf(planning, rollupResolutions[index]!, [span]) });
      return {
        kind: 'sql',
        ...span,
        sql: question.sql,
        series,
        format: question.format,
        answer: paths.answer,
        mostRows,
        files: await filesOf(planning, 0, [span]),
        rollups,
        ...(isHot && { hot: paths.hot }),
        isOverlapping: isHot && hotFirst <= coldLast,
      };
    });
  }

  /** @throws QuestionError */
  planCaptures(
    question: CapturesQuestion,
    mayRead: MayRead,
    paths: TaskPaths,
    mostRows: number,
  ): Promise<{ task: CapturesTask; captures: Capture[]; arrived: number | undefined }> {
    const asked = { app_id: question.appId, resource: question.resource, stream: undefined, tag: undefined };
    return this.#read(asked, spanOf(question), mayRead, paths, async (planning) => {
      const captures = capturesOf(planning.series).filter(question.matches);
      const payloads = captures.map(({ payload }) => payload);
      const nodes = nodesOf(payloads);
      const among = new Set(captures.flatMap(({ series }) => series));
      const series = planning.series.filter(({ id }) => among.has(id));
      const of = { ...planning, series };
      const { hotFirst, coldLast, isDisordered } = await extentOf(of);
      const isHot = hotFirst !== undefined;
      const { isLatest = false } = question;
      const last = isLatest ? 1 : undefined;
      if (isHot) await copyRows(of, isDisordered, last);
      const task: CapturesTask = {
        kind: 'captures',
        ...planning.span,
        series,
        format: 'bson',
        answer: paths.answer,
        mostRows,
        mostBytes: question.mostBytes,
        captures: captures.map(({ payload: _payload, series: _series, ...capture }) => capture),
        nodes,
        dataType: typeOfPayloads(payloads),
        ask: question.ask(captures),
        files: await filesOf(of, 0, [planning.span], last),
        ...(isHot && { hot: paths.hot }),
        isOverlapping: isHot && hotFirst <= coldLast,
      };
      return { task, captures, arrived: isLatest ? await arrivalOf(of) : undefined };
    });
  }

  #read<T>(
    asked: Asked,
    askedSpan: AskedSpan,
    mayRead: MayRead,
    paths: TaskPaths,
    plan: (planning: Planning) => Promise<T>,
  ): Promise<T> {
    const now = this.#options.now();
    const span = resolveSpan(askedSpan, now, beginning, end);
    if (span.from > span.to) throw new QuestionError(400, 'from: is after to');
    return this.#options.timeSeries.read(async (connection, store) => {
      const series = await seriesOf(connection, asked, mayRead);
      return plan({ connection, store, series, span, paths });
    });
  }
}

/** In the order of an answer's columns and lines. @throws QuestionError */
async function seriesOf(connection: DuckDBConnection, asked: Asked, mayRead: MayRead): Promise<TaskSeries[]> {
  const all = await readable(connection, asked, mayRead);
  const { stream: streams, tag: tags = [] } = asked;
  const chosen = all.filter(
    (one) =>
      (streams === undefined || streams.includes(one.stream)) &&
      tags.every(({ key, value }) => Object.hasOwn(one.tags, key) && one.tags[key] === value),
  );
  for (const name of streams ?? []) {
    if (all.some(({ stream }) => stream === name)) continue;
    const known = [...new Set(all.map(({ stream }) => stream))];
    throw new QuestionError(404, `there is no stream '${name}'`, {
      stream: name,
      nearest: nearest(name, known),
    });
  }
  if (chosen.length > mostSeries)
    throw new QuestionError(
      413,
      `is about ${chosen.length} series: name parts, streams or tags of at most ${mostSeries}`,
    );
  return chosen;
}

async function readable(
  connection: DuckDBConnection,
  { part: parts, app_id, resource }: Asked,
  mayRead: MayRead,
): Promise<TaskSeries[]> {
  const conditions: string[] = [];
  if (resource !== undefined) {
    const end = JSON.stringify(resource).slice(1);
    conditions.push(`(contains(tags, ${sqlText(end)}) or not contains(tags, '"resource":'))`);
  }
  if (app_id !== undefined) conditions.push(`app_id = ${sqlText(app_id)}`);
  if (parts !== undefined) conditions.push(`dev_id in (${parts.map(sqlText).join(', ')})`);
  const found = await connection.runAndReadAll(
    `select id, app_id, dev_id, field, tags, unit, minimum, step, kinds, origin from series
     where ${conditions.join(' and ') || 'true'} order by app_id, dev_id, tags, field, id limit ${100 * mostSeries}`,
  );
  const series = found
    .getRowsJS()
    .map(taskSeries)
    .filter(({ appId }) => mayRead(appId));
  for (const name of parts ?? []) {
    const projects = [...new Set(series.filter(({ part }) => part === name).map(({ appId }) => appId))];
    if (projects.length === 0) throw await unknownPart(connection, name, app_id, mayRead);
    if (projects.length > 1)
      throw new QuestionError(400, `app_id: '${name}' is a part of several projects: name one`, {
        app_ids: projects,
      });
  }
  return series;
}

function taskSeries(row: readonly unknown[]): TaskSeries {
  const [id, appId, part, stream, tags] = row as [number, string, string, string, string];
  const [unit, minimum, step, kinds, origin] = row.slice(5) as [
    string | null,
    number | null,
    number | null,
    number | null,
    string | null,
  ];
  return {
    id,
    appId,
    part,
    stream,
    tags: JSON.parse(tags),
    ...(unit !== null && { unit }),
    ...(step !== null && { scale: { minimum: minimum ?? 0, step } }),
    ...(kinds !== null && { kinds }),
    ...(origin !== null && { origin: JSON.parse(origin) as Origin }),
  };
}

async function unknownPart(
  connection: DuckDBConnection,
  name: string,
  appId: string | undefined,
  mayRead: MayRead,
): Promise<QuestionError> {
  const found = await connection.runAndReadAll(
    'select distinct app_id, dev_id from series order by all limit 100000',
  );
  const known = (found.getRowsJS() as [string, string][])
    .filter(([app]) => mayRead(app) && (appId === undefined || app === appId))
    .map(([, part]) => part);
  const of = appId === undefined ? '' : ` in the project '${appId}'`;
  return new QuestionError(404, `there is no part '${name}'${of}`, {
    part: name,
    nearest: nearest(name, [...new Set(known)]),
  });
}

/** Milliseconds of a bucket; undefined: rows are asked for. */
function everyOf({ every, buckets }: Question, { from, to }: Span, now: number): number | undefined {
  if (buckets === undefined) return every;
  const exact = Math.max(1, Math.ceil((Math.min(to, now) - from) / buckets));
  // Whole steps of a rollup, which answer sooner.
  const step =
    [3_600_000, 60_000, 1_000].find((resolution) => exact >= 4 * resolution) ?? (exact > 1_000 ? 1_000 : 1);
  return Math.ceil(exact / step) * step;
}

function spanOf({ from, to }: CapturesQuestion): { from?: Instant; to?: Instant } {
  return {
    ...(from !== undefined && { from: { time: from } }),
    ...(to !== undefined && { to: { time: to } }),
  };
}

type CommonTask = Pick<Task, 'series' | 'format' | 'answer' | 'mostRows'>;

async function planRows(planning: Planning, question: Question, common: CommonTask): Promise<RowsTask> {
  const { span, paths } = planning;
  const { hotFirst, coldLast, isDisordered } = await extentOf(planning);
  const isHot = hotFirst !== undefined;
  if (isHot) await copyRows(planning, isDisordered, question.newest);
  return {
    kind: 'rows',
    ...common,
    ...span,
    files: await filesOf(planning, 0, [span], question.newest),
    ...(isHot && { hot: paths.hot }),
    isOverlapping: isHot && hotFirst <= coldLast,
    order: question.order,
    ...(question.limit !== undefined && { limit: question.limit }),
    ...(question.newest !== undefined && { last: question.newest }),
    raw: question.raw,
  };
}

async function planBuckets(
  planning: Planning,
  question: Question,
  every: number,
  common: CommonTask,
): Promise<BucketsTask> {
  const { span, paths } = planning;
  const resolution = [...rollupResolutions].reverse().find((step) => every % step === 0);
  const { hotFirst, coldLast, isDisordered } = await extentOf(planning);
  const isOverlapping = hotFirst !== undefined && hotFirst <= coldLast;
  const task: BucketsTask = {
    kind: 'buckets',
    ...common,
    every,
    aggregates: question.aggregate ?? ([...aggregates] as Aggregate[]),
    order: question.order,
    ...(question.limit !== undefined && { limit: question.limit }),
    raw: question.raw,
    rollups: undefined,
    isSegmented: false,
    rows: { files: [], spans: [], isOverlapping },
  };
  if (isOverlapping) {
    await copyRows(planning, isDisordered, undefined);
    task.rows.hot = paths.hot;
  } else if (hotFirst !== undefined) {
    await copyBuckets(planning, every, isDisordered);
    task.hotBuckets = paths.hot;
  }
  // Rollups know nothing of rows that came late: from the first of those on, rows answer.
  const behind = isOverlapping ? Math.min(span.to, hotFirst) : span.to;
  const rolled =
    resolution === undefined
      ? undefined
      : await rolledSpan(planning, resolution, { from: span.from, to: behind });
  if (rolled === undefined || resolution === undefined) task.rows.spans = [span];
  else {
    const files = await filesOf(planning, resolution, [rolled]);
    task.rollups = { files, span: rolled };
    task.isSegmented = hasSegments(files);
    task.rows.spans = [
      { from: span.from, to: rolled.from },
      { from: rolled.to, to: span.to },
    ].filter(({ from, to }) => from < to);
  }
  task.rows.files = await filesOf(planning, 0, task.rows.spans);
  return task;
}

/** The whole steps of a span. Where no rows are kept any more, the step that the span begins in is taken as a whole. */
async function rolledSpan(planning: Planning, step: number, { from, to }: Span): Promise<Span | undefined> {
  const ceiling = (time: number) => Math.ceil(time / step) * step;
  const begin = ceiling(from);
  const finish = Math.floor(to / step) * step;
  if (begin >= finish) return undefined;
  if (begin === from) return { from, to: finish };
  const edge = await filesOf(planning, 0, [{ from, to: begin }]);
  return { from: edge.length > 0 ? begin : begin - step, to: finish };
}

async function extentOf({ connection, store, series, span }: Planning): Promise<Extent> {
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
async function arrivalOf({ connection, series, span }: Planning): Promise<number | undefined> {
  const found = await connection.runAndReadAll(
    `select arrived::double from batches where batch = (select batch from points
       where series in ${idsOf(series)} and time >= ${span.from} and time < ${span.to}
       order by time desc, batch desc limit 1)`,
  );
  return found.getRowsJS()[0]?.[0] as number | undefined;
}

async function copyRows(planning: Planning, isDisordered: boolean, last: number | undefined): Promise<void> {
  const rows = hotRows(planning, isDisordered);
  const newest =
    last === undefined
      ? rows
      : `select * from (${rows}) qualify row_number() over (partition by series order by time desc) <= ${last}`;
  await copy(planning.connection, newest, planning.paths.hot);
}

async function copyBuckets(planning: Planning, every: number, isDisordered: boolean): Promise<void> {
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

async function copy(connection: DuckDBConnection, query: string, path: string): Promise<void> {
  await connection.run(`copy (${query}) to ${sqlText(path)} (format parquet, compression snappy)`);
}

/** Absolute paths of files that may have rows of the series in the spans; with `last`, of the newest that have so many. */
async function filesOf(
  { connection, store, series }: Planning,
  resolution: Resolution,
  spans: readonly Span[],
  last?: number,
): Promise<string[]> {
  if (spans.length === 0) return [];
  // A rollup's time is the beginning of its span.
  const within = spans.map(
    ({ from, to }) =>
      `(day >= ${Math.floor(from / dayMilliseconds)} and day <= ${Math.floor(to / dayMilliseconds)} and last >= ${from - resolution} and first < ${to})`,
  );
  const newest =
    last === undefined
      ? ''
      : `qualify coalesce(sum(case when first >= ${spans[0]!.from} and last < ${spans[0]!.to} then file_series.rows else 0 end) over (partition by series order by first desc
           rows between unbounded preceding and 1 preceding), 0) < ${last}`;
  const found = await connection.runAndReadAll(
    `select distinct path from (select path from files join file_series using (path)
     where resolution = ${resolution} and series in ${idsOf(series)} and (${within.join(' or ')}) ${newest})
     order by path limit ${mostFiles + 1}`,
  );
  const paths = found.getRowsJS().map(([path]) => join(store.directory, path as string));
  if (paths.length > mostFiles)
    throw new QuestionError(
      413,
      `is about more than ${mostFiles} files: ask for a shorter span, or fewer parts`,
    );
  return paths;
}

/** Whether a day of a device has several files. */
function hasSegments(paths: readonly string[]): boolean {
  const days = paths.map((path) => path.replace(/\.\d+(\.1[smh])?\.parquet$/, ''));
  return new Set(days).size < days.length;
}

function idsOf(series: readonly TaskSeries[]): string {
  return series.length === 0 ? '(-1)' : `(${series.map(({ id }) => id).join(', ')})`;
}

/** The projects and parts of the series. */
function inPairs(series: readonly TaskSeries[]): string {
  const pairs = new Set(series.map(({ appId, part }) => `(${sqlText(appId)}, ${sqlText(part)})`));
  return pairs.size === 0 ? 'false' : `(app_id, dev_id) in (${[...pairs].join(', ')})`;
}
