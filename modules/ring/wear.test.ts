/** A sample of what `npm run soak` does at length (test/soak/flash-wear.ts: ten million blocks). */
import { describe, expect, test } from 'vitest';
import { seed } from '../../test/chance';
import {
  fastCollectors,
  mixedCollectors,
  stillCollectors,
  type Wear,
  type WearOptions,
  wearOf,
} from './wear-scenario.node.js';

function measure(
  name: string,
  options: Omit<WearOptions, 'sectors' | 'blocks' | 'seed'> & { blocks?: number },
): Wear {
  const wear = wearOf({ sectors: 64, blocks: 20_000, seed, ...options });
  console.log(
    `wear, ${name}, seed ${seed}: ${wear.minimum}…${wear.maximum} erases, write amplification ${wear.amplification.toFixed(3)}`,
  );
  expect(wear.problem).toBeUndefined();
  return wear;
}

describe('wear', () => {
  test('is even, and little is written twice, when all collectors are fast', () => {
    const wear = measure('ten at 100 Hz', { collectors: fastCollectors, lengths: [512, 512] });
    expect(wear.spread).toBeLessThanOrEqual(0.05);
    expect(wear.amplification).toBeLessThanOrEqual(1.15);
    expect(wear.carried).toBe(0);
  });

  test('is even when collectors are fast and slow, however much is carried', () => {
    const wear = measure('100 Hz … 1/min', { collectors: mixedCollectors, lengths: [440, 512] });
    expect(wear.spread).toBeLessThanOrEqual(0.05);
    expect(wear.amplification).toBeLessThan(3);
  });

  test('is even when half of the partition lies still', () => {
    const wear = measure('half still', { collectors: stillCollectors, lengths: [440, 512] });
    expect(wear.spread).toBeLessThanOrEqual(0.05);
    expect(wear.amplification).toBeLessThan(3);
  });

  test('is even through restarts, and with an uplink that comes and goes', () => {
    const restarts = measure('a restart every 200 blocks', {
      collectors: mixedCollectors,
      lengths: [440, 512],
      restarts: 200,
      blocks: 40_000,
    });
    expect(restarts.spread).toBeLessThanOrEqual(0.05);
    const uplink = measure('uplink now and then', {
      collectors: mixedCollectors,
      lengths: [40, 512],
      uplink: 0.05,
      blocks: 60_000,
    });
    expect(uplink.spread).toBeLessThanOrEqual(0.05);
  });
});
