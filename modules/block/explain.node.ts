/** Names every field of a block, where it lies, and what it says: for people, and for tests of what a block uses. */
import { BitReader } from './bit-reader';
import { BlockError } from './block-error';
import { decodeBlock } from './decoder';
import { firstBits, scaledMark } from './types';

export interface Field {
  /** First bit from the block's start, and how many. */
  bit: number;
  bits: number;
  name: string;
  value: string;
}

const predictors = ['level (leaky mean)', 'slope', 'filter (sign-sign LMS of 8 differences)', 'scaled, then'];

/** The fields of a block, in their order; a `BlockError` for bytes that are none. */
export function explainBlock(bytes: Uint8Array): Field[] | BlockError {
  const block = decodeBlock(bytes);
  if (block instanceof BlockError) return block;
  const words = new Int32Array(bytes.length / 4 + 1);
  new Uint8Array(words.buffer).set(bytes);
  const first = words[0]!;
  const slipWords = (first >> 6) & 1 ? (words[bytes.length / 4 - 2]! >>> 27) + 1 : 0;
  const slipStart = 8 * bytes.length - 32 - 32 * slipWords;
  const reader = new BitReader(words, firstBits, slipStart);
  const fields: Field[] = [];
  const add = (bit: number, bits: number, name: string, value: unknown) =>
    fields.push({ bit, bits, name, value: String(value) });
  const read = (name: string, value: unknown, say: (value: unknown) => string = String) => {
    const end = reader.position;
    add(at, end - at, name, say(value));
    at = end;
    return value as number;
  };
  let at = firstBits;
  add(0, 4, 'version', first & 15);
  add(4, 2, 'kind', block.kind);
  add(6, 1, 'slips', (first >> 6) & 1);
  add(7, 15, 'readings', block.count);
  read('stream', reader.number());
  read('boot counter', reader.number());
  read('boot random', reader.take(32), (value) => (value as number).toString(16).padStart(8, '0'));
  read('sequence number', reader.number());
  const { denominator, numerator } = block.period;
  read(
    'base',
    reader.number(),
    (value) => `${value} / ${denominator} ms = ${(value as number) / denominator} ms`,
  );
  read('period, numerator', reader.number());
  read(
    'period, denominator less one',
    reader.number(),
    (value) => `${value}: ${numerator}/${denominator} ms, ${(1000 * denominator) / numerator} Hz`,
  );
  if (block.kind === 'integer') {
    const name = (value: unknown) => predictors[value as number]!;
    let predictor = read('predictor', reader.take(2), name);
    if (predictor === scaledMark) {
      read('step', reader.number());
      read('offset', reader.number());
      predictor = read('predictor', reader.take(2), name);
    }
    read('first Rice parameter', reader.take(5));
    read('first', reader.number(), (value) => {
      const mapped = value as number;
      return String(mapped % 2 ? -(mapped + 1) / 2 : mapped / 2);
    });
    if (predictor === 1) {
      if (read('gain, eighths', reader.take(4)) > 0) {
        read('brake, eighths', reader.take(4));
        read('threshold', reader.number());
      }
    } else {
      const shift = read('shift', reader.take(predictor === 0 ? 3 : 4));
      if (predictor === 2 && read('warm', reader.take(1)) === 1)
        for (let tap = 0; tap < 8; tap += 1)
          read(`weight ${tap}`, reader.take(shift + 3), (value) => {
            const weight = ((value as number) << (29 - shift)) >> (29 - shift);
            return `${weight} = ${(weight / 2 ** shift).toFixed(3)}`;
          });
    }
  }
  const values = Array.from(block.values as ArrayLike<unknown>, (value) => JSON.stringify(value));
  const shown = values.length > 12 ? [...values.slice(0, 8), '…', ...values.slice(-3)] : values;
  add(
    at,
    slipStart - at,
    'values',
    `${shown.join(' ')} (${((slipStart - at) / block.count).toFixed(2)} bits each)`,
  );
  for (const slip of block.slips)
    add(
      slipStart,
      32 * slipWords,
      'slip',
      `readings ${slip.index}…${slip.index + slip.run - 1}: ${slip.missed} missed before, ${slip.late} ms late, took ${slip.duration} ms`,
    );
  const check = new DataView(words.buffer).getUint32(bytes.length - 4, true);
  add(8 * bytes.length - 32, 32, 'check', `${check.toString(16).padStart(8, '0')} (CRC-32C, holds)`);
  return fields;
}
