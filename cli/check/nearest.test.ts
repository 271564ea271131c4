import { expect, test } from 'vitest';
import { nearest } from './nearest';

test.each([
  ['capture_frequncy_hz', 'capture_frequency_hz'],
  ['captureFrequencyHz', 'capture_frequency_hz'],
  ['sync_intreval_mins', 'sync_interval_mins'],
  ['reader', 'reader_name'],
  ['colour', undefined],
  ['tags', undefined],
])('%s is meant to be %s', (wrong, meant) => {
  expect(nearest(wrong, ['tags', 'capture_frequency_hz', 'sync_interval_mins', 'reader_name'])).toBe(meant);
});
