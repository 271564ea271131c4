/**
 * Decodes a block. Total: any bytes either give a block or an error with code and offset; the memory taken is
 * bounded by the format's `maximumReadings`. Values come out as typed arrays; times and rows only when asked.
 */
import { BitReader } from './bit-reader';
import { BlockError, type BlockErrorCode } from './block-error';
import { checkOfWords } from './check';
import { decodeBooleans, decodeDoubles, decodeRecords } from './decode-columns';
import { decodeIntegers } from './decode-integers';
import {
  type BootId,
  type ColumnKind,
  firstBits,
  formatVersion,
  kinds,
  maximumReadings,
  type Period,
} from './types';

/** Readings `index` … `index + run − 1` are `late` ms behind their ticks and took `duration` ms. */
export interface Slip {
  index: number;
  /** Whole periods skipped before the first of them. */
  missed: number;
  late: number;
  duration: number;
  run: number;
}

export interface Times {
  /** When each reading was requested and received, ms of the device's monotonic clock. */
  requested: Float64Array;
  received: Float64Array;
}

export class DecodedBlock {
  constructor(
    readonly kind: ColumnKind,
    readonly stream: number,
    readonly boot: BootId,
    readonly sequence: number,
    /** Readings in the block. */
    readonly count: number,
    /** The first reading's tick, in units of 1 / `period.denominator` ms. */
    readonly base: number,
    readonly period: Period,
    readonly slips: readonly Slip[],
    /** The column: integers, levels as 0 and 1, doubles, or records as objects. */
    readonly values: Int32Array | Uint8Array | Float64Array | unknown[],
    /** Bytes of the whole block. */
    readonly length: number,
  ) {}

  times(): Times {
    const { base, count, slips } = this;
    const { numerator, denominator } = this.period;
    const requested = new Float64Array(count);
    const received = new Float64Array(count);
    let tick = 0;
    let index = 0;
    for (let slip = 0; slip <= slips.length; slip += 1) {
      const { index: next = count, missed = 0, late = 0, duration = 0, run = 0 } = slips[slip] ?? {};
      for (; index < next; index += 1, tick += 1)
        requested[index] = received[index] = Math.ceil((base + tick * numerator) / denominator);
      tick += missed;
      for (const end = next + run; index < end; index += 1, tick += 1) {
        requested[index] = Math.ceil((base + tick * numerator) / denominator) + late;
        received[index] = requested[index]! + duration;
      }
    }
    return { requested, received };
  }

  /** Row by row: an object a reading. Levels are booleans here. */
  *readings(): Generator<{ requested: number; received: number; value: unknown }> {
    const { requested, received } = this.times();
    for (let index = 0; index < this.count; index += 1) {
      const value = this.values[index];
      yield {
        requested: requested[index]!,
        received: received[index]!,
        value: this.kind === 'boolean' ? value === 1 : value,
      };
    }
  }
}

const columns = Object.freeze({
  integer: decodeIntegers,
  boolean: decodeBooleans,
  double: decodeDoubles,
  record: decodeRecords,
});

/** @param offset where the block starts in `bytes` @param length its length, to the end of `bytes` if left out */
export function decodeBlock(
  bytes: Uint8Array,
  offset = 0,
  length: number = bytes.length - offset,
): DecodedBlock | BlockError {
  const fail = (code: BlockErrorCode, at: number) => new BlockError(code, offset + at);
  if (!(length >= 20) || length % 4 !== 0 || length > 0xffff || offset < 0 || offset + length > bytes.length)
    return fail('short', Math.max(0, length || 0));
  const wordCount = length >> 2;
  // One word more, so that a read across the last word's end stays inside.
  const words = new Int32Array(wordCount + 1);
  new Uint8Array(words.buffer).set(bytes.subarray(offset, offset + length));
  if (checkOfWords(words, wordCount - 1) !== words[wordCount - 1]) return fail('check', length - 4);

  const first = words[0]!;
  if ((first & 15) !== formatVersion) return fail('version', 0);
  const kind = kinds[(first >> 4) & 3]!;
  const count = (first >> 7) & maximumReadings;
  if (count === 0) return fail('head', 0);
  // The count of their words stands in the last bits of the last.
  const slipWords = (first >> 6) & 1 ? (words[wordCount - 2]! >>> 27) + 1 : 0;
  if (slipWords > wordCount - 3) return fail('slips', length - 8);

  const slipStart = 32 * (wordCount - 1 - slipWords);
  const reader = new BitReader(words, firstBits, slipStart);
  const stream = reader.number();
  const boot: BootId = { counter: reader.number(), random: reader.take(32) };
  const sequence = reader.number();
  const base = reader.number();
  const period = { numerator: reader.number(), denominator: reader.number() + 1 };
  if (reader.exhausted || period.numerator < 1) return fail('head', reader.position >> 3);

  const slips = decodeSlips(
    new BitReader(words, slipStart, slipWords > 0 ? 32 * (wordCount - 1) - 5 : slipStart),
    count,
  );
  if (slips === undefined) return fail('slips', slipStart >> 3);
  const values = columns[kind](reader, count);
  if (values === undefined || reader.exhausted) return fail('values', reader.position >> 3);
  return new DecodedBlock(kind, stream, boot, sequence, count, base, period, slips, values, length);
}

function decodeSlips(reader: BitReader, count: number): Slip[] | undefined {
  const slips: Slip[] = [];
  let end = 0;
  let order = 4;
  let late = 0;
  let duration = 0;
  while (reader.position < reader.end && reader.take(1) === 1) {
    const gap = reader.gamma() * 2 ** order + reader.take(order);
    const missed = reader.gamma();
    late += unzigzag(reader.gamma());
    duration += unzigzag(reader.gamma());
    const run = reader.gamma() + 1;
    const index = end + gap;
    if (reader.exhausted || index + run > count) return undefined;
    slips.push({ index, missed, late, duration, run });
    order = gap === 0 ? 0 : 31 - Math.clz32(gap);
    end = index + run;
  }
  return slips;
}

function unzigzag(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
}
