import { expect, test } from 'vitest';
import { Audit } from './audit';

test('five refusals a second are told, and the number of the others with the next', () => {
  let now = 0;
  const told: [number, number][] = [];
  const audit = new Audit<number>(
    (entry, unsaid) => told.push([entry, unsaid]),
    () => now,
  );
  for (let entry = 0; entry < 100; entry++) audit.note(entry);
  now = 1_000;
  audit.note(100);
  audit.note(101);
  expect(told).toEqual([
    [0, 0],
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 0],
    [100, 95],
    [101, 0],
  ]);
});
