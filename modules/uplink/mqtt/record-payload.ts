/**
 * The values of a record as they stand in its message: byte for byte those of `lineOf`, without an object for any of
 * them, and without a call for each depth: a device has memory and stack for neither.
 */
import type { ReadShape, RecordReader } from '../../block/record-reader';
import { maximumDepth, NodeType } from '../../block/schema';
import { encodeUtf8 } from '../../config/utf8';
import { distinctNames, type Value, valueText } from '../../message/platform-message';

/** Characters that are encoded at once. */
const piece = 256;

/** Where in a shape a walk over its nodes is. */
class Place {
  /** By depth: the name of the branch that is open there, what is still to come of it, and its items so far. */
  private readonly names: string[] = [''];
  private readonly left = new Uint8Array(maximumDepth + 1);
  private readonly items = new Uint8Array(maximumDepth + 1);
  private depth = 0;

  constructor(
    private readonly shape: ReadShape,
    private readonly root: string,
    private readonly joint: string,
  ) {}

  /** Of the node that comes next. */
  name(node: number): string {
    const { depth, names, joint, shape, root } = this;
    if (depth === 0) return root;
    const key = shape.keys[node] ?? `${this.items[depth]!}`;
    return this.isTop && root === '' ? key : names[depth]! + joint + key;
  }

  /** Whether the node that comes next lies in the record itself. */
  get isTop(): boolean {
    return this.depth === 1;
  }

  /** Goes past it. @param name its own, of a branch */
  pass(node: number, name: string): void {
    const { left, items, names, shape } = this;
    if (this.depth > 0) {
      left[this.depth]! -= 1;
      items[this.depth]! += 1;
    }
    const count = shape.counts[node]!;
    if (count > 0) {
      this.depth += 1;
      names[this.depth] = name;
      left[this.depth] = count;
      items[this.depth] = 0;
    }
    while (this.depth > 0 && left[this.depth] === 0) this.depth -= 1;
  }
}

export class RecordPayload {
  private readonly records: RecordReader;
  private readonly field: string;
  /** The shape that was looked at last, and its leaves' names where two of them would be the same. */
  private shape: ReadShape | undefined;
  private names: string[] | undefined;

  constructor(records: RecordReader, field: string) {
    this.records = records;
    this.field = field;
  }

  /**
   * Writes the values of the record that was read last.
   * @param into left out: they are only counted @returns where they end
   */
  write(into: Uint8Array | undefined, at: number): number {
    const { field, records } = this;
    const { shape, values } = records;
    if (shape !== this.shape) {
      this.shape = shape;
      this.names = isAmbiguous(shape) ? namesOf(shape) : undefined;
    }
    const { names } = this;
    const { types } = shape;
    const place = new Place(shape, field, '_');
    let text = '';
    let leaf = 0;
    let isFirst = true;
    for (let node = 0; node < types.length; node++) {
      const type = types[node]!;
      const name = place.name(node);
      place.pass(node, name);
      // Of a record that is no object, null is its value.
      if (type >= NodeType.object || (type === NodeType.null && node > 0)) continue;
      const own = names === undefined ? name : `${field}_${names[leaf++]}`;
      text += `${isFirst ? '' : ','}${JSON.stringify(own)}:${valueText(values[node] as Value)}`;
      isFirst = false;
      if (text.length < piece) continue;
      at = put(text, into, at);
      text = '';
    }
    return put(text, into, at);
  }
}

function put(text: string, into: Uint8Array | undefined, at: number): number {
  const bytes = encodeUtf8(text);
  into?.set(bytes, at);
  return at + bytes.length;
}

/** Whether two leaves could have the same name: only where something is nested, and a key has what joins them. */
function isAmbiguous({ types, counts, keys }: ReadShape): boolean {
  let isNested = false;
  for (let node = 1; node < types.length; node++) isNested = isNested || counts[node]! > 0;
  return isNested && keys.some((key) => key?.includes('_'));
}

/** As `leavesOf` calls them; undefined: as they are joined. */
function namesOf(shape: ReadShape): string[] | undefined {
  const keys: string[] = [];
  const names = joined(shape, '_', keys);
  return new Set(names).size === names.length ? undefined : distinctNames(keys, names, joined(shape, '.'));
}

/** The leaves' names. @param keys is given the record's own */
function joined(shape: ReadShape, joint: string, keys?: string[]): string[] {
  const { types } = shape;
  const place = new Place(shape, '', joint);
  const names: string[] = [];
  for (let node = 0; node < types.length; node++) {
    const name = place.name(node);
    if (place.isTop) keys?.push(name);
    place.pass(node, name);
    if (types[node]! < NodeType.object && types[node] !== NodeType.null) names.push(name);
  }
  return names;
}
