import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Grid } from './grid';

const hertz = (numerator: number, denominator = 1) => ({
  numerator: 1000 * denominator,
  denominator: numerator,
});

/** When tick k is due, by the definition, in whole numbers of any size. */
function dueAt(period: { numerator: number; denominator: number }, origin: number, tick: number): number {
  const { numerator, denominator } = period;
  return origin + Number((BigInt(tick) * BigInt(numerator) + BigInt(denominator - 1)) / BigInt(denominator));
}

describe('a grid', () => {
  test.each([
    [60, 1, 216_000],
    [150, 1, 540_000],
    [300, 1, 1_080_000],
    [333, 1000, 1199],
  ])('of %d/%d Hz has exactly its ticks in an hour', (numerator, denominator, ticks) => {
    const grid = new Grid(hertz(numerator, denominator), 0);
    let count = 0;
    while (grid.due < 3_600_000) {
      grid.advance();
      count++;
    }
    expect(count).toBe(ticks);
  });

  const periods = fc
    .tuple(fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.integer({ min: 1, max: 2 ** 32 - 1 }))
    .map(([a, b]) => ({ numerator: Math.max(a, b), denominator: Math.min(a, b) }));

  test('is at every tick where the definition puts it, however far and in whatever steps it goes', () => {
    fc.assert(
      fc.property(
        periods,
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 31 })), { maxLength: 8 }),
        (period, origin, stalls) => {
          const grid = new Grid(period, origin);
          let tick = 0;
          for (const stall of stalls) {
            if (stall === 0) {
              grid.advance();
              tick++;
            } else {
              const now = grid.due + stall;
              tick += grid.skip(now);
              expect(grid.due).toBeLessThanOrEqual(now);
              expect(dueAt(period, origin, tick + 1)).toBeGreaterThan(now);
            }
            expect(grid.due).toBe(dueAt(period, origin, tick));
            expect(grid.ordinal).toBe(tick);
          }
        },
      ),
    );
  });

  test('skips nothing while its tick is less than a period late', () => {
    const grid = new Grid(hertz(100), 50);
    expect(grid.skip(59)).toBe(0);
    expect(grid.due).toBe(50);
    expect(grid.skip(60)).toBe(1);
    expect(grid.due).toBe(60);
  });

  test('goes on to the first tick at or after a time', () => {
    const grid = new Grid(hertz(60), 0);
    expect(grid.skipTo(18)).toBe(2);
    expect(grid.due).toBe(34);
    expect(grid.skipTo(34)).toBe(0);
    expect(grid.skipTo(50)).toBe(1);
    expect(grid.due).toBe(50);
  });

  test('refuses a period below a millisecond', () => {
    expect(() => new Grid(hertz(5000), 0)).toThrow(RangeError);
  });
});
