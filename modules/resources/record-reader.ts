/**
 * Reads records until their source has shown more names than one record could have.
 *
 * XS keeps the name of every property for ever, so a source whose readings have new names each time would take all of
 * the memory, with every collector's. It is not read any more, which each of its ticks says as a failed read.
 */
import { type NativeReadable, type Readable, readingOf } from './reading';

/**
 * Reads, of whatever sources, between two looks at an object that is the same as before: once one was found to change
 * its names, and before. Primes: all have their turn. A look leaves a kilobyte of garbage, so looks are rare.
 */
const readsBetweenLooksInDoubt = 251;
const readsBetweenLooks = 16_067;

/** Different names that the readings of a source may have, and how deep they are looked for: as a block takes them. */
const mostNames = 255;
const mostDepth = 8;

/** Values of a record that are looked at: who has more cannot be stored. So one that lies in itself has an end as well. */
const mostValues = 256;

/** How many are left. */
interface Budget {
  values: number;
}

let reads = 0;
let readsPerLook = readsBetweenLooks;

export class RecordReader implements Readable<object> {
  private readonly io: NativeReadable<unknown>;
  private last: unknown = undefined;
  /** Of the names in it, so that they need not be kept: most sources only ever yield the same. */
  private shape = 0;
  declare private names?: Set<string>;

  constructor(io: NativeReadable<unknown>) {
    this.io = io;
  }

  read(): object {
    if (this.names !== undefined && this.names.size > mostNames)
      throw new Error(`more than ${mostNames} different names: not read any more`);
    const record = readingOf(this.io) as object;
    // Another object has other names. The same should have the same, but a driver may be wrong.
    if (this.last !== record || ++reads >= readsPerLook) this.look(record);
    return record;
  }

  private look(record: object): void {
    reads = 0;
    const shape = shapeOf(record, 0, { values: mostValues });
    if (this.last !== undefined && shape !== this.shape) {
      if (this.last === record) readsPerLook = readsBetweenLooksInDoubt;
      this.names ??= new Set();
      addNames(record, this.names, 0, { values: mostValues });
    }
    this.last = record;
    this.shape = shape;
  }
}

/** A number that other names would hardly give (FNV-1a over their characters and their depths). */
function shapeOf(value: unknown, depth: number, budget: Budget, start = 0x811c9dc5): number {
  if (typeof value !== 'object' || value === null || depth > mostDepth) return start;
  // An array's indexes are no names, and a list of them would be larger than itself. Loops by index: each level takes stack.
  const names = Array.isArray(value) ? undefined : Object.keys(value);
  let shape = Math.imul(start ^ depth, 0x01000193);
  for (let index = 0; index < (names ?? (value as unknown[])).length && budget.values-- > 0; index++) {
    if (names !== undefined) shape = withText(shape, names[index]!);
    shape = shapeOf(memberOf(value, names, index), depth + 1, budget, Math.imul(shape, 0x01000193));
  }
  return shape;
}

function withText(start: number, text: string): number {
  let shape = start;
  for (let index = 0; index < text.length; index++)
    shape = Math.imul(shape ^ text.charCodeAt(index), 0x01000193);
  return shape;
}

function memberOf(value: object, names: readonly string[] | undefined, index: number): unknown {
  return (value as Record<string | number, unknown>)[names === undefined ? index : names[index]!];
}

/** Those in what lies in it too; no more than one beyond what is allowed. */
function addNames(value: unknown, names: Set<string>, depth: number, budget: Budget): void {
  if (typeof value !== 'object' || value === null || depth > mostDepth) return;
  const own = Array.isArray(value) ? undefined : Object.keys(value);
  for (let index = 0; index < (own ?? (value as unknown[])).length && budget.values-- > 0; index++) {
    if (names.size > mostNames) return;
    if (own !== undefined) names.add(own[index]!);
    addNames(memberOf(value, own, index), names, depth + 1, budget);
  }
}
