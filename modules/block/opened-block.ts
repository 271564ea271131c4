/**
 * A block whose check and head are read, and whose readings come out in portions of bounded memory: a device cannot
 * hold the 32,767 readings of a quiet pin at once. `decoder.ts` takes all in one portion.
 */
import { BitReader } from './bit-reader';
import { BlockError, type BlockErrorCode } from './block-error';
import { checkOfWords } from './check';
import { decodeBooleans, decodeDoubles, decodeRecords } from './decode-columns';
import { decodeIntegers } from './decode-integers';
import { RecordReader } from './record-reader';
import {
  type BootId,
  type ColumnKind,
  firstBits,
  formatVersion,
  kinds,
  maximumReadings,
  type Period,
  steppedVersion,
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

/** Integers, levels as 0 and 1, doubles, or records as objects. */
export type Column = Int32Array | Uint8Array | Float64Array | unknown[];

export class OpenedBlock {
  private readonly reader: BitReader;
  private readonly slipReader: BitReader;

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
    /** Bytes of the whole block. */
    readonly length: number,
    reader: BitReader,
    slipReader: BitReader,
  ) {
    this.reader = reader;
    this.slipReader = slipReader;
  }

  /** What `portions` may fill with up to `capacity` readings. */
  column(capacity: number): Column {
    switch (this.kind) {
      case 'integer':
        return new Int32Array(capacity);
      case 'boolean':
        return new Uint8Array(capacity);
      case 'double':
        return new Float64Array(capacity);
      case 'record':
        return new Array<unknown>(capacity);
    }
  }

  /**
   * Fills `values`, of `column`, again and again, and yields how many readings it holds. Once only. The bits are
   * wrong when it is done and `damage` is set.
   */
  portions(values: Column): Generator<number, void> {
    const { kind, reader, count } = this;
    switch (kind) {
      case 'integer':
        return decodeIntegers(reader, count, values as Int32Array);
      case 'boolean':
        return decodeBooleans(reader, count, values as Uint8Array);
      case 'double':
        return decodeDoubles(reader, count, values as Float64Array);
      case 'record':
        return decodeRecords(reader, count, values as unknown[]);
    }
  }

  /** The readings of a block of records, one by one, instead of `portions`. Once only. */
  records(): RecordReader {
    return new RecordReader(this.reader);
  }

  /** Yields them in order, once only; one object for all of them, so copy what is kept. */
  *slips(): Generator<Slip, void> {
    const { slipReader: reader, count } = this;
    const slip: Slip = { index: 0, missed: 0, late: 0, duration: 0, run: 0 };
    let end = 0;
    let order = 4;
    while (reader.position < reader.end && reader.take(1) === 1) {
      const gap = reader.gamma() * 2 ** order + reader.take(order);
      slip.missed = reader.gamma();
      slip.late += unzigzag(reader.gamma());
      slip.duration += unzigzag(reader.gamma());
      slip.run = reader.gamma() + 1;
      slip.index = end + gap;
      end = slip.index + slip.run;
      if (end > count) reader.exhausted = true;
      if (reader.exhausted) return;
      yield slip;
      order = gap === 0 ? 0 : 31 - Math.clz32(gap);
    }
  }

  /** What was found wrong beyond the head, and at which byte of the block. */
  get damage(): { code: BlockErrorCode; at: number } | undefined {
    if (this.slipReader.exhausted) return { code: 'slips', at: this.reader.end >> 3 };
    if (this.reader.exhausted) return { code: 'values', at: this.reader.position >> 3 };
    return undefined;
  }
}

/**
 * When the readings of a block were requested and received, ms of the device's monotonic clock: fills both again and
 * again, and yields how many they hold.
 */
export function* timesOf(
  { base, count, period }: { base: number; count: number; period: Period },
  slips: Iterable<Slip>,
  requested: Float64Array,
  received: Float64Array,
): Generator<number, void> {
  const { numerator, denominator } = period;
  const iterator = slips[Symbol.iterator]();
  let slip: Slip | undefined = iterator.next().value;
  let from = slip ? slip.index : count;
  let until = -1;
  let late = 0;
  let duration = 0;
  let tick = 0;
  let index = 0;
  // Without a fraction to be rounded a tick is a sum: XS multiplies and divides doubles slowly. Of what may be rounded all
  // the same, as a forged block's, a sum is another number than the product.
  let whole = denominator === 1 && base + count * numerator <= Number.MAX_SAFE_INTEGER;
  let onTime = base;
  for (let reading = 0; reading < count; reading += 1, tick += 1, onTime += numerator) {
    if (reading === until) {
      late = duration = 0;
      slip = iterator.next().value;
      from = slip ? slip.index : count;
    }
    if (slip && reading === from) {
      tick += slip.missed;
      onTime = base + tick * numerator;
      whole = whole && onTime + count * numerator <= Number.MAX_SAFE_INTEGER;
      ({ late, duration } = slip);
      until = reading + slip.run;
    }
    const time = (whole ? onTime : Math.ceil((base + tick * numerator) / denominator)) + late;
    requested[index] = time;
    received[index] = time + duration;
    index += 1;
    if (index < requested.length) continue;
    yield index;
    index = 0;
  }
  if (index > 0) yield index;
}

// As in `decode-columns.ts`.
Object.freeze(timesOf.prototype);
Object.freeze(OpenedBlock.prototype.slips.prototype);

/**
 * Total: any bytes give a block or an error with code and offset.
 * @param offset where the block starts in `bytes` @param length its length, to the end of `bytes` if left out
 */
export function openBlock(
  bytes: Uint8Array,
  offset = 0,
  length: number = bytes.length - offset,
): OpenedBlock | BlockError {
  const fail = (code: BlockErrorCode, at: number) => new BlockError(code, offset + at);
  if (!(length >= 16) || length % 4 !== 0 || length > 0xffff || offset < 0 || offset + length > bytes.length)
    return fail('short', Math.max(0, length || 0));
  const wordCount = length >> 2;
  // One word more, so that a read across the last word's end stays inside.
  const words = new Int32Array(wordCount + 1);
  new Uint8Array(words.buffer).set(bytes.subarray(offset, offset + length));
  if (checkOfWords(words, wordCount - 1) !== words[wordCount - 1]) return fail('check', length - 4);

  const first = words[0]!;
  const version = first & 15;
  if (version !== formatVersion && version !== steppedVersion) return fail('version', 0);
  const kind = kinds[(first >> 4) & 3]!;
  const count = (first >> 7) & maximumReadings;
  if (count === 0) return fail('head', 0);
  // The count of their words stands in the last bits of the last.
  const slipWords = (first >> 6) & 1 ? (words[wordCount - 2]! >>> 27) + 1 : 0;
  if (slipWords > wordCount - 3) return fail('slips', length - 8);

  const slipStart = 32 * (wordCount - 1 - slipWords);
  const reader = new BitReader(words, firstBits, slipStart, version);
  const stream = reader.number();
  const boot: BootId = { counter: reader.number(), random: reader.take(32) };
  const sequence = reader.number();
  const base = reader.number();
  const period = { numerator: reader.number(), denominator: reader.number() + 1 };
  if (reader.exhausted || period.numerator < 1) return fail('head', reader.position >> 3);
  const slipEnd = slipWords > 0 ? 32 * (wordCount - 1) - 5 : slipStart;
  const slipReader = new BitReader(words, slipStart, slipEnd);
  return new OpenedBlock(kind, stream, boot, sequence, count, base, period, length, reader, slipReader);
}

function unzigzag(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
}
