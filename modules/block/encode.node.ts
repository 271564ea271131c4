/** Packs columns of readings as a collector does: for tests, benches and the command line. */
import { BooleanEncoder } from './boolean-encoder';
import { DoubleEncoder } from './double-encoder';
import { IntegerEncoder } from './integer-encoder';
import { RecordEncoder } from './record-encoder';
import type { ColumnKind, EncoderOptions } from './types';

const encoders = {
  integer: IntegerEncoder,
  boolean: BooleanEncoder,
  double: DoubleEncoder,
  record: RecordEncoder,
};

/** One reading that is not on time. */
export interface StagedSlip {
  missed: number;
  late: number;
  duration: number;
}

export interface PackOptions extends Partial<Omit<EncoderOptions, 'sink'>> {
  start?: number;
  slips?: ReadonlyMap<number, StagedSlip>;
  /** Readings after which the open block is sealed, as a sync does. */
  sealEvery?: number;
}

export interface Packed {
  blocks: Uint8Array[];
  refused: number;
  ends: { sequence: number; readings: number; start: number; end: number }[];
}

export function pack(kind: ColumnKind, values: ArrayLike<unknown>, options: PackOptions = {}): Packed {
  const blocks: Uint8Array[] = [];
  const ends: Packed['ends'] = [];
  const encoder = new encoders[kind]({
    boot: options.boot ?? { counter: 12, random: 0x9f00c3a1 },
    stream: options.stream ?? 1,
    period: options.period ?? { numerator: 10, denominator: 1 },
    target: options.target ?? 512,
    sink: {
      block(bytes, length, sequence, readings, start, end) {
        blocks.push(bytes.slice(0, length));
        ends.push({ sequence, readings, start, end });
      },
    },
  });
  const staged = encoder.staged as { [index: number]: unknown };
  encoder.start(options.start ?? 1000);
  for (let index = 0; index < values.length; index += 1) {
    const slip = options.slips?.get(index);
    if (!encoder.accepts(values[index])) {
      encoder.refuse(slip?.missed ?? 0);
      continue;
    }
    if (slip) encoder.slip(encoder.count, slip.missed, slip.late, slip.duration);
    staged[encoder.count] = values[index];
    encoder.count += 1;
    if (encoder.count === encoder.capacity) while (!encoder.advance());
    if (options.sealEvery && (index + 1) % options.sealEvery === 0) encoder.seal();
  }
  encoder.seal();
  return { blocks, refused: encoder.refused, ends };
}
