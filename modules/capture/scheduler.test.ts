import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../../test/chance';
import type { Encoder } from '../block/encoder';
import type { CollectorPlan } from '../config/plan';
import type { Source } from '../resources/source';
import type { Ring } from '../ring/ring';
import { Collector, type Staging } from './collector';
import type { Period } from './grid';
import { Scheduler } from './scheduler';
import { VirtualTimer } from './virtual-timer.node';

/** An encoder that keeps what it gets, with the time each reading stands for by the rules of modules/block. */
class Recorder {
  staged: unknown[] = [];
  count = 0;
  refused = 0;
  origin = 0;
  tick = 0;
  slips: [index: number, missed: number, late: number, duration: number][] = [];
  readings: { value: unknown; time: number; duration: number }[] = [];
  flushes: number[] = [];
  seals = 0;
  readonly #period: Period;
  readonly #onFlush: () => void;

  constructor(
    period: Period,
    readonly capacity = 64,
    onFlush: () => void = () => {},
  ) {
    this.#period = period;
    this.#onFlush = onFlush;
  }
  start(time: number): void {
    if (!Number.isInteger(time)) throw new RangeError(`start ${time}`);
    this.origin = time;
    this.tick = 0;
  }
  slip(index: number, missed: number, late: number, duration: number): void {
    this.slips.push([index, missed, late, duration]);
  }
  flush(): void {
    if (this.count > this.capacity) throw new Error(`staged ${this.count} of ${this.capacity}`);
    if (this.count > 0) {
      this.flushes.push(this.count);
      this.#onFlush();
    }
    for (let index = 0; index < this.count; index++) {
      let late = 0;
      let duration = 0;
      if (this.slips[0]?.[0] === index) {
        const slip = this.slips.shift()!;
        this.tick += slip[1];
        late = slip[2];
        duration = slip[3];
      }
      const grid = this.origin + Math.ceil((this.tick * this.#period.numerator) / this.#period.denominator);
      this.readings.push({ value: this.staged[index], time: grid + late, duration });
      this.tick++;
    }
    this.count = 0;
    if (this.slips.length > 0) throw new Error('a slip of no reading');
  }
  get crowded(): boolean {
    return false;
  }
  advance(): boolean {
    this.flush();
    return true;
  }
  seal(): void {
    this.flush();
    this.seals++;
  }
}

class Bench {
  readonly failures: unknown[] = [];
  readonly scheduler: Scheduler;
  constructor(
    readonly timer = new VirtualTimer(),
    clock: { now(): number } = timer,
  ) {
    this.scheduler = new Scheduler({
      clock,
      timer,
      failed: (_collector, error) => this.failures.push(error),
      flash: { idle: (budget) => this.idle(budget) },
    });
  }
  idle: (budget: number) => void = () => {};
  #streams = 0;

  collector(
    hertz: [numerator: number, denominator: number],
    options: { read?: () => unknown; kind?: Source['kind']; encodeTime?: number; capacity?: number } = {},
  ) {
    const [numerator, denominator] = hertz;
    const asked = { numerator: 1000 * denominator, denominator: numerator };
    const period = asked.numerator < asked.denominator ? { numerator: 1, denominator: 1 } : asked;
    const recorder = new Recorder(period, options.capacity, () => this.timer.busy(options.encodeTime ?? 0));
    const taken: number[] = [];
    const source = {
      kind: options.kind ?? 'integer',
      io: {
        read: () => {
          const time = this.timer.now();
          const value = options.read ? options.read() : time;
          taken.push(time); // only when it did not throw
          return value;
        },
      },
    } as Source;
    const identity =
      source.kind === 'record'
        ? { resource: 'rdk:component:sensor/s', method: 'Readings' }
        : { resource: 'rdk:component:board/b', method: 'Analogs' };
    const collector = new Collector(
      { identity, frequency: { numerator, denominator } } as CollectorPlan,
      source,
      recorder as unknown as Encoder<Staging>,
      { stream: this.#streams++ } as Ring,
    );
    this.scheduler.add(collector, period);
    return { collector, recorder, taken, counters: collector.counters };
  }

  run(end: number): void {
    this.timer.run(end);
  }
}

const hour = 3_600_000;

describe('the scheduler', () => {
  test.each([
    [
      [10, 1],
      [15, 1],
    ],
    [
      [60, 1],
      [50, 1],
    ],
    [
      [150, 1],
      [100, 1],
    ],
    [
      [300, 1],
      [333, 1000],
    ],
  ] as [number, number][][])('captures at %j and %j Hz exactly, within one reading an hour', (...rates) => {
    const bench = new Bench();
    const streams = rates.map((rate) => bench.collector(rate));
    bench.run(hour);
    streams.forEach(({ collector, counters }, index) => {
      collector.encoder.flush();
      const [numerator, denominator] = rates[index]!;
      expect(Math.abs(counters.captured - (numerator / denominator) * 3600)).toBeLessThanOrEqual(1);
      expect([counters.missed, counters.late, counters.failed]).toEqual([0, 0, 0]);
    });
  });

  test('holds 1,000 Hz on two collectors', () => {
    const bench = new Bench();
    const streams = [bench.collector([1000, 1]), bench.collector([1000, 1])];
    bench.run(60_000);
    for (const { counters } of streams) {
      expect(Math.abs(counters.captured - 60_000)).toBeLessThanOrEqual(1);
      expect(counters.missed).toBe(0);
    }
  });

  test('runs 5,000 Hz as fast as the timer does and counts the rest', () => {
    const bench = new Bench();
    const { counters } = bench.collector([5000, 1]);
    const other = bench.collector([100, 1]);
    bench.run(60_000);
    expect(Math.abs(counters.captured - 60_000)).toBeLessThanOrEqual(1);
    expect(Math.abs(counters.captured + counters.missed - 300_000)).toBeLessThanOrEqual(5);
    expect(other.counters.missed + other.counters.late).toBe(0);
  });

  test.each(['integer', 'boolean', 'record'] as const)(
    'counts a read of %s that gives nothing as failed, in the quick loop and after a gap, and stores none of it',
    (kind) => {
      const bench = new Bench();
      const value = kind === 'record' ? { volts: 1 } : 1;
      let reads = 0;
      // The second of each three, then two in a row: the read after a failed one is not the quick loop's.
      const read = () => ([1, 4, 5].includes(reads++ % 6) ? undefined : value);
      const { counters, recorder } = bench.collector([100, 1], { kind, read });
      const other = bench.collector([100, 1]);
      bench.run(60_000);
      expect(reads).toBeGreaterThan(5990);
      expect(Math.abs(counters.failed - reads / 2)).toBeLessThanOrEqual(3);
      expect(counters.captured + counters.failed).toBe(reads);
      recorder.flush();
      expect(recorder.readings.filter((reading) => reading.value !== value)).toEqual([]);
      expect(recorder.readings.length).toBe(counters.captured);
      expect(other.counters.failed).toBe(0);
      expect(bench.failures.length).toBe(counters.failed);
      expect(String(bench.failures[0])).toBe('Error: the read gave nothing');
    },
  );

  test.each([1, 2, 3, 4, 5, 6])(
    'is late for two ticks at most when a millisecond passes after the time was read for the %sth time',
    (which) => {
      const timer = new VirtualTimer();
      let reads = 0;
      const clock = {
        now: () => {
          const now = timer.now();
          if (++reads === which) timer.busy(1);
          return now;
        },
      };
      const bench = new Bench(timer, clock);
      const { counters } = bench.collector([100, 1]);
      bench.run(60_000);
      expect(reads).toBeGreaterThan(which);
      expect(counters.late).toBeLessThanOrEqual(2);
      expect(counters.missed).toBe(0);
    },
  );

  test('survives a stall of any length without a burst, and counts what passed', () => {
    const bench = new Bench();
    const streams = [bench.collector([100, 1]), bench.collector([60, 1]), bench.collector([1, 10])];
    bench.run(10_000);
    const before = streams.map(({ taken }) => taken.length);
    bench.timer.busy(600_000);
    bench.run(610_000);
    streams.forEach(({ taken, collector }, index) => {
      expect(taken.length - before[index]!).toBeLessThanOrEqual(1);
      expect(collector.captured + collector.missed).toBe(collector.group!.ordinal);
    });
    expect(streams.map(({ collector }) => collector.missed)).toEqual(
      [60_000, 36_000, 60].map((n) => expect.closeTo(n, -1)),
    );
    bench.run(620_000);
    expect(streams[0]!.taken.length - before[0]!).toBeGreaterThan(990);
  });

  test('gives a slow record at most a quarter of the time, and the quick ones theirs', () => {
    const bench = new Bench();
    const slow = bench.collector([100, 1], { kind: 'record', read: () => bench.timer.busy(40) ?? 0 });
    const quick = bench.collector([100, 1]);
    bench.run(60_000);
    expect(slow.taken.length * 40).toBeLessThanOrEqual(60_000 / 4 + 40);
    expect(slow.taken.length).toBeGreaterThan(300);
    expect(slow.counters.slow).toBe(slow.taken.length);
    expect(slow.counters.captured + slow.counters.missed).toBe(slow.collector.group!.ordinal);
    expect(quick.counters.captured).toBeGreaterThan(6000 * 0.75);
  });

  test('takes a quick-looking source that proves slow out of the loop it shares', () => {
    const bench = new Bench();
    let slowness = 0;
    const quick = [bench.collector([50, 1]), bench.collector([50, 1])];
    const slow = bench.collector([50, 1], { read: () => bench.timer.busy(slowness) ?? 0 });
    bench.run(5_000);
    expect(slow.collector.group).toBe(quick[0]!.collector.group);
    slowness = 15;
    bench.run(60_000);
    expect(slow.collector.group).not.toBe(quick[0]!.collector.group);
    expect(slow.counters.captured + slow.counters.missed).toBe(slow.collector.group!.ordinal);
    for (const { counters } of quick) expect(counters.captured).toBeGreaterThan(0.99 * 3000);
  });

  test('encodes one stream at a time, however many fill in the same tick', () => {
    const bench = new Bench();
    const times: number[] = [];
    for (let member = 0; member < 12; member++) {
      const { recorder } = bench.collector([100, 1]);
      const flush = recorder.flush.bind(recorder);
      recorder.flush = () => {
        times.push(bench.timer.now());
        flush();
      };
    }
    bench.run(60_000);
    expect(times.length).toBeGreaterThan(12 * 90);
    expect(new Set(times).size).toBe(times.length);
  });

  test('never lets a staging array overflow, however busy it is', () => {
    const bench = new Bench();
    const streams = Array.from({ length: 30 }, () =>
      bench.collector([1000, 1], { encodeTime: 3, capacity: 32 }),
    );
    bench.run(20_000);
    for (const { collector, counters } of streams) {
      collector.encoder.flush();
      expect(counters.captured + counters.missed).toBe(collector.group!.ordinal);
      expect(counters.captured).toBeGreaterThan(100);
    }
  });

  test('offers the pauses between ticks to the flash, none longer than it is', () => {
    const bench = new Bench();
    bench.collector([10, 1]);
    const offered: [number, number][] = [];
    bench.idle = (budget) => offered.push([bench.timer.now(), budget]);
    bench.run(10_000);
    expect(offered.length).toBeGreaterThan(90);
    for (const [time, budget] of offered.slice(1))
      expect((time + budget - offered[1]![0] - offered[1]![1]) % 100).toBe(0);
  });

  test('reads nothing once a collector is removed, and lets the others go on', () => {
    const bench = new Bench();
    const [first, second] = [bench.collector([100, 1]), bench.collector([100, 1])];
    bench.run(1_000);
    bench.scheduler.remove(first.collector);
    bench.scheduler.remove(first.collector);
    const captured = first.counters.captured;
    bench.run(2_000);
    expect(first.taken.length).toBe(captured);
    expect(first.counters.captured).toBe(captured);
    expect(second.counters.captured).toBe(2 * captured);
  });

  test('tells every reading its true time, whatever the stalls, failures and slow reads', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            rate: fc.constantFrom<[number, number]>(
              [1000, 1],
              [300, 1],
              [100, 1],
              [60, 1],
              [7, 3],
              [333, 1000],
            ),
            kind: fc.constantFrom<Source['kind']>('integer', 'boolean', 'double', 'record'),
            slowness: fc.array(fc.constantFrom(0, 0, 0, 0, 1, 3, 8, 40, 2000, -1), {
              minLength: 1,
              maxLength: 5,
            }),
            encodeTime: fc.constantFrom(0, 0, 2, 6),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 5 }),
        (specifications, stalls) => {
          const bench = new Bench();
          const streams = specifications.map(({ rate, kind, slowness, encodeTime }) => {
            let reads = 0;
            const read = () => {
              // Mostly quick, so that something is captured at all.
              const slow = reads++ % 7 === 0 ? slowness[((reads / 7) % slowness.length) | 0]! : 0;
              if (slow < 0) throw new Error('does not answer');
              bench.timer.busy(slow);
              return reads;
            };
            return { rate, ...bench.collector(rate, { read, kind, encodeTime }) };
          });
          bench.run(2000);
          for (const stall of stalls) {
            bench.timer.busy(stall);
            bench.run(bench.timer.now() + 500);
          }
          for (const { collector, recorder, taken, counters, rate } of streams) {
            collector.encoder.flush();
            expect(recorder.readings.length).toBe(counters.captured);
            recorder.readings.forEach(({ time, duration }, index) => {
              expect(taken[index]).toBeGreaterThanOrEqual(time);
              expect(taken[index]).toBeLessThanOrEqual(time + Math.max(1, duration));
              // No two readings of a stream have the same millisecond.
              if (index > 0) expect(time).toBeGreaterThan(recorder.readings[index - 1]!.time);
            });
            const ticks = counters.captured + collector.skipped + counters.failed;
            const group = collector.group!;
            expect(ticks).toBe(group.ordinal);
            expect(group.due).toBe(group.origin + Math.ceil((group.ordinal * 1000 * rate[1]) / rate[0]));
          }
        },
      ),
      runs(60),
    );
  });
});
