/** Decodes the columns that are not integers: the mirrors of the boolean, double and record encoders. */
import type { BitReader } from './bit-reader';
import { NumberReader } from './number-reader';
import { decodeText, maximumDepth, maximumNodes, maximumSchemas, maximumValues, NodeType } from './schema';
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

/** A shape, with what its leaves' codes depend on. `size`: nodes from here down. */
type Node =
  | { type: typeof NodeType.number; size: 1; numbers: NumberReader }
  | { type: typeof NodeType.boolean | typeof NodeType.null; size: 1 }
  | { type: typeof NodeType.string; size: 1; text: string }
  | Branch;
interface Branch {
  type: typeof NodeType.object | typeof NodeType.array;
  size: number;
  children: Node[];
  /** None in an array. */
  keys: string[];
}

export function* decodeRecords(reader: BitReader, count: number, values: unknown[]): Generator<number, void> {
  const schemas: Node[] = [];
  let current = 0;
  let nodes = maximumValues;
  let index = 0;
  for (let read = 0; read < count; read += 1) {
    if (read === 0 || reader.take(1) === 0) {
      current = read === 0 ? 0 : reader.take(4);
      if (current === schemas.length && current < maximumSchemas) {
        const schema = readSchema(reader, 0, { left: maximumNodes });
        if (schema !== undefined) schemas.push(schema);
      }
    }
    nodes -= schemas[current]?.size ?? Number.POSITIVE_INFINITY;
    if (nodes < 0) reader.exhausted = true;
    else values[index] = readValue(reader, schemas[current]!);
    if (reader.exhausted) return;
    index += 1;
    if (index < values.length) continue;
    yield index;
    index = 0;
  }
  if (index > 0) yield index;
}

// XS freezes functions and classes of what is preloaded, but not what generators inherit from.
for (const generator of [decodeBooleans, decodeDoubles, decodeRecords]) Object.freeze(generator.prototype);

function readSchema(reader: BitReader, depth: number, nodes: { left: number }): Node | undefined {
  const type = reader.take(3) as NodeType;
  nodes.left -= 1;
  if (type > NodeType.array || reader.exhausted || depth > maximumDepth || nodes.left < 0) return undefined;
  switch (type) {
    case NodeType.number:
      return { type, size: 1, numbers: new NumberReader() };
    case NodeType.boolean:
    case NodeType.null:
      return { type, size: 1 };
    case NodeType.string:
      return { type, size: 1, text: '' };
  }
  const node: Branch = { type, size: 1, children: [], keys: [] };
  for (let left = reader.take(8); left > 0; left -= 1) {
    if (type === NodeType.object) node.keys.push(readText(reader));
    const child = readSchema(reader, depth + 1, nodes);
    if (child === undefined) return undefined;
    node.children.push(child);
    node.size += child.size;
  }
  return node;
}

function readText(reader: BitReader): string {
  const length = reader.number();
  if (reader.exhausted || 8 * length > reader.end - reader.position) {
    reader.exhausted = true;
    return '';
  }
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) bytes[index] = reader.take(8);
  return decodeText(bytes);
}

function readValue(reader: BitReader, node: Node): unknown {
  switch (node.type) {
    case NodeType.number:
      return node.numbers.read(reader);
    case NodeType.boolean:
      return reader.take(1) === 1;
    case NodeType.string:
      if (reader.take(1) === 0) node.text = readText(reader);
      return node.text;
    case NodeType.null:
      return null;
    case NodeType.array:
      return node.children.map((child) => readValue(reader, child));
    case NodeType.object: {
      const object: Record<string, unknown> = {};
      node.children.forEach((child, index) => {
        const key = node.keys[index]!;
        const value = readValue(reader, child);
        // An own property, whatever its name.
        if (key === '__proto__')
          Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
        else object[key] = value;
      });
      return object;
    }
  }
}
