import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Intervals } from './intervals';

it('holds what a set holds, in as few runs as there are', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { maxLength: 60 }), (values) => {
      const set = new Set<number>();
      const intervals = new Intervals();
      for (const value of values) {
        expect(intervals.add(value)).toBe(!set.has(value));
        set.add(value);
      }
      for (let value = -1; value < 32; value++) expect(intervals.has(value)).toBe(set.has(value));
      const starts = [...set].filter((value) => !set.has(value - 1));
      expect(intervals.runs.map(([first]) => first)).toEqual(starts.sort((a, b) => a - b));
    }),
  );
});
