import { expect, test } from 'vitest';
import { type BucketsTask, type RowsTask, rowsAtMost, type TaskSeries } from './task';

const series = [1, 2].map((id) => ({ id }) as TaskSeries);
const common = { series, mostRows: 1_000_000 };
const rows = (of: Partial<RowsTask>) => rowsAtMost({ kind: 'rows', ...common, ...of } as RowsTask);
const buckets = (of: Partial<BucketsTask>) =>
  rowsAtMost({ kind: 'buckets', ...common, every: 10, rollups: undefined, ...of } as BucketsTask);
const spans = (...pairs: [number, number][]) => ({
  rows: { files: [], spans: pairs.map(([from, to]) => ({ from, to })), isOverlapping: false },
});

test('an answer has a bucket of each series for each step that its spans touch', () => {
  expect(buckets(spans([5, 25]))).toBeGreaterThanOrEqual(2 * 3);
  expect(buckets(spans([0, 1_000]))).toBeLessThanOrEqual(2 * 101);
  const rollups = { files: [], span: { from: 10, to: 1_010 } };
  expect(buckets({ ...spans([5, 10], [1_010, 1_015]), rollups })).toBeGreaterThanOrEqual(2 * 102);
});

test('an answer has no more rows than its limit, or than the last of each series', () => {
  expect(rows({})).toBe(1_000_000);
  expect(rows({ limit: 7 })).toBe(7);
  expect(rows({ last: 3 })).toBe(6);
  expect(buckets({ ...spans([-8.64e15, 8.64e15]), limit: 9 })).toBe(9);
  expect(buckets(spans([-8.64e15, 8.64e15]))).toBe(1_000_000);
});
