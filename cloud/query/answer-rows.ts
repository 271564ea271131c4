/** Rows as they are answered, from a task's result. */
import type { TaskSeries } from './task';

export interface AnswerRow {
  time: number;
  /** Its place in the task's series. */
  position: number;
  /** Its value, or its aggregates in the order in which they were asked for. */
  values: readonly AnswerValue[];
}

export type AnswerValue = number | boolean | string | bigint | null;

/** A result's row: time, place in the task's series, and what was asked for. */
export type ResultRow = readonly unknown[];

export function rowOf([time, position, value, boolean, text]: ResultRow): AnswerRow {
  // A number with a text beside has its digits there: no double holds it.
  const exact = value !== null && text !== null ? BigInt(text as string) : undefined;
  const one = exact ?? ((value ?? boolean ?? text) as AnswerValue);
  return { time: time as number, position: position as number, values: [one] };
}

export function bucketOf([time, position, ...values]: ResultRow): AnswerRow {
  return { time: time as number, position: position as number, values: values as AnswerValue[] };
}

/** Whether rows are of several parts, and each has to say of which. */
export function isOfSeveralParts(series: readonly TaskSeries[]): boolean {
  return series.some(({ appId, part }) => appId !== series[0]!.appId || part !== series[0]!.part);
}
