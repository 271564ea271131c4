import { afterEach, expect, test, vi } from 'vitest';
import { Calendar } from './calendar';

afterEach(() => vi.restoreAllMocks());

const at = (time: string) => Date.parse(time);

test.each([
  ['UTC', '2026-03-01T23:59:59.999Z', '2026-03-01'],
  ['UTC', '2026-03-02T00:00:00Z', '2026-03-02'],
  ['Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29'],
  // In Kathmandu the day begins at a quarter past.
  ['Asia/Kathmandu', '2026-03-01T18:14:59Z', '2026-03-01'],
  ['Asia/Kathmandu', '2026-03-01T18:15:00Z', '2026-03-02'],
  ['America/Los_Angeles', '2026-01-01T00:00:00Z', '2025-12-31'],
])('in %s %s is in %s', (zone, time, day) => {
  const calendar = new Calendar(zone);
  calendar.day(at(time) - 1);
  expect(calendar.day(at(time))).toBe(day);
  calendar.day(at(time) + 86_400_000);
  expect(calendar.day(at(time))).toBe(day);
});

test('of what comes together a date is formatted once, however much it is', () => {
  const format = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
  const calendar = new Calendar('Europe/Berlin');
  const now = at('2026-03-01T12:00:00Z');
  for (let index = 0; index < 50_000; index++) calendar.day(now + index);
  expect(format).toHaveBeenCalledTimes(1);
});
