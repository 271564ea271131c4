/**
 * Encodes records: maps, lists, nested, of numbers, booleans, strings and nulls. A shape is written when it is
 * first seen in a block; then each reading is its leaves' values, every leaf coded against its own last one.
 *
 * A source that yields the same object each time keeps its keys, and yields another object when they change: the
 * same object's keys are looked up anew only every eighth block, so that readings of numbers and booleans leave no
 * garbage. A value without form in a block (functions, symbols, BigInts, undefined) is written as null.
 */
import { Encoder } from './encoder';
import { makeShape, type ShapeNode } from './record-shape';
import { maximumNodes, maximumSchemas, maximumValues } from './schema';
import type { EncoderOptions } from './types';

const blocksPerLook = 8;

/** Nodes of all shapes of a block: as many as this machine has memory for. One for all streams, as the memory is. */
let mostNodes = maximumNodes;

/**
 * Bounds what the records of each stream may grow to: one of another shape than the last, with more values, is refused
 * and counted. A shape that is there stays.
 * @param nodes values, and the objects and lists that they lie in; above 255 it is as if 255
 */
export function limitNodes(nodes = maximumNodes): void {
  mostNodes = Math.min(nodes, maximumNodes);
}

/** A block closes after so many: then its nodes are not too many, though each reading have the most. */
const mostReadings = Math.floor(maximumValues / maximumNodes);

export class RecordEncoder extends Encoder<unknown[]> {
  /** The block's shapes: a list, the last one first. */
  private shapes: ShapeNode | undefined = undefined;
  /** That of the reading before. */
  private current: ShapeNode | undefined = undefined;

  constructor(options: EncoderOptions) {
    super([undefined], options);
  }

  protected override kind(): number {
    return 3;
  }

  protected override open(): void {}

  protected override encode(from: number, _to: number): number {
    const { readings, staged, writer } = this;
    if (readings === mostReadings) return from;
    const record = staged[from];
    if (readings === 0) this.keepShape(record);
    const known = this.find(record);
    const shape = known ?? this.add(record);
    if (shape === undefined) return from;
    const { written, accumulator, pending, crc } = writer;
    // One: the shape of the reading before. Else which, or how many there are for a new one.
    if (readings > 0 && shape === this.current) writer.put(1, 1);
    else {
      if (readings > 0) writer.put(numberOf(shape) << 1, 5);
      if (readings === 0 || known === undefined) {
        shape.putShape(writer);
        shape.open();
      }
    }
    if (writer.room() >= 0) shape.putValue(writer, record);
    if (writer.room() < 0) {
      writer.restore(written, accumulator, pending, crc);
      // The block closes, and with it what the leaves' codes depend on.
      return from;
    }
    this.current = shape;
    return from + 1;
  }

  /** Begins a block: keeps the last shape, and with it what is known of its leaves, if the record has it still. */
  private keepShape(record: unknown): void {
    let shape = this.current;
    const enumerate = this.sequence % blocksPerLook === blocksPerLook - 1;
    if (!shape?.matches(record, enumerate)) shape = undefined;
    else if (shape.next !== undefined) shape.next = undefined;
    this.shapes = shape;
    this.current = shape;
  }

  /** The shape of a record among those of the block. */
  private find(record: unknown): ShapeNode | undefined {
    const { current } = this;
    if (current?.matches(record, false)) return current;
    let shape = this.shapes;
    while (shape !== undefined && (shape === current || !shape.matches(record, false))) shape = shape.next;
    return shape;
  }

  /** Makes the shape of a record one of the block's, if it is not too large and there are not too many. */
  private add(record: unknown): ShapeNode | undefined {
    const { shapes } = this;
    if (shapes !== undefined && numberOf(shapes) + 1 === maximumSchemas) return undefined;
    let nodes = 0;
    for (let other = shapes; other !== undefined; other = other.next) nodes += other.size;
    // All of them together have no more nodes than one may: else lists of ever new lengths would take all memory.
    const shape = makeShape(record, 0, mostNodes - nodes);
    if (shape === undefined) return undefined;
    if (shapes === undefined) this.current = shape;
    else shape.next = shapes;
    this.shapes = shape;
    return shape;
  }
}

Object.assign(RecordEncoder.prototype, { capacity: 1 });

/** A shape's number in the block: how many came before it. */
function numberOf(shape: ShapeNode): number {
  let number = 0;
  for (let before = shape.next; before !== undefined; before = before.next) number += 1;
  return number;
}
