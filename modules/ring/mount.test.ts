import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../../test/chance';
import { findNewestSector, patience } from './mount';

/** Most header reads that the search may take: anchor, then `patience` a step of halving. */
function bound(sectors: number): number {
  return patience + 7 + 1 + patience * (Math.ceil(Math.log2(sectors)) + 1);
}

/** Looks for the newest sector in `epochs` (0: no right header) and counts reads. */
function search(epochs: number[], retired: Set<number>): { newest: number; reads: number } {
  let reads = 0;
  const known = new Set<number>();
  const newest = findNewestSector(
    epochs.length,
    (sector) => {
      reads += 1;
      return epochs[sector];
    },
    (sector) => known.has(sector),
    () => {
      for (const sector of retired) known.add(sector);
    },
  );
  return { newest, reads };
}

describe('the mount', () => {
  test('finds the sector written last in O(log sectors) reads, past retired and torn ones', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 4096 }),
        fc.nat(),
        fc.nat(3),
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.array(fc.nat(), { maxLength: patience - 1 }),
        (sectors, head, laps, retiredAt, tornAt) => {
          const newest = head % sectors;
          const retired = new Set(retiredAt.map((at) => at % sectors).filter((at) => at !== newest));
          const torn = new Set(tornAt.map((at) => at % sectors).filter((at) => at !== newest));
          const epochs = new Array<number>(sectors).fill(0);
          let epoch = 0;
          for (let lap = 0; lap <= laps; lap += 1)
            for (let sector = 0; sector < (lap === laps ? newest + 1 : sectors); sector += 1)
              if (!retired.has(sector)) {
                epoch += 1;
                epochs[sector] = epoch;
              }
          for (const sector of torn) epochs[sector] = 0;
          for (const sector of retired) epochs[sector] = 0;
          const found = search(epochs, retired);
          expect(found.reads).toBeLessThanOrEqual(bound(sectors));
          // Without any header in reach of the first probes the log starts anew, which harms nothing.
          if (found.newest >= 0) expect(found.newest).toBe(newest);
          else expect(newest).toBeLessThan(40);
        },
      ),
      runs(3000),
    );
  });

  test('takes a partition without headers for a new one', () => {
    expect(search(new Array(256).fill(0), new Set()).newest).toBe(-1);
  });

  test('needs 9 to 14 reads for 256 sectors that are all in order', () => {
    const reads = [];
    for (let newest = 0; newest < 256; newest += 1) {
      const epochs = Array.from({ length: 256 }, (_, sector) =>
        sector <= newest ? 1000 + sector : 744 + sector,
      );
      const found = search(epochs, new Set());
      expect(found.newest).toBe(newest);
      reads.push(found.reads);
    }
    expect(Math.max(...reads)).toBeLessThanOrEqual(14);
    expect(Math.min(...reads)).toBeGreaterThanOrEqual(9);
  });
});
