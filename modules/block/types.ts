/** The words that the encoders, the decoder and their users share. */

/** What one reading of a column is. The number is the kind's code in a block's first byte. */
export const kinds = Object.freeze(['integer', 'boolean', 'double', 'record'] as const);
export type ColumnKind = (typeof kinds)[number];

/** Drawn at every start of a device: a counter kept in flash and 32 random bits. */
export interface BootId {
  counter: number /* 0 … 2³² − 1 */;
  random: number /* 0 … 2³² − 1 */;
}

/** An exact period in milliseconds: `numerator / denominator`. 360 Hz is 25/9. */
export interface Period {
  numerator: number;
  denominator: number;
}

/** Takes each block as it is complete. `bytes` is the encoder's own buffer: copy what is kept. */
export interface BlockSink {
  /** @param start when the first reading was requested @param end when the last one was received (ms) */
  block(
    bytes: Uint8Array,
    length: number,
    sequence: number,
    readings: number,
    start: number,
    end: number,
  ): void;
}

export interface EncoderOptions {
  boot: BootId;
  stream: number;
  period: Period;
  /** Bytes that no block exceeds, check included: 64 … 65,535. */
  target: number;
  sink: BlockSink;
}

export const formatVersion = 1;
/** Of blocks in which decimals have a step. */
export const steppedVersion = 2;

/** Bits of word 0 that are known when a block closes: version, kind, whether there are slips, count. The head follows. */
export const firstBits = 22;

/** Readings that one block holds at most. */
export const maximumReadings = 0x7fff;

/** Zeros of a Rice code that mean: the quotient follows as a length and bits. */
export const escapeQuotient = 12;

/** Greatest Rice parameter of integers: a code without escape fits 31 bits. */
export const maximumOrder = 19;

/** Quiet readings (mean of the mapped residuals below one) after which a run of equal ones may begin. */
export const quietReadings = 64;

/** How a block of integers predicts. */
export const Predictor = Object.freeze({ level: 0, slope: 1, filter: 2 } as const);

/**
 * Below this mean most residuals are zero, and two zeros take one bit. Not with the filter: it is for signals that
 * are seldom so still.
 */
export function quietBelow(predictor: number, pace: number): number {
  return predictor === Predictor.filter ? 0 : (5 << pace) >> 2;
}

/** What a residual adds to the mean at most while two zeros take one bit. */
export const mostQuiet = 16;

/** Stands before a predictor: values are multiples of a step. */
export const scaledMark = 3;

/**
 * The Rice parameter follows a mean of the last 2^pace mapped residuals or so: of more where a slow mean predicts,
 * because what is noise around a value changes little.
 */
export function paceOf(predictor: number, shift: number): number {
  return predictor === Predictor.level && shift > 3 ? 4 : 3;
}

/** Differences that the filter sees. */
export const filterTaps = 8;

/** Rice parameter of a run's length; after a run shorter than this, residuals follow again. */
export const runOrder = 4;
export const shortRun = 8;

/** Rice parameter of a run of levels, from 8 times the mean of the runs' lengths less one. */
export function runLengthOrder(mean: number): number {
  let order = 0;
  while (order < 15 && mean > 16 << order) order += 1;
  return order;
}

/** 2⁰ … 2⁵³. The operator `**` takes an ESP32 20,000 instructions. */
export const powersOfTwo: number[] = [1];
while (powersOfTwo.length < 54) powersOfTwo.push(powersOfTwo.at(-1)! * 2);
Object.freeze(powersOfTwo);
