/**
 * Finds a step that all of a number's decimals are multiples of, but for the first: as of a thermometer that counts in
 * sixteenths. What is known fits one integer of 31 bits, so that a device keeps it beside others: the greatest common
 * divisor of all differences, the power of ten that it is in (0 … 15), and how many differences there were. A wrong guess
 * costs some 50 bits of a block.
 */
import { powers } from './number-code';

/** Nothing yet; a divisor of 1 is: no step. */
export const nothingKnown = 0;

/** Differences that must agree, and as many as are counted. */
const enough = 24;
const mostCounted = 63;
/** A divisor has 20 bits. */
const mostDivisor = 0xfffff;

const divisorAt = 10;
const exponentAt = 6;

/** What a difference, not 0, adds to what is known. @param difference of integers over 10^`exponent` */
export function learn(known: number, difference: number, exponent: number): number {
  let divisor = known >> divisorAt;
  let common = (known >> exponentAt) & 15;
  let other = Math.abs(difference);
  if (divisor === 0) common = exponent;
  else if (exponent > common) {
    divisor *= powers[exponent - common]!;
    common = exponent;
  } else other *= powers[common - exponent]!;
  // Euclid's. What is too great to be exact gives a wrong step at worst, which no value is taken by unlooked.
  while (other > 0) {
    const rest = divisor % other;
    divisor = other;
    other = rest;
  }
  if (divisor > mostDivisor) return nothingKnown;
  const counted = known & mostCounted;
  return (divisor << divisorAt) | (common << exponentAt) | (counted < mostCounted ? counted + 1 : counted);
}

/** Whether there is no step in this block. */
export function isSettled(known: number): boolean {
  return known >> divisorAt === 1;
}

/** What is known in the next block: nothing is held against a signal for ever. */
export function forgive(known: number): number {
  return isSettled(known) ? nothingKnown : known;
}

/** 1: none that is believed in. */
export function stepOf(known: number): number {
  return (known & mostCounted) >= enough ? known >> divisorAt : 1;
}

/** The power of ten that the step is in. */
export function placesOf(known: number): number {
  return (known >> exponentAt) & 15;
}
