/**
 * Makes a task of a question: which series it is about, which files have them, and what is in no file yet, handed over as
 * a file. All of it is read in one transaction of the database, so rows and files belong together.
 */
import { sqlText } from '../stores/time-series/database';
import type { TimeSeries } from '../stores/time-series/time-series';
import { type Asked, type MayRead, seriesOf } from './asked-series';
import type { Capture } from './capture';
import { capturesOf } from './captures';
import { nodesOf, typeOfPayloads } from './payload-shape';
import { type CommonTask, everyOf, planBuckets } from './plan-buckets';
import {
  arrivalOf,
  copy,
  copyRows,
  extentOf,
  filesOf,
  inPairs,
  type Planning,
  type TaskPaths,
} from './planned-rows';
import {
  type AskedSpan,
  type GapsQuestion,
  type Instant,
  type Question,
  resolveSpan,
  type SqlQuestion,
} from './question';
import { QuestionError } from './question-error';
import type { CapturesAsk, CapturesTask, GapsTask, RowsTask, SqlTask, Task } from './task';

/** Before and behind all times. */
const beginning = -8.64e15;
const end = 8.64e15 + 1;

const rollupViews = [
  ['rollups_1s', 1_000],
  ['rollups_1m', 60_000],
  ['rollups_1h', 3_600_000],
] as const;

export interface PlanOptions {
  timeSeries: TimeSeries;
  now(): number;
}

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
      for (const [name, resolution] of rollupViews)
        rollups.push({ name, files: await filesOf(planning, resolution, [span]) });
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
      const series = await seriesOf(store.readSeries, asked, mayRead);
      return plan({ connection, store, series, span, paths });
    });
  }
}

function spanOf({ from, to }: CapturesQuestion): { from?: Instant; to?: Instant } {
  return {
    ...(from !== undefined && { from: { time: from } }),
    ...(to !== undefined && { to: { time: to } }),
  };
}

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
