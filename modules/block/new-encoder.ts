/** The encoder of a kind of readings. */
import { BooleanEncoder } from './boolean-encoder';
import { DoubleEncoder } from './double-encoder';
import { IntegerEncoder } from './integer-encoder';
import { RecordEncoder } from './record-encoder';
import type { ColumnKind, EncoderOptions } from './types';

export function newEncoder(
  kind: ColumnKind,
  options: EncoderOptions,
): BooleanEncoder | DoubleEncoder | IntegerEncoder | RecordEncoder {
  switch (kind) {
    case 'integer':
      return new IntegerEncoder(options);
    case 'boolean':
      return new BooleanEncoder(options);
    case 'double':
      return new DoubleEncoder(options);
    case 'record':
      return new RecordEncoder(options);
  }
}
