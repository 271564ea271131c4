/** Decodes the columns that are not integers: the mirrors of the boolean, double and record encoders. */
import type { BitReader } from './bit-reader';
import { NumberReader } from './number-reader';
import { RecordReader } from './record-reader';
import { NodeType } from './schema';
import { runLengthOrder } from './types';

/*
 * Each fills `values` with as many of the `count` readings as fit, again and again, and yields how many those are;
 * it ends with `reader.exhausted` when the bits are not such a column.
 */

/** Levels as 0 and 1. */
export function* decodeBooleans(
  reader: BitReader,
  count: number,
  values: Uint8Array,
): Generator<number, void> {
  let level = reader.take(1);
  let mean = 0;
  let index = 0;
  for (let left = count; left > 0; level = 1 - level) {
    const rest = reader.rice(runLengthOrder(mean));
    if (reader.exhausted || rest >= left) {
      reader.exhausted = true;
      return;
    }
    mean += rest - (mean >> 3);
    left -= rest + 1;
    for (let equal = rest + 1; equal > 0; ) {
      const end = Math.min(index + equal, values.length);
      values.fill(level, index, end);
      equal -= end - index;
      index = end;
      if (index < values.length) continue;
      yield index;
      index = 0;
    }
  }
  if (index > 0) yield index;
}

export function* decodeDoubles(
  reader: BitReader,
  count: number,
  values: Float64Array,
): Generator<number, void> {
  const parts = new Uint32Array(values.buffer);
  const numbers = new NumberReader();
  let index = 0;
  for (let left = count; left > 0; left -= 1) {
    numbers.readInto(reader, parts, 2 * index);
    if (reader.exhausted) return;
    index += 1;
    if (index < values.length) continue;
    yield index;
    index = 0;
  }
  if (index > 0) yield index;
}

export function* decodeRecords(reader: BitReader, count: number, values: unknown[]): Generator<number, void> {
  const records = new RecordReader(reader);
  let index = 0;
  for (let read = 0; read < count; read += 1) {
    if (!records.next()) return;
    values[index] = recordOf(records, { next: 0 });
    index += 1;
    if (index < values.length) continue;
    yield index;
    index = 0;
  }
  if (index > 0) yield index;
}

// XS freezes functions and classes of what is preloaded, but not what generators inherit from.
for (const generator of [decodeBooleans, decodeDoubles, decodeRecords]) Object.freeze(generator.prototype);

/** What was read, from `at.next` down. */
function recordOf(records: RecordReader, at: { next: number }): unknown {
  const { shape, values } = records;
  const node = at.next;
  at.next += 1;
  let left = shape.counts[node]!;
  switch (shape.types[node]) {
    case NodeType.array: {
      const array: unknown[] = [];
      for (; left > 0; left -= 1) array.push(recordOf(records, at));
      return array;
    }
    case NodeType.object: {
      const object: Record<string, unknown> = {};
      for (; left > 0; left -= 1) {
        const key = shape.keys[at.next]!;
        const value = recordOf(records, at);
        // An own property, whatever its name.
        if (key === '__proto__')
          Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
        else object[key] = value;
      }
      return object;
    }
    default:
      return values[node];
  }
}
