/**
 * Encodes records: maps, lists, nested, of numbers, booleans, strings and nulls. A shape is written when it is
 * first seen in a block; then each reading is its leaves' values, every leaf coded against its own last one.
 *
 * A source that yields the same object each time keeps its keys, and yields another object when they change: the
 * same object's keys are looked up anew only every eighth block, so that readings of numbers and booleans leave no
 * garbage. A value without form in a block
 * (functions, symbols, BigInts, undefined) is written as null.
 */
import type { BlockWriter } from './block-writer';
import { Encoder } from './encoder';
import { NumberWriter } from './number-writer';
import {
  encodeText,
  maximumDepth,
  maximumNodes,
  maximumSchemas,
  maximumValues,
  NodeType,
  typeOf,
} from './schema';
import type { EncoderOptions } from './types';

const blocksPerLook = 8;

/** One node of a shape, with what its leaf's code depends on. */
class Node {
  keys: string[] = [];
  /** The keys in UTF-8: to look into a string costs memory. */
  keyBytes: Uint8Array[] = [];
  children: Node[] = [];
  /** The object that was enumerated last. */
  seen: unknown = undefined;
  text = '';
  /** Nodes from here down. */
  size = 1;
  numbers: NumberWriter | undefined;
  constructor(readonly type: NodeType) {
    if (type === NodeType.number) this.numbers = new NumberWriter();
  }
}

/** Thrown while a shape is made, and caught: it is too deep or has too many nodes. */
class TooLarge extends Error {}

export class RecordEncoder extends Encoder<unknown[]> {
  /** The block's shapes are the first `schemaCount` of these. */
  private schemas: Node[] = [];
  private schemaCount = 0;
  private current = 0;
  private nodes = 0;
  /** Nodes of the readings in the block. */
  private values = 0;
  private fresh = true;
  private opened = 0;
  private double = new Float64Array(1);
  private parts = new Uint32Array(this.double.buffer);
  private text: Uint8Array;

  constructor(options: EncoderOptions) {
    super(3, [undefined], options);
    this.text = new Uint8Array(options.target);
  }

  protected override open(): void {
    // What a block knows begins anew; shapes and their buffers are kept for the blocks to come.
    this.fresh = true;
    this.values = 0;
  }

  protected override encode(from: number, _to: number): number {
    const { staged, writer } = this;
    const record = staged[from];
    const { written, accumulator, pending, crc } = writer;
    if (this.fresh) this.keepShape(record);
    let chosen = this.find(record);
    let made = false;
    if (chosen < 0) {
      if (this.schemaCount === maximumSchemas) return from;
      const schema = this.make(record);
      if (schema === undefined) return from;
      chosen = this.schemaCount;
      this.schemas[chosen] = schema;
      this.schemaCount += 1;
      made = true;
    }
    const schema = this.schemas[chosen]!;
    if (this.values + schema.size > maximumValues) return from;
    // One: the shape of the reading before. Else which, or how many there are for a new one.
    if (!this.fresh && chosen === this.current) writer.put(1, 1);
    else {
      if (!this.fresh) writer.put(chosen << 1, 5);
      if (made || this.fresh) {
        this.putSchema(schema);
        openNode(schema);
      }
    }
    if (writer.room() >= 0) this.putValue(writer, schema, record);
    if (writer.room() < 0) {
      writer.restore(written, accumulator, pending, crc);
      // The block closes, and with it what the leaves' codes depend on.
      return from;
    }
    this.values += schema.size;
    this.current = chosen;
    this.fresh = false;
    return from + 1;
  }

  /** Begins a block: keeps the last shape, and with it its buffers, if the record has it still. */
  private keepShape(record: unknown): void {
    const { current, schemas } = this;
    this.opened += 1;
    const enumerate = this.opened % blocksPerLook === 0;
    if (current < this.schemaCount && this.matches(schemas[current]!, record, enumerate)) {
      schemas[0] = schemas[current]!;
      this.schemaCount = 1;
    } else this.schemaCount = 0;
    this.current = 0;
  }

  /** The shape of a record among those of the block, −1 if it is new. */
  private find(record: unknown): number {
    const { schemas, schemaCount, current } = this;
    if (current < schemaCount && this.matches(schemas[current]!, record, false)) return current;
    for (let index = 0; index < schemaCount; index += 1)
      if (index !== current && this.matches(schemas[index]!, record, false)) return index;
    return -1;
  }

  private matches(node: Node, value: unknown, enumerate: boolean): boolean {
    const type = typeOf(value);
    if (type !== node.type) return false;
    if (type === NodeType.object) {
      const { keys, children } = node;
      const object = value as Record<string, unknown>;
      if (enumerate || node.seen !== value) {
        const actual = Object.keys(object);
        if (actual.length !== keys.length) return false;
        for (let index = 0; index < keys.length; index += 1) if (actual[index] !== keys[index]) return false;
        node.seen = value;
      }
      for (let index = 0; index < keys.length; index += 1)
        if (!this.matches(children[index]!, object[keys[index]!], enumerate)) return false;
    } else if (type === NodeType.array) {
      const { children } = node;
      const list = value as unknown[];
      if (list.length !== children.length) return false;
      for (let index = 0; index < children.length; index += 1)
        if (!this.matches(children[index]!, list[index], enumerate)) return false;
    }
    return true;
  }

  private make(record: unknown): Node | undefined {
    this.nodes = 0;
    try {
      return this.makeNode(record, 0);
    } catch (error) {
      if (error instanceof TooLarge) return undefined;
      throw error;
    }
  }

  private makeNode(value: unknown, depth: number): Node {
    this.nodes += 1;
    if (depth > maximumDepth || this.nodes > maximumNodes) throw new TooLarge();
    const node = new Node(typeOf(value));
    if (node.type === NodeType.object) {
      const object = value as Record<string, unknown>;
      node.keys = Object.keys(object);
      node.seen = value;
      for (const key of node.keys) {
        const length = encodeText(key, this.text);
        if (length < 0) throw new TooLarge();
        node.keyBytes.push(this.text.slice(0, length));
        node.children.push(this.makeNode(object[key], depth + 1));
      }
    } else if (node.type === NodeType.array)
      for (const item of value as unknown[]) node.children.push(this.makeNode(item, depth + 1));
    for (const child of node.children) node.size += child.size;
    return node;
  }

  private putSchema(node: Node): void {
    const { writer } = this;
    writer.put(node.type, 3);
    if (node.type !== NodeType.object && node.type !== NodeType.array) return;
    writer.put(node.children.length, 8);
    for (let index = 0; index < node.children.length && writer.room() >= 0; index += 1) {
      if (node.type === NodeType.object) this.putBytes(node.keyBytes[index]!, node.keyBytes[index]!.length);
      this.putSchema(node.children[index]!);
    }
  }

  private putText(value: string): void {
    this.putBytes(this.text, encodeText(value, this.text));
  }

  /** A text in UTF-8. More than fits, or of length −1, makes the reading not fit. */
  private putBytes(bytes: Uint8Array, length: number): void {
    const { writer } = this;
    if (length < 0 || 8 * length > writer.room()) {
      writer.written = writer.limit + 1;
      return;
    }
    writer.putNumber(length);
    for (let index = 0; index < length; index += 1) writer.put(bytes[index]!, 8);
  }

  private putValue(writer: BlockWriter, node: Node, value: unknown): void {
    const { type } = node;
    if (type === NodeType.number) {
      this.double[0] = value as number;
      node.numbers!.write(writer, value as number, this.parts[1]!, this.parts[0]!);
    } else if (type === NodeType.boolean) writer.put(value === true ? 1 : 0, 1);
    else if (type === NodeType.string) {
      if (value === node.text) writer.put(1, 1);
      else {
        writer.put(0, 1);
        this.putText(value as string);
        node.text = value as string;
      }
    } else if (type === NodeType.object) {
      const { keys, children } = node;
      for (let index = 0; index < children.length && writer.room() >= 0; index += 1)
        this.putValue(writer, children[index]!, (value as Record<string, unknown>)[keys[index]!]);
    } else if (type === NodeType.array) {
      const { children } = node;
      for (let index = 0; index < children.length && writer.room() >= 0; index += 1)
        this.putValue(writer, children[index]!, (value as unknown[])[index]);
    }
  }
}

/** Sets back what the leaves' codes depend on. */
function openNode(node: Node): void {
  node.text = '';
  node.numbers?.open();
  for (let index = 0; index < node.children.length; index += 1) openNode(node.children[index]!);
}
