/**
 * The bits on flash, as flash-layout/SPEC.md gives them: sector headers and record headers, little-endian words.
 * Both processors that run this, and every desktop, are little-endian, so words are read as they lie. They are read
 * with a sign, because XS keeps what is beyond 31 bits as a double: where one may be larger, `>>> 0` makes it a u32.
 */
/** Erase unit and program unit of SPI NOR flash, in bytes. */
export const sectorBytes = 4096;
export const pageBytes = 256;
export const pagesPerSector = 16;

export const sectorHeaderBytes = 44;
export const recordHeaderBytes = 32;
/** Bytes of a record without its header, at most. */
export const maximumBlock = 512;
export const maximumRecord = recordHeaderBytes + maximumBlock;

/** Retired sectors that the list on flash names at most; more are found anew in each boot. */
export const listCapacity = 120;

/** "SLF" and the version of this format. */
export const magic = 0x01464c53;
const version = magic >>> 24;

/** Where a record would begin: the rest of the page is blank. */
export const blank = -1;

/** In place of a stream's number (0xFFFFFFFF): the record is the list of retired sectors. */
export const listStream = -1;
/** In place of a stream's number (0xFFFFFFFE): the record names blocks of earlier boots that are acknowledged. */
export const acknowledgementStream = -2;
export const acknowledgementBytes = 16;

// Words of a sector header.
export const headerMagic = 0;
export const headerEpoch = 1;
export const headerBootCounter = 2;
export const headerBootRandom = 3;
export const headerErases = 4;
/** Least and most erases among the sectors opened in this lap around the partition, then in the lap before. */
export const headerLapMinimum = 5;
export const headerLapMaximum = 6;
export const headerPreviousMinimum = 7;
export const headerPreviousMaximum = 8;
/** Offset in the sector at which the first record begins (16 bits); what is before belongs to the sector before. */
export const headerFirstRecord = 9;
/** In the same word: the sector before was left out in this lap. */
export const leftOutBefore = 0x10000;
export const headerCheck = 10;

// Words of a record header.
/** Length (16 bits), readings (16 bits). */
export const recordSize = 0;
export const recordSequence = 1;
export const recordStream = 2;
/** Readings of all blocks of the stream before this one, modulo 2³². */
export const recordReadingsBefore = 3;
/** Bytes of the same, modulo 2²⁴, and above them the lower 8 bits of the depth: how many blocks its ring stored before it. */
export const recordBytesBefore = 4;
/** Start in whole milliseconds of the boot: 32 bits here, 8 more in the next word. */
export const recordStartLow = 5;
/** Start (8 bits), depth (upper 8 bits), check (16 bits). */
export const recordStartHighAndCheck = 6;
/** Milliseconds from start to end, at most 2³² − 1. */
export const recordDuration = 7;

export const bytesModulus = 0x1000000;

/** When the block of the record header at word `word` begins, in milliseconds of its boot. */
export function recordStart(words: Int32Array, word: number): number {
  const low = words[word + recordStartLow] >>> 0;
  const high = words[word + recordStartHighAndCheck] & 0xff;
  return high === 0 ? low : high * 4294967296 + low;
}

/** How many blocks the ring stored when it took in that of the record header at word `word`, itself left out. */
export function recordDepth(words: Int32Array, word: number): number {
  return (words[word + recordBytesBefore] >>> 24) | (words[word + recordStartHighAndCheck] & 0xff00);
}

/** Bytes that a record of a block of `length` bytes takes. */
export function recordBytes(length: number): number {
  return (recordHeaderBytes + length + 3) & ~3;
}

/** With a sign, as XS keeps what is beyond 31 bits as a double. */
const multiplier = 0x9e3779b1 | 0;

/**
 * A 32-bit sum of words. Each step is a bijection of the sum for a given word and of the word for a given sum, so
 * that damage within one word never passes unnoticed, and any other once in 2³² times. Half the cost of a CRC.
 */
export function sumOfWords(words: Int32Array, from: number, to: number, seed: number): number {
  let sum = seed;
  for (let word = from; word < to; word += 1) {
    sum = Math.imul(sum ^ words[word], multiplier);
    sum ^= sum >>> 15;
  }
  return sum;
}

/** Whether the sector header at `at` (a multiple of 4) is one of this format, whole and right. */
export function sectorHeaderIsRight(words: Int32Array, at: number): boolean {
  const word = at >> 2;
  return (
    words[word + headerMagic] === magic &&
    words[word + headerCheck] === sumOfWords(words, word, word + headerCheck, 0)
  );
}

/** Whether a sector header is whole and right, but of a later version: they all have magic and check where this one has. */
export function sectorHeaderIsLater(words: Int32Array, at: number): boolean {
  const word = at >> 2;
  return (
    ((words[word + headerMagic]! ^ magic) & 0xffffff) === 0 &&
    words[word + headerMagic]! >>> 24 > version &&
    words[word + headerCheck] === sumOfWords(words, word, word + headerCheck, 0)
  );
}

/**
 * The 16-bit check of a record header that begins at word `word`. Seeded with the boot's random number, so that it
 * keeps records of different boots apart.
 */
export function recordCheck(words: Int32Array, word: number, seed: number): number {
  let sum = sumOfWords(words, word, word + recordStartHighAndCheck, seed);
  sum = Math.imul(sum ^ (words[word + recordStartHighAndCheck] & 0xffff), multiplier);
  sum ^= sum >>> 15;
  sum = Math.imul(sum ^ words[word + recordDuration], multiplier);
  return (sum ^ (sum >>> 16)) & 0xffff;
}

/** Whether a record header of the boot with random number `seed` stands at byte `at`, a multiple of 4. */
export function recordHeaderIsRight(words: Int32Array, at: number, seed: number): boolean {
  const word = at >> 2;
  const length = words[word] & 0xffff;
  return (
    length >= 2 &&
    length <= maximumBlock &&
    words[word + recordStartHighAndCheck] >>> 16 === recordCheck(words, word, seed)
  );
}
