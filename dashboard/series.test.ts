import { expect, it } from 'vitest';
import { Series } from './series';

it('keeps samples in order and once, however they come', () => {
  const series = new Series();
  series.add([10, 20, 50], [1, 2, 5]);
  series.add([30, 20, 40], [3, 9, 4]);
  expect(series.times).toEqual([10, 20, 30, 40, 50]);
  expect(series.values).toEqual([1, 2, 3, 4, 5]);
});

it('shows a gap as a gap', () => {
  const series = new Series();
  series.add([10, 20, 60, 70], [1, 2, 6, 7]);
  expect(series.span(0, 100, 15)).toEqual({
    times: [10, 20, 40, 60, 70],
    values: [1, 2, null, 6, 7],
    gaps: [[20, 60]],
  });
});

it('joins a span to what lies just before it', () => {
  const series = new Series();
  series.add([10, 20, 30], [1, 2, 3]);
  expect(series.span(25, 100, 15).times).toEqual([20, 30]);
});
