import { expect, test } from 'vitest';
import { Deliveries, Delivery } from './deliveries';
import { mostWaiting, Pace } from './pace';
import { Packets } from './packets';

function answer(pace: Pace, roundTrip: number, times: number): void {
  for (let time = 0; time < times; time++) {
    pace.measured(roundTrip);
    pace.acknowledged(true);
  }
}

test('A broker that answers soon is soon sent as much as may wait', () => {
  const { pace } = new Deliveries();
  expect(pace.window).toBe(8);
  answer(pace, 50, 60);
  expect(pace.window).toBe(mostWaiting);
});

test('A window that is not used does not grow', () => {
  const pace = new Pace();
  for (let time = 0; time < 100; time++) pace.acknowledged(false);
  expect(pace.window).toBe(8);
});

test('A broker that takes ten messages a second is sent about ten at once', () => {
  const pace = new Pace();
  answer(pace, 100, 1);
  for (let time = 0; time < 2_000; time++) answer(pace, pace.window * 100, 1);
  expect(pace.window).toBeGreaterThanOrEqual(8);
  expect(pace.window).toBeLessThanOrEqual(14);
});

test('A way that is long is no broker that is slow', () => {
  const pace = new Pace();
  answer(pace, 2_500, 100);
  expect(pace.window).toBe(mostWaiting);
});

test('A broker that loses messages or ends connections is sent one at a time in the end', () => {
  const pace = new Pace();
  for (let time = 0; time < 10; time++) pace.lost();
  expect(pace.window).toBe(1);
  answer(pace, 50, 3);
  expect(pace.window).toBeGreaterThan(1);
});

test('What is not acknowledged goes out again after seconds, then after longer and longer, up to a minute', () => {
  const pace = new Pace();
  answer(pace, 50, 20);
  expect(pace.patience(1)).toBe(2_000);
  expect(pace.patience(2)).toBe(4_000);
  expect(pace.patience(200)).toBe(60_000);
  answer(pace, 4_000, 50);
  expect(pace.patience(1)).toBeGreaterThan(8_000);
});

test('A late acknowledgement of a message that went out twice is nobody else’s', () => {
  const packets = new Packets();
  const delivery = new Delivery(0, 10, 0);
  const place = packets.take(delivery, 0, 0);
  const id = packets.id(place);
  expect(packets.find(id)).toBe(place);
  packets.look(5_000, () => 2_000);
  expect(packets.nextLate()).toBe(place);
  packets.again(place, 5_000);
  expect(packets.id(place)).toBe(id);
  expect(packets.sentOnceAt(place)).toBeUndefined();
  packets.free(packets.find(id));
  expect([packets.waiting, packets.stuck, packets.late]).toEqual([0, 0, 0]);
  while (packets.take(delivery, 1, 6_000) !== place);
  expect(packets.id(place)).not.toBe(id);
  expect(packets.find(id)).toBe(-1);
});

test('Packet ids are 1 to 65,535, and each comes again only after a thousand others', () => {
  const packets = new Packets();
  const delivery = new Delivery(0, 10, 0);
  const ids = new Set<number>();
  for (let use = 0; use < 1_023; use++) {
    for (let count = 0; count < mostWaiting; count++) ids.add(packets.id(packets.take(delivery, count, 0)));
    for (let place = 0; place < mostWaiting; place++) packets.free(place);
  }
  expect(ids.size).toBe(1_023 * mostWaiting);
  expect(Math.min(...ids)).toBe(1);
  expect(Math.max(...ids)).toBeLessThan(65_536);
});
