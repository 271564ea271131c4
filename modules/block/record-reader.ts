/**
 * Reads records value by value: the mirror of the record encoder.
 *
 * Holds: the depth of a record costs no stack (an ESP32-C3 has 384 slots of it), and what is made of a record is up to
 * whoever reads.
 */
import type { BitReader } from './bit-reader';
import { NumberReader, stateLength } from './number-reader';
import { decodeText, maximumDepth, maximumNodes, maximumSchemas, maximumValues, NodeType } from './schema';

/** A shape: its nodes, each followed by what lies in it. */
export class ReadShape {
  readonly types: Uint8Array;
  /** By node: how much lies in it, of an object or an array. */
  readonly counts: Uint8Array;
  /** By node: its key in the object that it lies in; none elsewhere. */
  readonly keys: (string | undefined)[] = [];
  /** By node: its last text; none of what is no text. */
  readonly texts: (string | undefined)[] = [];
  /** What the codes of its numbers depend on, one number after the other. */
  readonly states: Float64Array;

  /** Sets `exhausted` when the bits are no shape. */
  constructor(reader: BitReader) {
    const { keys, texts } = this;
    const types = new Uint8Array(maximumNodes);
    const counts = new Uint8Array(maximumNodes);
    // By depth: what is still to come of the branch that is open there, and whether it is an object.
    const left = new Uint8Array(maximumDepth + 1);
    let objects = 0;
    let depth = 0;
    let node = 0;
    let numbers = 0;
    do {
      if (depth > 0) {
        left[depth]! -= 1;
        if ((objects >> depth) & 1) keys[node] = readText(reader);
      }
      const type = reader.take(3) as NodeType;
      if (type > NodeType.array || node === maximumNodes) reader.exhausted = true;
      if (reader.exhausted) break;
      types[node] = type;
      if (type === NodeType.number) numbers += 1;
      else if (type === NodeType.string) texts[node] = '';
      else if (type >= NodeType.object) {
        const count = reader.take(8);
        counts[node] = count;
        if (count > 0) {
          if (depth === maximumDepth) {
            reader.exhausted = true;
            break;
          }
          depth += 1;
          left[depth] = count;
          objects = type === NodeType.object ? objects | (1 << depth) : objects & ~(1 << depth);
        }
      }
      node += 1;
      while (depth > 0 && left[depth] === 0) depth -= 1;
    } while (depth > 0);
    this.types = types.slice(0, node);
    this.counts = counts.slice(0, node);
    this.states = new Float64Array(stateLength * numbers);
    const first = new NumberReader();
    for (let at = 0; at < this.states.length; at += stateLength) first.putAside(this.states, at);
  }
}

export class RecordReader {
  /** Of the record that was read last. */
  shape!: ReadShape;
  /** Its values by node; undefined of objects and arrays. */
  readonly values: unknown[] = [];
  private readonly reader: BitReader;
  private readonly numbers = new NumberReader();
  private readonly shapes: ReadShape[] = [];
  /** Nodes that may yet come. */
  private nodes = maximumValues;

  constructor(reader: BitReader) {
    this.reader = reader;
  }

  /** Goes to the next record. @returns whether the bits are one: if not, `exhausted` of the reader is set */
  next(): boolean {
    const { reader, shapes, values } = this;
    const isFirst = shapes.length === 0;
    if (isFirst || reader.take(1) === 0) {
      const number = isFirst ? 0 : reader.take(4);
      if (number === shapes.length && number < maximumSchemas) shapes.push(new ReadShape(reader));
      if (number >= shapes.length) reader.exhausted = true;
      if (reader.exhausted) return false;
      this.shape = shapes[number]!;
    }
    const { numbers } = this;
    const { types, states, texts } = this.shape;
    const { length } = types;
    let at = 0;
    this.nodes -= length;
    if (this.nodes < 0) reader.exhausted = true;
    for (let node = 0; node < length && !reader.exhausted; node += 1)
      switch (types[node]) {
        case NodeType.number:
          numbers.resume(states, at);
          values[node] = numbers.read(reader);
          numbers.putAside(states, at);
          at += stateLength;
          break;
        case NodeType.boolean:
          values[node] = reader.take(1) === 1;
          break;
        case NodeType.string:
          if (reader.take(1) === 0) texts[node] = readText(reader);
          values[node] = texts[node];
          break;
        case NodeType.null:
          values[node] = null;
          break;
        default:
          values[node] = undefined;
      }
    return !reader.exhausted;
  }
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
