import { expect, test } from 'vitest';
import type { Ring } from '../../ring/ring';
import { Deliveries, Delivery } from './deliveries';

function ringFrom(oldest: number): Ring & { oldest: number } {
  return { oldest } as Ring & { oldest: number };
}

/** As a session does: a block that is known stays as it is. */
function offsetOf(
  deliveries: Deliveries,
  ring: Ring,
  sequence: number,
  start: number,
  clock: number | undefined,
): number | undefined {
  return (deliveries.find(ring, sequence) ?? deliveries.begin(ring, sequence, 10, start, clock)).offset;
}

test('A redelivery repeats the mapping, whatever the clock has done since', () => {
  const deliveries = new Deliveries();
  const ring = ringFrom(0);
  expect(offsetOf(deliveries, ring, 0, 1_000, 5_000)).toBe(5_000);
  deliveries.ended(ring, 2_000, 5_000);
  expect(offsetOf(deliveries, ring, 1, 2_010, 9_000)).toBe(9_000);
  deliveries.restart([ring]);
  expect(offsetOf(deliveries, ring, 0, 1_000, 7_000)).toBe(5_000);
  expect(offsetOf(deliveries, ring, 1, 2_010, 7_000)).toBe(9_000);
});

test('A clock that went back gives stamps behind those given before', () => {
  const deliveries = new Deliveries();
  const ring = ringFrom(0);
  deliveries.ended(ring, 2_000, offsetOf(deliveries, ring, 0, 1_000, 5_000));
  const offset = offsetOf(deliveries, ring, 1, 2_010, 1_000)!;
  expect(Math.floor(2_010 + offset)).toBe(7_001);
});

test('A boot that never knew the time stays without', () => {
  const deliveries = new Deliveries();
  const ring = ringFrom(0);
  expect(offsetOf(deliveries, ring, 0, 1_000, undefined)).toBeUndefined();
  expect(offsetOf(deliveries, ring, 0, 1_000, 5_000)).toBeUndefined();
});

test('Blocks that the ring has passed, and streams that are no more, are forgotten', () => {
  const deliveries = new Deliveries();
  const ring = ringFrom(0);
  offsetOf(deliveries, ring, 0, 1_000, 5_000);
  ring.oldest = 1;
  offsetOf(deliveries, ring, 1, 2_000, 5_000);
  ring.oldest = 0;
  expect(deliveries.find(ring, 0)).toBeUndefined();
  deliveries.restart([]);
  expect(deliveries.find(ring, 1)).toBeUndefined();
});

test('Blocks are freed in order, and only when all their messages are acknowledged', () => {
  const deliveries = new Deliveries();
  const ring = ringFrom(3);
  const first = deliveries.begin(ring, 3, 2, 0, 0);
  const second = deliveries.begin(ring, 4, 1, 0, 0);
  second.acknowledge(0);
  first.acknowledge(1);
  expect(deliveries.settle(ring)).toBeUndefined();
  first.acknowledge(0);
  expect(deliveries.settle(ring)).toBe(5);
});

test('What overtakes a message that is not acknowledged is known, up to a bound', () => {
  const delivery = new Delivery(0, 30_000, 0);
  for (let index = 0; index < 5_000; index++) delivery.acknowledge(index);
  for (let index = 5_001; delivery.reaches(index); index += 2) delivery.acknowledge(index);
  expect(delivery.below).toBe(5_000);
  expect(delivery.has(5_001)).toBe(true);
  expect(delivery.has(5_002)).toBe(false);
  expect(delivery.has(6_023)).toBe(true);
  expect(delivery.reaches(6_024)).toBe(false);
  for (let index = 5_000; index < 6_024; index += 2) delivery.acknowledge(index);
  expect(delivery.below).toBe(6_024);
  expect(delivery.has(6_024)).toBe(false);
});
