/**
 * The shape of records while they are encoded: a node for each value, and in it what the code of a leaf depends on.
 * What lies in an object or array is a list from node to node, because a device holds many shapes of one or two
 * leaves: an array of nodes and one of keys would be half of such a shape.
 */
import type { BlockWriter } from './block-writer';
import { NumberWriter } from './number-writer';
import { maximumEncodedDepth, maximumNodes, NodeType, numberName, stringName, typeOf } from './schema';
import { putText } from './text-writer';

// An engine that keeps its code in RAM copies a literal whenever it meets one.
const empty = '';

export interface ShapeNode {
  /** Its key in the object that it lies in. Like the next, it takes memory only where there is one. */
  key: string;
  next?: ShapeNode;
  /** Nodes from here down: counted anew when asked. */
  readonly size: number;
  /** @param enumerate whether to look for other keys even in the object seen last: the look costs memory */
  matches(value: unknown, enumerate: boolean): boolean;
  /** Sets back what the code of values depends on. */
  open(): void;
  putShape(writer: BlockWriter): void;
  putValue(writer: BlockWriter, value: unknown): void;
}

/** The shape of a value; undefined if it is too deep or has more than `room` nodes. */
export function makeShape(value: unknown, depth = 0, room = maximumNodes): ShapeNode | undefined {
  if (depth > maximumEncodedDepth || room < 1) return undefined;
  const type = typeOf(value);
  if (type !== NodeType.object && type !== NodeType.array) return makeLeaf(type);
  const keys = type === NodeType.object ? Object.keys(value as object) : undefined;
  const branch = keys === undefined ? new ArrayNode() : new ObjectNode(value as object);
  const { length } = keys ?? (value as unknown[]);
  let last: ShapeNode | undefined;
  for (let index = 0; index < length; index += 1) {
    const item = (value as Record<string | number, unknown>)[keys?.[index] ?? index];
    const child = makeShape(item, depth + 1, room - branch.size);
    if (child === undefined) return undefined;
    if (keys !== undefined) child.key = keys[index]!;
    if (last === undefined) branch.first = child;
    else last.next = child;
    last = child;
  }
  return branch;
}

function makeLeaf(type: NodeType): ShapeNode {
  if (type === NodeType.number) return new NumberLeaf();
  if (type === NodeType.boolean) return new BooleanLeaf();
  return type === NodeType.string ? new TextLeaf() : new NullLeaf();
}

abstract class Leaf {
  declare key: string;
  declare next?: ShapeNode;
  get size(): number {
    return 1;
  }
  open(): void {}
}

class NullLeaf extends Leaf implements ShapeNode {
  matches(value: unknown): boolean {
    return typeOf(value) === NodeType.null;
  }
  putShape(writer: BlockWriter): void {
    writer.put(NodeType.null, 3);
  }
  putValue(): void {}
}

class BooleanLeaf extends Leaf implements ShapeNode {
  matches(value: unknown): boolean {
    return value === true || value === false;
  }
  putShape(writer: BlockWriter): void {
    writer.put(NodeType.boolean, 3);
  }
  putValue(writer: BlockWriter, value: unknown): void {
    writer.put(value === true ? 1 : 0, 1);
  }
}

class TextLeaf extends Leaf implements ShapeNode {
  private last = empty;
  override open(): void {
    this.last = empty;
  }
  matches(value: unknown): boolean {
    return typeof value === stringName;
  }
  putShape(writer: BlockWriter): void {
    writer.put(NodeType.string, 3);
  }
  putValue(writer: BlockWriter, value: unknown): void {
    if (value === this.last) {
      writer.put(1, 1);
      return;
    }
    writer.put(0, 1);
    putText(writer, value as string);
    this.last = value as string;
  }
}

/** A number's code is a leaf itself, for an object more would be a quarter more. */
class NumberLeaf extends NumberWriter implements ShapeNode {
  declare key: string;
  declare next?: ShapeNode;
  get size(): number {
    return 1;
  }
  matches(value: unknown): boolean {
    return typeof value === numberName;
  }
  putShape(writer: BlockWriter): void {
    writer.put(NodeType.number, 3);
  }
}

abstract class Branch {
  declare key: string;
  declare next?: ShapeNode;
  declare first?: ShapeNode;
  get size(): number {
    let size = 1;
    for (let child = this.first; child !== undefined; child = child.next) size += child.size;
    return size;
  }
  /** Nodes that lie directly in it. */
  protected get length(): number {
    let length = 0;
    for (let child = this.first; child !== undefined; child = child.next) length += 1;
    return length;
  }
  open(): void {
    for (let child = this.first; child !== undefined; child = child.next) child.open();
  }
}

class ObjectNode extends Branch implements ShapeNode {
  /** @param seen the object whose keys were looked up last */
  constructor(private seen: object) {
    super();
  }
  matches(value: unknown, enumerate: boolean): boolean {
    if (this.seen !== value || enumerate) {
      if (typeOf(value) !== NodeType.object || !this.hasKeys(Object.keys(value as object))) return false;
      this.seen = value as object;
    }
    const object = value as Record<string, unknown>;
    let child = this.first;
    while (child !== undefined) {
      if (!child.matches(object[child.key], enumerate)) return false;
      child = child.next;
    }
    return true;
  }
  private hasKeys(keys: string[]): boolean {
    if (keys.length !== this.length) return false;
    let child = this.first;
    for (let index = 0; child !== undefined; index += 1) {
      if (keys[index] !== child.key) return false;
      child = child.next;
    }
    return true;
  }
  putShape(writer: BlockWriter): void {
    writer.put(NodeType.object, 3);
    writer.put(this.length, 8);
    for (let child = this.first; child !== undefined && writer.room() >= 0; child = child.next) {
      putText(writer, child.key);
      child.putShape(writer);
    }
  }
  putValue(writer: BlockWriter, value: unknown): void {
    const object = value as Record<string, unknown>;
    let child = this.first;
    while (child !== undefined && writer.room() >= 0) {
      child.putValue(writer, object[child.key]);
      child = child.next;
    }
  }
}

class ArrayNode extends Branch implements ShapeNode {
  matches(value: unknown, enumerate: boolean): boolean {
    if (!Array.isArray(value)) return false;
    let index = 0;
    let child = this.first;
    while (child !== undefined) {
      if (!child.matches(value[index], enumerate)) return false;
      index += 1;
      child = child.next;
    }
    return index === value.length;
  }
  putShape(writer: BlockWriter): void {
    writer.put(NodeType.array, 3);
    writer.put(this.length, 8);
    for (let child = this.first; child !== undefined && writer.room() >= 0; child = child.next)
      child.putShape(writer);
  }
  putValue(writer: BlockWriter, value: unknown): void {
    const list = value as unknown[];
    let index = 0;
    let child = this.first;
    while (child !== undefined && writer.room() >= 0) {
      child.putValue(writer, list[index]);
      index += 1;
      child = child.next;
    }
  }
}
