import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { LagWatch } from './lag-watch';

const minute = 60_000;

let now: number;
let due: (() => void) | undefined;
let mayGo: boolean;
let waiting: ReturnType<typeof item>[];
let told: object[];

/** One that has waited for so many minutes. */
function item(type: 'blocks' | 'binary' | 'file', minutes: number) {
  return { type, key: `${type} of ${minutes}`, begun: now - minutes * minute };
}

beforeEach(() => {
  now = 100 * minute;
  due = undefined;
  mayGo = true;
  waiting = [];
  told = [];
});

/** @param interval minutes */
function watchOf(interval = 0.1): LagWatch {
  return new LagWatch({
    destinations: () => ['cloud'],
    waiting: () => waiting,
    mayGo: () => mayGo,
    interval: () => interval * minute,
    clock: {
      now: () => now,
      wall: () => now,
      after: (delay, action) => {
        expect(delay).toBe(minute);
        due = action;
        return () => {
          due = undefined;
        };
      },
    },
    log: pino({ level: 'warn' }, { write: (line: string) => void told.push(JSON.parse(line)) }),
  });
}

test.each<[string, ['blocks' | 'file', number] | undefined, number?]>([
  ['nothing waits', undefined],
  ['what waits is young', ['blocks', 3]],
  ['the sync has had no time yet', ['blocks', 20], 2],
  ['a file of an additional path is as old as its owner left it', ['file', 90]],
])('nothing is said where %s', (_, of, interval) => {
  waiting = of ? [item(...of)] : [];
  watchOf(interval).look();
  expect(told).toEqual([]);
});

test('what was captured and waits for long is named, with the destination and for how long', () => {
  waiting = [item('file', 90), item('binary', 4), item('blocks', 1)];
  watchOf().look();
  expect(told).toMatchObject([{ level: 40, destination: 'cloud', oldest: 'binary of 4', minutes: 4 }]);
});

test('what is long is by the interval of the sync', () => {
  waiting = [item('blocks', 21)];
  watchOf(2).look();
  expect(told).toHaveLength(1);
});

test('nothing is said while the schedule is held back', () => {
  waiting = [item('blocks', 90)];
  mayGo = false;
  watchOf().look();
  expect(told).toEqual([]);
});

test('it is looked each minute and said each five, until it is closed', async () => {
  waiting = [item('blocks', 4)];
  const watch = watchOf();
  watch.start();
  for (let minutes = 0; minutes < 10; minutes++) {
    due!();
    await new Promise((resolve) => setImmediate(resolve));
    now += minute;
  }
  expect(told).toMatchObject([{ minutes: 4 }, { minutes: 9 }]);
  watch.close();
  expect(due).toBeUndefined();
});
