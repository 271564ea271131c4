import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runs } from '../../../test/chance';
import { PointColumns } from './point-columns';

type Row = readonly [series: number, time: number];

const time = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -8.64e15, max: 8.64e15 }));
const rising = fc
  .uniqueArray(time, { minLength: 1, maxLength: 20 })
  .map((times) => times.sort((a, b) => a - b));
const times = fc.oneof(rising, fc.array(time, { minLength: 1, maxLength: 5 }));
const block = fc.record({ series: fc.integer({ min: 0, max: 2 }), times });

/** Each series' latest time, and which have a row that is not behind the one before: all that the table notes. */
function learnt(rows: readonly Row[]) {
  const latest = new Map<number, number>();
  const disordered = new Set<number>();
  for (const [series, time] of rows)
    if (time > (latest.get(series) ?? Number.NEGATIVE_INFINITY)) latest.set(series, time);
    else disordered.add(series);
  return { latest, disordered };
}

test('shows of rising times the ends alone, which say as much of the order as all', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 20 }), fc.nat(100), (blocks, cut) => {
      const columns = new PointColumns();
      for (const { series, times } of blocks)
        columns.addCounts(series, Float64Array.from(times), new Int32Array(times.length));
      const all = blocks.flatMap(({ series, times }) => times.map((time): Row => [series, time]));
      const rows = all.slice(0, cut);
      columns.cut(rows.length);
      const shown: Row[] = [];
      columns.eachRise((series, time) => shown.push([series, time]));
      expect(learnt(shown)).toEqual(learnt(rows));
      expect(rows).toEqual(expect.arrayContaining(shown));
      expect(shown.length).toBeLessThanOrEqual(rows.length);
    }),
    runs(200),
  );
});
