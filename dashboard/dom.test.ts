import { expect, it } from 'vitest';
import { clockTime } from './dom';

it.each([Number.NaN, 1e300, Number.NEGATIVE_INFINITY])('shows %d, which is no date, as nothing', (wall) => {
  expect(clockTime(wall)).toBe('');
});

it('shows a time to the second', () => {
  expect(clockTime(0)).toMatch(/^\d\d:\d\d:00$/);
});
