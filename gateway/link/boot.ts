import type { link } from '../../proto/link.js';

/** Names a boot of a part. */
export interface Boot {
  counter: number;
  random: number;
}

export const sameBoot = (a: Boot, b: Boot): boolean => a.counter === b.counter && a.random === b.random;

export const toBoot = (boot: link.IBoot | null | undefined): Boot => ({
  counter: boot?.counter ?? 0,
  random: boot?.random ?? 0,
});
