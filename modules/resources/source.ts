/** What capture reads from, and what owns it. */

import type { ColumnKind } from '../block/types';
import type { Attributes } from '../config/attributes';
import type { ReadingRange } from '../config/methods';
import type { Chip } from './chips';
import type { NativeReadable, Readable } from './reading';
import { RecordReader } from './record-reader';

/**
 * What one capture method reads. `io.read()` is called in the collector's loop, many times a second: it allocates
 * nothing, and a record is the same object each time, overwritten. An integer is one of 32 bits, a boolean `true`,
 * `false`, 1 or 0: both are staged as words, so that anything else must be a failed read (`sourceOf`). Nothing
 * (`undefined`) is a failed read of any kind: whoever reads checks it. There is nothing to close: pins are the resource's.
 */
export interface Source {
  readonly kind: ColumnKind;
  readonly io: NativeReadable<number | boolean | object>;
  /** Of raw counts: what they stand for. */
  readonly range?: ReadingRange;
}

/** A component of this device. Drivers add typed actions of their API: `Board`, `Encoder`, `Motor` … in `apis`. */
export interface Resource {
  /**
   * @param method of its API's rows in `modules/config/methods`
   * @throws ResourceAbsent when what it would read could not be opened yet, another Error when this resource has no
   * such source: an unknown reader, a pin that is not configured …
   */
  source(method: string, parameters: Readonly<Record<string, string>>): Source;
  /**
   * Opens what could not be opened when it was built, and leaves alone what is open. Of what still fails it reports
   * `build-failed` at the same attribute as then.
   */
  complete?(attributes: Attributes, chip: Chip): void;
  /** Lets go of all pins. Idempotent; its sources fail afterwards. */
  close(): void;
}

/**
 * The source over a readable that its resource owns and closes. Readings that are none of its kind fail.
 * @param range one object for all that have the same
 */
export function sourceOf(kind: ColumnKind, io: Source['io'], range?: ReadingRange): Source {
  if (kind === 'integer') return nativeSourceOf(kind, new IntegerReader(io), range);
  if (kind === 'boolean') return nativeSourceOf(kind, new LevelReader(io), range);
  if (kind === 'record') return nativeSourceOf(kind, new RecordReader(io), range);
  return nativeSourceOf(kind, io, range);
}

/** The same over an io of the SDK, or what passes on its readings: they are of their kind, and quickly read. */
export function nativeSourceOf(kind: ColumnKind, io: Source['io'], range?: ReadingRange): Source {
  return range ? { kind, io, range } : { kind, io };
}

class IntegerReader implements Readable<number> {
  private readonly io: Source['io'];

  constructor(io: Source['io']) {
    this.io = io;
  }

  read(): number {
    const value = this.io.read() as number;
    if (value !== (value | 0)) throw new RangeError(`${value} is no 32-bit integer`);
    return value;
  }
}

class LevelReader implements Readable<number | boolean> {
  private readonly io: Source['io'];

  constructor(io: Source['io']) {
    this.io = io;
  }

  read(): number | boolean {
    const value = this.io.read() as number | boolean;
    if (value !== true && value !== false && value !== 1 && value !== 0)
      throw new RangeError(`${value} is no level`);
    return value;
  }
}

/** For a method that a model does not have. */
export function unsupported(method: string, model: string): never {
  throw new Error(`${model} does not have ${method}`);
}

/** A list as a record, whose payload makes a list of it again: fields `axis_0`, `axis_1` … in order. */
export function fieldsOf(values: readonly number[]): Record<string, number> {
  const record: Record<string, number> = {};
  values.forEach((value, index) => {
    record[`axis_${index}`] = value;
  });
  return record;
}
