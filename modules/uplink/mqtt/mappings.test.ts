import { expect, test } from 'vitest';
import type { Ring } from '../../ring/ring';
import { Mappings } from './mappings';

function ringFrom(oldest: number): Ring & { oldest: number } {
  return { oldest } as Ring & { oldest: number };
}

test('A redelivery repeats the mapping, whatever the clock has done since', () => {
  const mappings = new Mappings();
  const ring = ringFrom(0);
  expect(mappings.of(ring, 0, 1_000, 5_000)).toBe(5_000);
  mappings.ended(ring, 2_000, 5_000);
  expect(mappings.of(ring, 1, 2_010, 9_000)).toBe(9_000);
  expect(mappings.of(ring, 0, 1_000, 7_000)).toBe(5_000);
  expect(mappings.of(ring, 1, 2_010, 7_000)).toBe(9_000);
});

test('A clock that went back gives stamps behind those given before', () => {
  const mappings = new Mappings();
  const ring = ringFrom(0);
  mappings.ended(ring, 2_000, mappings.of(ring, 0, 1_000, 5_000));
  const offset = mappings.of(ring, 1, 2_010, 1_000)!;
  expect(Math.floor(2_010 + offset)).toBe(7_001);
});

test('A boot that never knew the time stays without', () => {
  const mappings = new Mappings();
  const ring = ringFrom(0);
  expect(mappings.of(ring, 0, 1_000, undefined)).toBeUndefined();
  expect(mappings.of(ring, 0, 1_000, 5_000)).toBeUndefined();
});

test('Mappings of blocks that are acknowledged, and of streams that are no more, are forgotten', () => {
  const mappings = new Mappings();
  const ring = ringFrom(0);
  mappings.of(ring, 0, 1_000, 5_000);
  ring.oldest = 1;
  mappings.of(ring, 1, 2_000, 5_000);
  ring.oldest = 0;
  expect(mappings.of(ring, 0, 1_000, 6_000)).toBe(6_000);
  mappings.keep([]);
  expect(mappings.of(ring, 1, 2_000, 8_000)).toBe(8_000);
});
