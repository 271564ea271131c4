/**
 * What an encoder remembers between its flushes lies in 32-bit words before its block, in the same buffer: four
 * bytes a number where a property takes sixteen. Here is what does not fit one.
 */

/** Words of a wide number. */
export const wideWords = 2;

/** Keeps an integer 0 … 2⁵³ − 1 in two words. */
export function putWide(words: Int32Array, at: number, value: number): void {
  words[at] = value;
  words[at + 1] = value < 0x100000000 ? 0 : Math.floor(value / 0x100000000);
}

export function wideAt(words: Int32Array, at: number): number {
  const high = words[at + 1]!;
  const low = words[at]! >>> 0;
  return high === 0 ? low : high * 0x100000000 + low;
}
