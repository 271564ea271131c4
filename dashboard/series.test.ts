import { expect, test } from 'vitest';
import { Series } from './series';

test('keeps samples in order and once, however they come', () => {
  const series = new Series();
  series.add([10, 20, 50], [1, 2, 5]);
  series.add([30, 20, 40], [3, 9, 4]);
  expect(series.times).toEqual([10, 20, 30, 40, 50]);
  expect(series.values).toEqual([1, 2, 3, 4, 5]);
});

test('shows a gap as a gap', () => {
  const series = new Series();
  series.add([10, 20, 60, 70], [1, 2, 6, 7]);
  expect(series.span(0, 100, 10, 1.5)).toEqual({
    times: [10, 20, 40, 60, 70],
    values: [1, 2, null, 6, 7],
    gaps: [[20, 60]],
  });
});

test('joins a span to what lies just before it', () => {
  const series = new Series();
  series.add([10, 20, 30], [1, 2, 3]);
  expect(series.span(25, 100, 10, 1.5).times).toEqual([20, 30]);
});

test('ranges of the past are no gaps, although they are further apart than what is captured', () => {
  const series = new Series();
  series.add([5_000, 5_010], [1, 2]);
  series.addRanges({ times: [1_000, 2_000, 4_000], low: [0, 0, 0], high: [9, 8, 7] }, 5_000, 1_000);
  const { times, values, gaps } = series.span(0, 6_000, 10, 2.5);
  expect(gaps).toEqual([]);
  expect(times).toEqual([1_000, 1_500, 2_000, 2_500, 4_000, 4_500, 5_000, 5_010]);
  expect(values).toEqual([0, 9, 0, 8, 0, 7, 1, 2]);
  series.add([5_100], [3]);
  expect(series.span(0, 6_000, 10, 2.5).gaps).toEqual([[5_010, 5_100]]);
});

test('takes no ranges of a time of which it has samples', () => {
  const series = new Series();
  series.add([2_500, 2_510], [1, 2]);
  const ranges = { times: [1_000, 2_000, 3_000], low: [0, 0, 0], high: [9, 8, 7] };
  for (let round = 0; round < 2; round++) series.addRanges(ranges, 5_000, 1_000);
  expect(series.times).toEqual([1_000, 1_500, 2_500, 2_510]);
  expect(series.span(0, 3_000, 10, 2.5).gaps).toEqual([]);
  expect(series.span(0, 6_000, 10, 0.5).gaps).toEqual([
    [1_500, 2_500],
    [2_500, 2_510],
  ]);
});
