/**
 * What the code of doubles means; `number-writer.ts` and `number-reader.ts` are its two sides.
 *
 * Most doubles of sensors are decimals: an integer over a power of ten, exactly or a few units in the last place
 * beside it. Their integers' differences are Rice coded. A code of `special` zeros introduces what is not so.
 * Doubles that are no decimals are coded by what changed in their bits (Gorilla, Pelkonen et al. 2015).
 */

import { powersOfTwo } from './types';

/** This quotient does not occur: it introduces one of `Special`; higher ones are one less. */
export const specialQuotient = 7;
/** So many zeros without a one: the quotient follows as a number. */
export const escapeZeros = 16;

export const Special = Object.freeze({
  /** 64 bits, and nothing else changes. */
  raw: 0,
  /** Four bits of correction in the last place, then the decimal. */
  corrected: 1,
  /** A new power of ten in four bits, a Rice parameter in six to go on with, then the decimal's integer. */
  exponent: 2,
  /** 64 bits, and from here on bits are coded. */
  bits: 3,
} as const);

/** In place of a Rice parameter: a step follows, and then the parameter. Blocks with a step are of version 2. */
export const stepMark = 63;

/** Two bits before each double while bits are coded. */
export const BitsCode = Object.freeze({
  same: 0,
  /** Changes lie where the last ones lay. */
  within: 1,
  /** Leading zeros in five bits, length less one in six, then the changes. */
  window: 2,
  /** Back to decimals, as with `Special.exponent`. */
  decimal: 3,
} as const);

/** 10⁰ … 10¹⁵, all exact. */
export const powers: readonly number[] = Object.freeze([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
]);

/** A decimal's integer, times its step, lies within ±2⁵¹. */
export const maximumInteger = 2 ** 51;

/** Before the first difference, the mean that a Rice parameter (0 … 63, 48 at most is of use) stands for. */
export function firstMean(order: number): number {
  return 12 * powersOfTwo[Math.min(order, 48)]!;
}

const mostMapped = 2 ** 49;

/** The running mean of mapped differences, times 8, after one more. Exact: all below 2⁵³. */
export function nextMean(mean: number, mapped: number): number {
  if (mean < 0x40000000 && mapped < 0x40000000) return mean + mapped - (mean >> 3);
  return mean + Math.min(mapped, mostMapped) - Math.floor(mean / 8);
}

/** The Rice parameter that goes with it: the least whose 16-fold power reaches the mean. */
export function orderOfMean(mean: number): number {
  if (mean <= 16) return 0;
  if (mean < 0x40000000) return 32 - Math.clz32((mean - 1) >> 4);
  const scaled = Math.ceil(mean / 16) - 1;
  return scaled < 0x100000000 ? 32 - Math.clz32(scaled) : 64 - Math.clz32(Math.floor(scaled / 0x100000000));
}
