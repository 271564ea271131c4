/** A task of aggregates: from the coarsest rollup that says them, and from rows where none does. */
import { dayMilliseconds, laterResolutions, rollupResolutions } from '../stores/time-series/cold-files';
import {
  copyBuckets,
  copyRows,
  extentOf,
  filesByResolution,
  filesOf,
  hasSegments,
  type Planning,
} from './planned-rows';
import { type Aggregate, aggregates, type Question } from './question';
import type { BucketsTask, SeriesTask, Span } from './task';

export type CommonTask = Pick<SeriesTask, 'series' | 'format' | 'answer' | 'mostRows'>;

/** Milliseconds of a bucket; undefined: rows are asked for. */
export function everyOf({ every, buckets }: Question, { from, to }: Span, now: number): number | undefined {
  if (buckets === undefined) return every;
  const exact = Math.max(1, Math.ceil((Math.min(to, now) - from) / buckets));
  // Whole steps of a rollup, which answer sooner.
  const step =
    [...rollupResolutions].reverse().find((resolution) => exact >= 4 * resolution) ??
    (exact > 1_000 ? 1_000 : 1);
  return Math.ceil(exact / step) * step;
}

export async function planBuckets(
  planning: Planning,
  question: Question,
  every: number,
  common: CommonTask,
): Promise<BucketsTask> {
  const { span, paths } = planning;
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
  task.rollups = await rollupsFor(planning, every, { from: span.from, to: behind });
  if (task.rollups === undefined) task.rows.spans = [span];
  else {
    const { files, span: rolled } = task.rollups;
    task.isSegmented = hasSegments(files);
    task.rows.spans = [
      { from: span.from, to: rolled.from },
      { from: rolled.to, to: span.to },
    ].filter(({ from, to }) => from < to);
  }
  task.rows.files = await filesOf(planning, 0, task.rows.spans);
  return task;
}

/** The coarsest rollups whose steps make whole buckets, and what of a span they answer. */
async function rollupsFor(planning: Planning, every: number, span: Span): Promise<BucketsTask['rollups']> {
  for (const step of [...rollupResolutions].reverse()) {
    const rolled = every % step === 0 ? await rolledSpan(planning, step, span) : undefined;
    if (rolled === undefined) continue;
    const [finest] = rollupResolutions;
    const isOfEachDay = !laterResolutions.includes(step);
    const found = await filesByResolution(planning, isOfEachDay ? [step] : [step, finest], [rolled]);
    const files = found.get(step)!;
    if (isOfEachDay || files.length === found.get(finest)!.length) return { files, span: rolled };
  }
  return undefined;
}

/** The whole steps of a span. Where no rows are kept any more, the step that the span begins in is taken as a whole. */
async function rolledSpan(planning: Planning, step: number, { from, to }: Span): Promise<Span | undefined> {
  const begin = Math.ceil(from / step) * step;
  const finish = floorOf(to, step);
  if (begin >= finish) return undefined;
  if (begin === from) return { from, to: finish };
  // Rows are kept by days: the last of them may be before the span.
  const day = floorOf(from, dayMilliseconds);
  const edge = await filesOf(planning, 0, [{ from: day, to: day + dayMilliseconds }]);
  return { from: edge.length > 0 ? begin : begin - step, to: finish };
}

function floorOf(time: number, step: number): number {
  return Math.floor(time / step) * step;
}
