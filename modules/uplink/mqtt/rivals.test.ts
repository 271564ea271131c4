import { expect, test } from 'vitest';
import { Rivals } from './rivals';

test('two devices of one name that wait for each other longer and longer stay suspected', () => {
  const rivals = new Rivals();
  const waits: number[] = [];
  // Each session ends when the other device is back, which waits as long.
  for (let session = 0; session < 20; session++) waits.push(rivals.ended(waits.at(-1) ?? 400, true));
  expect(waits.slice(0, 4)).toEqual([0, 0, 0, 0]);
  expect(waits[5]).toBeGreaterThanOrEqual(500);
  expect(waits.at(-1)).toBeGreaterThanOrEqual(30_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
});

test('a session that lives shows that there is no other device', () => {
  const rivals = new Rivals();
  for (let session = 0; session < 8; session++) rivals.ended(400, true);
  expect(rivals.ended(200_000, true)).toBe(0);
});

test('connections that fail while messages are on their way are bad ones', () => {
  const rivals = new Rivals();
  for (let session = 0; session < 20; session++) expect(rivals.ended(400, false)).toBe(0);
});
