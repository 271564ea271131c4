/** What the cloud tells the process that answers: whose data, in which files, and how it is asked. Plain data. */
import { isOfFullDisk } from '@sluice/common/reserve';
import type { DayName } from '../stores/raw-files/read-day';
import type { Origin } from '../stores/time-series/series-table';
import type { Capture } from './capture';
import type { PayloadNode, PayloadType } from './payload-shape';
import type { Aggregate, Format } from './question';

export interface TaskSeries {
  id: number;
  appId: string;
  part: string;
  stream: string;
  tags: Record<string, string>;
  unit?: string;
  /** Of counts: value = minimum + count × step. */
  scale?: { minimum: number; step: number };
  origin?: Origin;
  /** `valueKinds` */
  kinds?: number;
}

/** Spans in ms: `from` ≤ time < `to`. */
export interface Span {
  from: number;
  to: number;
}

interface Common {
  series: TaskSeries[];
  /** Only captures are answered as BSON. */
  format: Format | 'bson';
  /** Where the answer is to be written. */
  answer: string;
  /** Above so many rows it is refused. */
  mostRows: number;
}

export interface RowsTask extends Common, Span {
  kind: 'rows';
  files: string[];
  /** Rows that are in no file yet, if there are any. */
  hot?: string;
  /** Whether `hot` may have rows that files have too: then those of the files do not count. */
  isOverlapping: boolean;
  order: 'asc' | 'desc';
  limit?: number;
  /** So many of each series. */
  last?: number;
  /** Counts instead of what they stand for. */
  raw: boolean;
}

export interface BucketsTask extends Common {
  kind: 'buckets';
  every: number;
  aggregates: Aggregate[];
  order: 'asc' | 'desc';
  limit?: number;
  raw: boolean;
  /** Rollups, and the span that they answer for. */
  rollups: { files: string[]; span: Span } | undefined;
  /** Whether a day may have several files, whose buckets follow in their order. */
  isSegmented: boolean;
  /** Rows, and the spans that they answer for. */
  rows: { files: string[]; spans: Span[]; hot?: string; isOverlapping: boolean };
  /** Of rows in no file, rolled up by bucket. */
  hotBuckets?: string;
}

export interface GapsTask extends Common, Span {
  kind: 'gaps';
  /** Blocks that came. */
  blocks: string;
}

export interface SqlTask extends Common, Span {
  kind: 'sql';
  sql: string;
  files: string[];
  rollups: { name: 'rollups_1s' | 'rollups_1m' | 'rollups_1h'; files: string[] }[];
  hot?: string;
  isOverlapping: boolean;
}

/** What is asked of captured readings. */
export type CapturesAsk =
  | {
      /** Documents `{c, t, d}`: place of the capture, ms, payload as JSON. */
      kind: 'rows';
      order: 'asc' | 'desc';
      limit: number;
      /** What is at or before it in that order was answered before. */
      after?: { time: number; capture: number };
    }
  | { kind: 'count' }
  /** Over Viam's table `readings`. */
  | { kind: 'sql'; sql: string }
  /** An aggregation pipeline over the same documents, each stage as BSON in base64. */
  | { kind: 'mql'; pipeline: string[] };

/** About readings as Viam has them; the answer is BSON documents, one behind the other. */
export interface CapturesTask extends Common, Span {
  kind: 'captures';
  captures: Omit<Capture, 'payload' | 'series'>[];
  nodes: PayloadNode[];
  dataType: PayloadType;
  ask: CapturesAsk;
  files: string[];
  hot?: string;
  isOverlapping: boolean;
  /** Bytes of the answer at most. */
  mostBytes: number;
}

/** Raw files as a table. */
export interface RawTask {
  kind: 'raw';
  /** Where the raw files are. */
  directory: string;
  days: DayName[];
  format: TableFormat;
  answer: string;
  mostRows: number;
}

/** About series, as the time series has them. */
export type SeriesTask = RowsTask | BucketsTask | GapsTask | SqlTask | CapturesTask;

export type Task = SeriesTask | RawTask;

/** In columns that have their types. */
export type TableFormat = Extract<Format, 'parquet' | 'arrow'>;

/** Whether it is answered in columns that have their types, and rows that say themselves whose they are. */
export const isTable = ({ format }: Task): boolean => format === 'parquet' || format === 'arrow';

/** Rows that its answer can have. */
export function rowsAtMost(task: RowsTask | BucketsTask): number {
  const { series, limit = Number.POSITIVE_INFINITY, mostRows } = task;
  return Math.min(limit, mostRows, series.length * rowsOfEach(task));
}

function rowsOfEach(task: RowsTask | BucketsTask): number {
  if (task.kind === 'rows') return task.last ?? Number.POSITIVE_INFINITY;
  const spans = [...task.rows.spans, ...(task.rollups === undefined ? [] : [task.rollups.span])];
  // A span begins and ends anywhere in a bucket.
  return spans.reduce((sum, { from, to }) => sum + Math.ceil((to - from) / task.every) + 1, 0);
}

/** Absolute paths of the time series' files that a task reads. */
export function coldFilesOf(task: Task): string[] {
  switch (task.kind) {
    case 'buckets':
      return [...(task.rollups?.files ?? []), ...task.rows.files];
    case 'sql':
      return [...task.files, ...task.rollups.flatMap(({ files }) => files)];
    case 'gaps':
    case 'raw':
      return [];
    default:
      return task.files;
  }
}

/** @throws TaskError when an answer has more rows than it may */
export function checkRows(rows: number, { kind, mostRows }: Task): void {
  if (rows <= mostRows) return;
  const instead =
    kind === 'raw'
      ? 'ask for JSON lines or CSV'
      : 'ask for a shorter span, with limit, last or every, or in another format';
  throw new TaskError(413, `is more than ${mostRows} rows: ${instead}`);
}

/** What to ask for instead of what is too much. */
export function lessThan({ kind }: Task): string {
  return kind === 'raw' ? 'ask for JSON lines or CSV' : 'ask for a shorter span, or with every';
}

export interface Answered {
  rows: number;
  bytes: number;
  /** What of the asked could not be read, and was passed. */
  problems?: string[];
}

/** Why a task has no answer; `status` is that of an HTTP answer. */
export class TaskError extends Error {
  constructor(
    readonly status: 400 | 413 | 500 | 503 | 504 | 507,
    message: string,
  ) {
    super(message);
  }
}

/** Of a question for which there was no room on the disk; undefined: that is not what went wrong. */
export function fullDiskError(error: unknown): TaskError | undefined {
  if (!isOfFullDisk(error)) return undefined;
  return new TaskError(507, 'the disk is full: ask for less, or when there is room');
}

export type Reply = { ok: Answered } | { refused: { status: TaskError['status']; message: string } };
