/**
 * Typed access to the attributes of a resource or service. Each getter reports what is wrong at its path and returns
 * undefined (or the default), so that one reading names all faults; `finish` then names what nobody asked for.
 */

import type { JsonMembers, JsonValue } from './json';
import { numberOf } from './number';
import { type ProblemCode, type Problems, shown } from './problems';

export interface NumberBounds {
  minimum?: number;
  maximum?: number;
  whole?: boolean;
}

export class Attributes {
  readonly path: string;
  private readonly members: JsonMembers;
  private readonly problems: Problems;

  constructor(object: JsonValue, path: string, problems: Problems) {
    this.members = object.members();
    this.path = path;
    this.problems = problems;
  }

  /** The path of a member: for problems that only the caller can see. */
  at(name: string): string {
    return memberPath(this.path, name);
  }

  error(code: ProblemCode, name: string, message: string): undefined {
    this.problems.error(code, this.at(name), message);
    return undefined;
  }

  warn(code: ProblemCode, name: string, message: string): void {
    this.problems.warn(code, this.at(name), message);
  }

  /** The member as it is, or undefined when it is absent or null. */
  raw(name: string): JsonValue | undefined {
    const value = this.members.find(name);
    return value?.kind === 'null' ? undefined : value;
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  string(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    // A pin or reader may be written as a number.
    if (value.kind === 'string' || value.kind === 'number') return value.string();
    return this.error('wrong-type', name, `must be a string, not ${shown(value)}`);
  }

  /** Not empty; reports when it is absent. */
  requiredString(name: string): string | undefined {
    const value = this.string(name);
    if (value) return value;
    if (!this.has(name) || value === '') this.error('missing-attribute', name, 'is required');
    return undefined;
  }

  boolean(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (value.kind === 'boolean') return value.boolean();
    const text = value.string();
    if (text === 'true' || text === 'false') return text === 'true';
    return this.error('wrong-type', name, `must be true or false, not ${shown(value)}`);
  }

  /** A number or a numeric string within the bounds (inclusive). */
  number(name: string, bounds: NumberBounds = {}): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    return this.checkNumber(name, value, bounds);
  }

  requiredNumber(name: string, bounds: NumberBounds = {}): number | undefined {
    if (this.has(name)) return this.number(name, bounds);
    return this.error('missing-attribute', name, 'is required');
  }

  /** A GPIO number: also in a string, as the peers' `pins` and `analogs` have it. */
  pin(name: string): number | undefined {
    return this.number(name, { minimum: 0, maximum: 48, whole: true });
  }

  requiredPin(name: string): number | undefined {
    return this.requiredNumber(name, { minimum: 0, maximum: 48, whole: true });
  }

  /** The numbers of a list; a wrong one is reported and left out. */
  numbers(name: string, bounds: NumberBounds = {}): number[] {
    const values: number[] = [];
    this.list(name).forEach((element, index) => {
      const value = this.checkNumber(`${name}[${index}]`, element, bounds);
      if (value !== undefined) values.push(value);
    });
    return values;
  }

  strings(name: string): string[] {
    const values: string[] = [];
    this.list(name).forEach((element, index) => {
      if (element.kind === 'string') values.push(element.string());
      else this.error('wrong-type', `${name}[${index}]`, `must be a string, not ${shown(element)}`);
    });
    return values;
  }

  /** The elements of a list; empty when it is absent or not a list. */
  list(name: string): JsonValue[] {
    const value = this.raw(name);
    if (value === undefined) return [];
    if (value.kind === 'array') return value.elements();
    this.error('wrong-type', name, `must be a list, not ${shown(value)}`);
    return [];
  }

  /** The objects of a list, one after the other. */
  objects(name: string): Objects {
    const value = this.raw(name);
    if (value && value.kind !== 'array')
      this.error('wrong-type', name, `must be a list, not ${shown(value)}`);
    return new Objects(value, this.at(name), this.problems);
  }

  group(name: string): Attributes | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (value.kind === 'object') return new Attributes(value, this.at(name), this.problems);
    return this.error('wrong-type', name, `must be an object, not ${shown(value)}`);
  }

  names(): string[] {
    return this.members.names();
  }

  /** Warns of every member that no getter was asked for. */
  finish(): void {
    for (const name of this.members.others())
      this.warn('unknown-attribute', name, 'is not read by anything here');
  }

  private checkNumber(name: string, json: JsonValue, bounds: NumberBounds): number | undefined {
    const { minimum, maximum, whole } = bounds;
    const value = numberOf(json);
    if (value === undefined || (whole && !Number.isInteger(value)))
      return this.error('wrong-type', name, `must be a ${whole ? 'whole ' : ''}number, not ${shown(json)}`);
    // The peer's words.
    if (minimum === 0 && value < 0) return this.error('out-of-range', name, `${name} can't be negative`);
    if (minimum !== undefined && value < minimum)
      return this.error('out-of-range', name, `must be at least ${minimum}, not ${value}`);
    if (maximum !== undefined && value > maximum)
      return this.error('out-of-range', name, `must be at most ${maximum}, not ${value}`);
    return value;
  }
}

/**
 * The objects among a list's elements, one after the other, so that a long list need not be held:
 * `for (let entry = list.next(); entry; entry = list.next())`. What is not an object is reported and left out.
 */
export class Objects {
  private readonly list: JsonValue | undefined;
  private readonly path: string;
  private readonly problems: Problems;
  private place: number;
  private index = 0;

  constructor(list: JsonValue | undefined, path: string, problems: Problems) {
    this.list = list;
    this.path = path;
    this.problems = problems;
    this.place = list ? list.first('array') : -1;
  }

  next(): Attributes | undefined {
    const { list } = this;
    while (list && this.place >= 0) {
      const element = list.at(this.place);
      const path = `${this.path}[${this.index++}]`;
      this.place = list.after(this.place);
      if (element.kind === 'object') return new Attributes(element, path, this.problems);
      this.problems.error('wrong-type', path, `must be an object, not ${shown(element)}`);
    }
    return undefined;
  }
}

/** `a` + `b` → `a.b`; `$` is the whole. Long names from outside are cut. */
export function memberPath(path: string, name: string): string {
  const short = name.length > 48 ? `${name.slice(0, 47)}…` : name;
  return path === '$' ? short : `${path}.${short}`;
}
