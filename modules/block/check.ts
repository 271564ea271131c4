/**
 * CRC-32C (Castagnoli, RFC 3720): every error of up to five bits is found in a block of 512 B, where the
 * older CRC-32 stops at four. It is taken over 16-bit words, two table reads a word, because the
 * encoder has its output in words anyway. Tables are plain arrays: dearer in flash, but half the cost of
 * typed arrays to read in XS; preloaded, they take no memory at run time.
 */

/** Table of a byte that is the last of a word. */
export const checkHigh: number[] = [];
/** Table of a byte that another one follows in its word. */
export const checkLow: number[] = [];

for (let byte = 0; byte < 256; byte += 1) {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  checkHigh.push(value | 0);
}
for (let byte = 0; byte < 256; byte += 1)
  checkLow.push(((checkHigh[byte]! >>> 8) ^ checkHigh[checkHigh[byte]! & 255]!) | 0);

/** The CRC-32C of `length` bytes (even), as a signed 32-bit integer. */
export function check(bytes: Uint8Array, offset: number, length: number): number {
  let crc = -1;
  const end = offset + length;
  for (let index = offset; index < end; index += 2) {
    crc =
      (crc >>> 16) ^
      checkLow[(crc ^ bytes[index]!) & 255]! ^
      checkHigh[((crc >>> 8) ^ bytes[index + 1]!) & 255]!;
  }
  return ~crc;
}
