import type SNTP from 'sntp';
import { describe, expect, test } from 'vitest';
import { VirtualTimer } from '../capture/virtual-timer.node';
import { Clock } from './clock';
import { Log } from './log';
import { TimeSync } from './time-sync';
import { Watchdog } from './watchdog';

const start = Date.UTC(2026, 5, 1, 12) + 0.25;

function bench(answer: (host: string) => 'time' | 'error' | 'silence' | { seconds: number }) {
  const timer = new VirtualTimer();
  const clock = new Clock({
    get ticks() {
      return timer.now() | 0;
    },
  });
  const asked: [number, string][] = [];
  let open = 0;
  class Client {
    static readonly time = 1;
    static readonly retry = 2;
    static readonly error = -1;
    private closed = false;
    constructor({ host }: { host: string }, callback: (message: number, value?: number | string) => void) {
      asked.push([timer.now(), host]);
      open++;
      timer.set(() => {
        const what = answer(host);
        if (this.closed || what === 'silence') return;
        this.close();
        if (typeof what === 'object') callback(1, what.seconds);
        else if (what === 'time') callback(1, Math.floor((start + timer.now()) / 1000));
        else callback(-1, 'no response');
      }, 40);
    }
    close(): void {
      if (!this.closed) open--;
      this.closed = true;
    }
  }
  const set: number[] = [];
  const sync = new TimeSync({
    clock,
    sntp: Client as unknown as typeof SNTP,
    timer,
    servers: ['one', 'two'],
    time: { set: (seconds) => set.push(seconds) },
    log: new Log(timer, () => {}),
  });
  return { timer, clock, asked, set, sync, open: () => open };
}

describe('time by SNTP', () => {
  test('is within its own uncertainty, and renewed hourly', () => {
    const { timer, clock, asked, set, sync } = bench(() => 'time');
    sync.network(true);
    timer.run(10_000);
    const { source, offset, uncertainty } = clock.wall;
    expect(source).toBe('sntp');
    expect(Math.abs(offset - start)).toBeLessThanOrEqual(uncertainty);
    timer.run(2 * 3_600_000 + 10_000);
    expect(asked.map(([time]) => time)).toEqual([0, 3_600_040, 7_200_080]);
    expect(set.length).toBe(3);
  });

  test.each([
    ['unknown', 15_040],
    ['gateway', 60_040],
  ] as const)('asks the next server after a failure while its source is %s', (source, again) => {
    const { timer, clock, asked, sync } = bench((host) => (host === 'one' ? 'error' : 'time'));
    if (source === 'gateway') clock.setWall(source, start, 5);
    sync.network(true);
    timer.run(100_000);
    expect(asked).toEqual([
      [0, 'one'],
      [again, 'two'],
    ]);
    expect(clock.wall.source).toBe('sntp');
  });

  test('is asked for once the peer is reached, though no more often than servers bear', () => {
    const { timer, clock, asked, sync } = bench(() => 'silence');
    sync.reached();
    sync.network(true);
    timer.run(1_000);
    // The answer may be under way.
    sync.reached();
    timer.run(10_000);
    for (let time = 11_000; time <= 30_000; time += 1_000) {
      sync.reached();
      timer.run(time);
    }
    expect(asked.map(([time]) => time)).toEqual([0, 10_000, 25_000]);
    clock.setWall('gateway', start, 5);
    timer.run(100_000);
    sync.reached();
    expect(asked.length).toBe(3);
  });

  test.each([
    ['a server that does not know it', Date.UTC(2036, 1, 7, 6, 28, 16) / 1000],
    ['a time before there was this firmware', 1_000_000_000],
    ['a time before 1970', -1],
  ])('takes no time from %s', (_, seconds) => {
    const { timer, clock, set, sync } = bench((host) => (host === 'one' ? { seconds } : 'time'));
    sync.network(true);
    timer.run(10_000);
    expect([clock.wall.source, set]).toEqual(['unknown', []]);
    timer.run(100_000);
    expect(Math.abs(clock.wall.offset - start)).toBeLessThanOrEqual(clock.wall.uncertainty);
  });

  test('is not moved by one answer that is far from what is known', () => {
    let forged = false;
    const { timer, clock, set, sync } = bench(() => {
      if (!forged) return 'time';
      forged = false;
      return { seconds: 1_900_000_000 };
    });
    sync.network(true);
    timer.run(10_000);
    forged = true;
    timer.run(3_600_000 + 10_000);
    expect(forged).toBe(false);
    timer.run(3 * 3_600_000);
    expect(Math.abs(clock.wall.offset - start)).toBeLessThanOrEqual(clock.wall.uncertainty);
    expect(set).not.toContain(1_900_000_000);
  });

  test('follows a clock that was wrong when two answers say so', () => {
    const { timer, clock, asked, sync } = bench(() => 'time');
    clock.setWall('gateway', start - 86_400_000, 5);
    sync.network(true);
    timer.run(50_000);
    expect(clock.wall.source).toBe('gateway');
    timer.run(100_000);
    expect(asked.map(([, host]) => host)).toEqual(['one', 'two']);
    expect(Math.abs(clock.wall.offset - start)).toBeLessThanOrEqual(clock.wall.uncertainty);
  });

  test('asks nobody without a network, and at once when it comes back', () => {
    const { timer, asked, sync, open } = bench(() => 'silence');
    timer.run(100_000);
    expect(asked).toEqual([]);
    sync.network(true);
    timer.run(101_000);
    sync.network(false);
    expect(open()).toBe(0);
    timer.run(200_000);
    sync.network(true);
    expect(asked.map(([time]) => time)).toEqual([100_000, 200_000]);
    sync.close();
    expect(open()).toBe(0);
  });
});

describe('the watchdog', () => {
  test('bites when a reading has been due for a minute, not before', () => {
    const timer = new VirtualTimer();
    const bites: string[] = [];
    let due = Number.POSITIVE_INFINITY;
    const watchdog = new Watchdog(
      timer,
      {
        get overdue() {
          return Math.max(0, timer.now() - due);
        },
      },
      (reason) => bites.push(reason),
    );
    timer.run(3_600_000);
    due = timer.now();
    timer.run(due + 60_000);
    expect(bites).toEqual([]);
    timer.run(due + 70_000);
    expect(bites).toEqual(['no reading was taken although one has been due for 70 s']);
    watchdog.close();
    timer.run(due + 1_000_000);
    expect(bites.length).toBe(1);
  });
});
