/**
 * What an encoder remembers between its flushes lies in 32-bit words before its block, in the same buffer: four
 * bytes a number where a property takes sixteen. Integers are words as they are; here is what does not fit one.
 */

/** Words of a wide number. */
export const wideWords = 2;

/** One number as a float, and its bits. All encoders use it, for a moment. Made at the first use, since what is preloaded cannot change. */
let float: Float32Array | undefined;
let bits: Int32Array | undefined;

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

/** Keeps a number in a word, in IEEE 754 binary32. */
export function putFloat(words: Int32Array, at: number, value: number): void {
  float ??= new Float32Array(1);
  bits ??= new Int32Array(float.buffer);
  float[0] = value;
  words[at] = bits[0]!;
}

export function floatAt(words: Int32Array, at: number): number {
  float ??= new Float32Array(1);
  bits ??= new Int32Array(float.buffer);
  bits[0] = words[at]!;
  return float[0]!;
}
