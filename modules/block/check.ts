/**
 * CRC-32C (Castagnoli, RFC 3720): every error of up to five bits is found in a block of 512 B, where the
 * older CRC-32 stops at four. It is taken over 32-bit words, four table reads a word, because the encoder
 * has its output in words anyway. The tables are plain arrays: half the cost of typed arrays to read in XS;
 * preloaded, they lie in flash and take no memory.
 */

/** CRC of a byte that is the last of its word, then of those that one, two and three bytes follow. */
export const check0: number[] = [];
export const check1: number[] = [];
export const check2: number[] = [];
export const check3: number[] = [];

for (let byte = 0; byte < 256; byte += 1) {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  check0.push(value | 0);
}
for (let byte = 0; byte < 256; byte += 1) {
  check1.push(following(check0[byte]!));
  check2.push(following(check1[byte]!));
  check3.push(following(check2[byte]!));
}

function following(value: number): number {
  return (value >>> 8) ^ check0[value & 255]!;
}

/**
 * The check of a block: CRC-32C of words 1 … `end` − 1, then of word 0, which the encoder knows last.
 * @returns a signed 32-bit integer
 */
export function checkOfWords(words: Int32Array, end: number): number {
  let crc = -1;
  for (let index = 1; index <= end; index += 1) {
    const mixed = crc ^ words[index < end ? index : 0]!;
    crc =
      check3[mixed & 255]! ^
      check2[(mixed >> 8) & 255]! ^
      check1[(mixed >> 16) & 255]! ^
      check0[mixed >>> 24]!;
  }
  return ~crc;
}

// A preloaded module may hold nothing that could still change: it lies in flash.
Object.freeze(check0);
Object.freeze(check1);
Object.freeze(check2);
Object.freeze(check3);
