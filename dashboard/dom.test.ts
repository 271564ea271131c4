import { expect, test } from 'vitest';
import { clockTime } from './dom';

test.each([Number.NaN, 1e300, Number.NEGATIVE_INFINITY])('shows %d, which is no date, as nothing', (wall) => {
  expect(clockTime(wall)).toBe('');
});

test('shows a time to the second', () => {
  expect(clockTime(0)).toMatch(/^\d\d:\d\d:00$/);
});
