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
const READS_PER_LOOK_IN_DOUBT = 251;
const READS_PER_LOOK = 16_067;

/** Different names that the readings of a source may have, and how deep they are looked for: as a block takes them. */
const MOST_NAMES = 255;
const MOST_DEPTH = 8;

let reads = 0;
let readsPerLook = READS_PER_LOOK;

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
    if (this.names !== undefined && this.names.size > MOST_NAMES)
      throw new Error(`more than ${MOST_NAMES} different names: not read any more`);
    const record = readingOf(this.io) as object;
    // Another object has other names. The same should have the same, but a driver may be wrong.
    if (this.last !== record || ++reads >= readsPerLook) this.look(record);
    return record;
  }

  private look(record: object): void {
    reads = 0;
    const shape = shapeOf(record, 0);
    if (this.last !== undefined && shape !== this.shape) {
      if (this.last === record) readsPerLook = READS_PER_LOOK_IN_DOUBT;
      this.names ??= new Set();
      addNames(record, this.names, 0);
    }
    this.last = record;
    this.shape = shape;
  }
}

/** A number that other names would hardly give (FNV-1a over their characters and their depths). */
function shapeOf(value: unknown, depth: number, start = 0x811c9dc5): number {
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return start;
  let shape = Math.imul(start ^ depth, 0x01000193);
  for (const name of Object.keys(value)) {
    for (let index = 0; index < name.length; index++)
      shape = Math.imul(shape ^ name.charCodeAt(index), 0x01000193);
    shape = shapeOf((value as Record<string, unknown>)[name], depth + 1, Math.imul(shape, 0x01000193));
  }
  return shape;
}

/** Those in what lies in it too; no more than one beyond what is allowed. */
function addNames(value: unknown, names: Set<string>, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return;
  for (const name of Object.keys(value)) {
    if (names.size > MOST_NAMES) return;
    if (!Array.isArray(value)) names.add(name);
    addNames((value as Record<string, unknown>)[name], names, depth + 1);
  }
}
