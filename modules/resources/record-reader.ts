/**
 * Reads records until their source has shown more names than one record could have, or than there is room for.
 *
 * XS keeps the name of every property for ever, so a source whose readings have new names each time would take all of
 * the memory, with every collector's. It is not read any more, which each of its ticks says as a failed read.
 *
 * Holds: nothing goes on that no block could hold, for what was read waits for its encoder and is known until the next
 * reading. In its place goes what the encoder refuses and counts.
 */
import { isTooMany, limitNames, mixText, noteName } from './name-count';
import { type NativeReadable, type Readable, readingOf } from './reading';

/**
 * Reads, of whatever sources, between two looks at an object that is the same as before: once one was found to change
 * its names, and before. Primes: all have their turn. A look leaves a kilobyte of garbage, so looks are rare.
 */
const readsBetweenLooksInDoubt = 251;
const readsBetweenLooks = 16_067;

/** How deep names are looked for: as a block takes them. */
const mostDepth = 8;

/** Nodes that a record may have in a block. */
const largestRecord = 255;
/** Values of a record that are looked at: who has more cannot be stored. So one that lies in itself has an end as well. */
const mostValues = 256;
/** Characters of its names and texts: bytes of the largest block. */
const mostText = 512;

const none: readonly string[] = Object.freeze([]);

/** How many are left. */
interface Budget {
  values: number;
  text: number;
}

let reads = 0;
let readsPerLook = readsBetweenLooks;
let mostNodes = largestRecord;

/** In place of a record that no block could hold: deeper than any. */
const unstorable: object = Object.freeze([[[[[[]]]]]], true);

/** In place of a source that has brought too many names. */
const exhausted: NativeReadable<never> = Object.freeze({
  read(): never {
    throw new Error('more different names than there is room for: not read any more');
  },
});

/**
 * Bounds what sources of records give to what this machine has memory for.
 * @param nodes of a record, as in the encoder @param names that come up at run time, of all of them together
 */
export function limitRecords(nodes = largestRecord, names?: number): void {
  mostNodes = Math.min(nodes, largestRecord);
  limitNames(names);
}

export class RecordReader implements Readable<object> {
  private io: NativeReadable<unknown>;
  /** The record before, if it could be stored. */
  private last: unknown = undefined;
  /** Of the names in the one before, so that they need not be kept: most sources only ever yield the same. 0: there was none. */
  private shape = 0;
  /** As how many names count that no source had shown before. */
  declare private brought?: number;

  constructor(io: NativeReadable<unknown>) {
    this.io = io;
  }

  read(): object {
    const record = readingOf(this.io) as object;
    // Another object has other names. The same should have the same, but a driver may be wrong.
    return this.last !== record || ++reads >= readsPerLook ? this.look(record) : record;
  }

  /** @returns what goes on */
  private look(record: object): object {
    reads = 0;
    const { last, shape: shapeBefore } = this;
    const budget: Budget = { values: mostValues, text: mostText };
    const shape = shapeOf(record, 0, budget) || 1;
    this.shape = shape;
    // What the encoder has a shape of stays, though there be less room by now.
    const isKnown = last !== undefined && shape === shapeBefore;
    const isStorable = budget.text >= 0 && (isKnown || mostValues - budget.values < mostNodes);
    this.last = isStorable ? record : undefined;
    if (shapeBefore !== 0 && shape !== shapeBefore) {
      if (last === record) readsPerLook = readsBetweenLooksInDoubt;
      this.noteNames(record);
    }
    return isStorable ? record : unstorable;
  }

  private noteNames(record: object): void {
    if (typeof record !== 'object') return;
    const more = noteNamesIn(record);
    if (more === 0) return;
    this.brought = (this.brought ?? 0) + more;
    if (!isTooMany(this.brought)) return;
    this.io = exhausted;
    this.last = undefined;
  }
}

/** A number that other names would hardly give (FNV-1a over their characters and their depths). */
function shapeOf(value: unknown, depth: number, budget: Budget, start = 0x811c9dc5): number {
  if (typeof value === 'string') budget.text -= value.length;
  if (typeof value !== 'object' || value === null || depth > mostDepth) return start;
  // An array's indexes are no names, and a list of them would be larger than itself. Loops by index: each level takes stack.
  const names = Array.isArray(value) ? undefined : isLong(value) ? none : Object.keys(value);
  if (names === none) budget.text = -1;
  let shape = Math.imul(start ^ depth, 0x01000193);
  for (let index = 0; index < (names ?? (value as unknown[])).length && budget.values-- > 0; index++) {
    if (names !== undefined) {
      shape = mixText(shape, names[index]!);
      budget.text -= names[index]!.length;
    }
    shape = shapeOf(memberOf(value, names, index), depth + 1, budget, Math.imul(shape, 0x01000193));
  }
  return shape;
}

/** Each index is a name of a buffer, a text of its own: they would be far larger than itself. */
function isLong(value: object): boolean {
  return ArrayBuffer.isView(value) && value.byteLength >= mostValues;
}

function memberOf(value: object, names: readonly string[] | undefined, index: number): unknown {
  return (value as Record<string | number, unknown>)[names === undefined ? index : names[index]!];
}

/**
 * Notes all names in a record. A list of what is still to be looked into, as a frame for each object in another takes
 * the stack of an ESP32-C3. @returns as how many the new ones count
 */
function noteNamesIn(record: object): number {
  const waiting = [record];
  let left = mostValues;
  let count = 0;
  for (let next = 0; next < waiting.length; next++) {
    const value = waiting[next]!;
    const names = Array.isArray(value) ? undefined : isLong(value) ? none : Object.keys(value);
    for (let index = 0; index < (names ?? (value as unknown[])).length && left-- > 0; index++) {
      if (names !== undefined) count += noteName(names[index]!);
      const member = memberOf(value, names, index);
      if (typeof member === 'object' && member !== null) waiting.push(member);
    }
  }
  return count;
}
