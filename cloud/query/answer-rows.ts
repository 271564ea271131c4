/** Rows as they are answered, from a task's result: plain objects with a fixed set of members. */
import type { BucketsTask, RowsTask, TaskSeries } from './task';

/** A member of an answer: what names it in JSON, in order. */
export interface AnswerRow {
  time: number;
  series: TaskSeries;
  /** By field: its value, or each of its aggregates. */
  values: Readonly<Record<string, number | boolean | string | bigint | null>>;
}

/** A result's row: time, place in the task's series, and what was asked for. */
export type ResultRow = readonly unknown[];

export function rowOf({ series }: RowsTask, [time, position, value, boolean, text]: ResultRow): AnswerRow {
  // A number with a text beside has its digits there: no double holds it.
  const exact = value !== null && text !== null ? BigInt(text as string) : undefined;
  return {
    time: time as number,
    series: series[position as number]!,
    values: { value: exact ?? ((value ?? boolean ?? text) as number | boolean | string) },
  };
}

export function bucketOf(
  { series, aggregates }: BucketsTask,
  [time, position, ...values]: ResultRow,
): AnswerRow {
  return {
    time: time as number,
    series: series[position as number]!,
    values: Object.fromEntries(aggregates.map((name, index) => [name, values[index] as number | null])),
  };
}

/** A row as JSON, integers to the digit. */
export function jsonOf({ time, series, values }: AnswerRow, withPart: boolean): string {
  const members = [`"time":${time}`];
  if (withPart)
    members.push(`"app_id":${JSON.stringify(series.appId)}`, `"part":${JSON.stringify(series.part)}`);
  members.push(`"stream":${JSON.stringify(series.stream)}`);
  for (const [name, value] of Object.entries(values))
    members.push(`"${name}":${typeof value === 'bigint' ? value : JSON.stringify(value)}`);
  if (series.unit !== undefined) members.push(`"unit":${JSON.stringify(series.unit)}`);
  members.push(`"tags":${JSON.stringify(series.tags)}`);
  return `{${members.join(',')}}`;
}
