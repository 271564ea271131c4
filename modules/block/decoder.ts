/**
 * Decodes a block. Total: any bytes either give a block or an error with code and offset; the memory taken is
 * bounded by the format's `maximumReadings`. Values come out as typed arrays; times and rows only when asked.
 */
import { BitReader } from './bit-reader';
import { BlockError, type BlockErrorCode } from './block-error';
import { check } from './check';
import { type BootId, type ColumnKind, formatVersion, kinds, type Period } from './types';

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

/** @param offset where the block starts in `bytes` @param length its length, to the end of `bytes` if left out */
export function decodeBlock(
  bytes: Uint8Array,
  offset = 0,
  length: number = bytes.length - offset,
): DecodedBlock | BlockError {
  const fail = (code: BlockErrorCode, at: number) => new BlockError(code, at);
  if (!(length >= 18) || length & 1 || length > 0xffff || offset < 0 || offset + length > bytes.length)
    return fail('short', offset + Math.max(0, length));
  const end = offset + length;
  const crc = check(bytes, offset, length - 4);
  if (
    (crc & 0xffff) !== (bytes[end - 4]! | (bytes[end - 3]! << 8)) ||
    crc >>> 16 !== (bytes[end - 2]! | (bytes[end - 1]! << 8))
  )
    return fail('check', end - 4);
  const first = bytes[offset]!;
  if (first >> 4 !== formatVersion) return fail('version', offset);
  const kind = kinds[first & 15];
  if (kind === undefined) return fail('head', offset);
  const tail = bytes[end - 6]! | (bytes[end - 5]! << 8);
  const count = tail & 0x7fff;
  let valuesEnd = end - 6;
  if (count === 0) return fail('head', valuesEnd);

  const reader = new BitReader(bytes, offset + 1, valuesEnd);
  const stream = reader.varint();
  const boot: BootId = { counter: reader.varint(), random: reader.take(32) };
  const sequence = reader.varint();
  const base = reader.varint();
  const ratio = reader.varint();
  const period = { numerator: Math.floor(ratio / 2), denominator: ratio % 2 === 1 ? reader.varint() : 1 };
  if (reader.exhausted || period.numerator < 1 || period.denominator < 1)
    return fail('head', reader.position >> 3);

  let slips: Slip[] = [];
  if (tail & 0x8000) {
    const entries = bytes[end - 8]!;
    const start = end - 8 - 2 * bytes[end - 7]!;
    valuesEnd = start;
    if (start < reader.position >> 3) return fail('slips', end - 8);
    const decoded = decodeSlips(new BitReader(bytes, start, end - 8), entries, count);
    if (decoded === undefined) return fail('slips', start);
    slips = decoded;
  }
  reader.end = valuesEnd;

  const values = decodeIntegers(reader, count);
  if (reader.exhausted) return fail('values', valuesEnd);
  return new DecodedBlock(kind, stream, boot, sequence, count, base, period, slips, values, length);
}

function decodeSlips(reader: BitReader, entries: number, count: number): Slip[] | undefined {
  const slips: Slip[] = [];
  let end = 0;
  let order = 4;
  let late = 0;
  let duration = 0;
  for (let entry = 0; entry < entries; entry += 1) {
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

function decodeIntegers(reader: BitReader, count: number): Int32Array {
  const values = new Int32Array(count);
  let previous = 0;
  let mean = 256;
  for (let index = 0; index < count; index += 1) {
    let order = 0;
    for (let rest = mean >> 4; rest > 1; rest >>= 1) order += 1;
    if (order > 10) order = 10;
    const low = reader.take(order);
    const quotient = reader.unary(16 - order);
    const mapped = quotient < 16 - order ? low | (quotient << order) : reader.take(32);
    mean += Math.min(mapped >>> 0, 0xffff) - (mean >> 4);
    previous = (previous + ((mapped >>> 1) ^ -(mapped & 1))) | 0;
    values[index] = previous;
  }
  return values;
}
