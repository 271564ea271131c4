import { describe, expect, test } from 'vitest';
import { Clock } from './clock';

const noon = Date.UTC(2026, 5, 1, 12);

describe('the clock', () => {
  test('counts on where the tick counter wraps', () => {
    const source = { ticks: 0 };
    const clock = new Clock(source);
    let expected = 0;
    for (let step = 0; step < 40; step++) {
      expected += 200_000_000;
      source.ticks = expected | 0;
      expect(clock.now()).toBe(expected);
    }
    expect(expected).toBeGreaterThan(2 ** 32);
  });

  test('never moves its own time when the wall clock steps', () => {
    const source = { ticks: 1000 };
    const clock = new Clock(source);
    clock.setWall('sntp', noon, 500);
    source.ticks = 2000;
    clock.setWall('sntp', noon - 7 * 3_600_000, 500);
    expect(clock.now()).toBe(2000);
    expect(clock.wall).toEqual({ source: 'sntp', offset: noon - 7 * 3_600_000, uncertainty: 500 });
  });

  test('prefers SNTP to the gateway until SNTP has been silent for six hours', () => {
    const source = { ticks: 0 };
    const clock = new Clock(source);
    expect(clock.setWall('gateway', noon, 10)).toBe(true);
    expect(clock.setWall('sntp', noon + 300, 500)).toBe(true);
    expect(clock.setWall('gateway', noon, 10)).toBe(false);
    source.ticks = 6 * 3_600_000;
    expect(clock.setWall('gateway', noon, 10)).toBe(true);
  });

  test('refuses a wall time that cannot be', () => {
    const clock = new Clock({ ticks: 0 });
    expect(clock.setWall('gateway', 0, 10)).toBe(false);
    expect(clock.setWall('gateway', Number.NaN, 10)).toBe(false);
    expect(clock.wall.source).toBe('unknown');
  });

  test('tells its listeners of each new offset', () => {
    const clock = new Clock({ ticks: 0 });
    let told = 0;
    clock.listener = { wallSet: () => told++ };
    clock.setWall('sntp', noon, 500);
    clock.setWall('gateway', noon, 500);
    expect(told).toBe(1);
  });
});
