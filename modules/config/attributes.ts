/**
 * Typed access to the attributes of a resource or service. Each getter reports what is wrong at its path and returns
 * undefined (or the default), so that one reading names all faults; `finish` then names what nobody asked for.
 */

import { JsonMembers, JsonValue } from './json';
import type { JsonText } from './json-text';
import { numberOf } from './number';
import { type ProblemCode, type Problems, shown } from './problems';
import { isSendable, sendable } from './sendable';

export interface NumberBounds {
  minimum?: number;
  maximum?: number;
  whole?: boolean;
}

const wholeNumber: NumberBounds = Object.freeze({ whole: true }, true);

/** @param path of the object, where its problems' paths begin */
export function attributesOf(object: JsonValue, path: string, problems: Problems): Attributes {
  return new Attributes(new Origin(object, path, problems), object.start);
}

/** The same of a list's objects. */
export function objectsOf(list: JsonValue, path: string, problems: Problems): Objects {
  return new Objects(new Origin(list, path, problems), list);
}

/** What is read: where its paths begin, and where its problems go. One for all that is read of a text. */
class Origin {
  readonly source: JsonText;
  readonly problems: Problems;
  private readonly start: number;
  private readonly path: string;

  constructor({ source, start }: JsonValue, path: string, problems: Problems) {
    this.source = source;
    this.start = start;
    this.path = path;
    this.problems = problems;
  }

  /** Of the value at a place: found when there is something to name, so that nobody keeps paths. */
  pathOf(place: number): string {
    const { source } = this;
    let { path, start } = this;
    while (start < place) {
      const object = source.bytes[start] === 0x7b;
      let index = 0;
      let entry = source.first(start);
      for (;;) {
        start = object ? source.valueOf(entry) : entry;
        if (place < source.endOf(start)) break;
        entry = source.after(start);
        index++;
      }
      path = object ? memberPath(path, source.stringAt(entry)) : `${path}[${index}]`;
    }
    return path;
  }
}

export class Attributes extends JsonMembers {
  private readonly origin: Origin;

  constructor(origin: Origin, start: number) {
    super(origin.source, start);
    this.origin = origin;
  }

  /** Of the object. */
  get path(): string {
    return this.origin.pathOf(this.start);
  }

  /** The path of a member: for problems that only the caller can see. */
  at(name: string): string {
    return memberPath(this.path, name);
  }

  error(code: ProblemCode, name: string, message: string): undefined {
    this.origin.problems.error(code, this.at(name), message);
    return undefined;
  }

  warn(code: ProblemCode, name: string, message: string): void {
    this.origin.problems.warn(code, this.at(name), message);
  }

  /** The member as it is, or undefined when it is absent or null. */
  raw(name: string): JsonValue | undefined {
    const value = this.find(name);
    return value?.kind === 'null' ? undefined : value;
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  string(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    // A pin or reader may be written as a number.
    if (value.kind === 'string' || value.kind === 'number')
      return value.hasEscapes ? this.text(name, value) : value.string();
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

  /** A GPIO number: also in a string, as the peers' `pins` and `analogs` have it. Which there are, the chip says. */
  pin(name: string): number | undefined {
    return this.number(name, wholeNumber);
  }

  requiredPin(name: string): number | undefined {
    return this.requiredNumber(name, wholeNumber);
  }

  /** The same of a list's element. @param name as problems have it: `pins[2]` */
  pinIn(name: string, element: JsonValue): number | undefined {
    return this.checkNumber(name, element, wholeNumber);
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
      const text = element.kind === 'string' && this.text(`${name}[${index}]`, element);
      if (typeof text === 'string') values.push(text);
      else if (text === false)
        this.error('wrong-type', `${name}[${index}]`, `must be a string, not ${shown(element)}`);
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

  /**
   * The objects of a list, one after the other.
   * @param first whether what is no list and no object is reported: once, when a list is read twice
   */
  objects(name: string, first = true): Objects {
    const value = this.raw(name);
    if (first && value && value.kind !== 'array')
      this.error('wrong-type', name, `must be a list, not ${shown(value)}`);
    return new Objects(this.origin, value, first);
  }

  group(name: string): Attributes | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (value.kind === 'object') return new Attributes(this.origin, value.start);
    return this.error('wrong-type', name, `must be an object, not ${shown(value)}`);
  }

  /** Warns of every member that no getter was asked for. */
  finish(): void {
    for (const name of this.others()) this.warn('unknown-attribute', name, 'is not read by anything here');
  }

  /** Whether a message can carry the text of a member; reports it otherwise. */
  sends(name: string, text: string): boolean {
    if (isSendable(text)) return true;
    this.error('bad-text', name, 'has NUL or half a surrogate pair');
    return false;
  }

  /** The characters of a string or number, when all of them can be sent. */
  private text(name: string, value: JsonValue): string | undefined {
    const text = value.string();
    // Only escapes make such characters, and few strings have any.
    return value.hasEscapes && !this.sends(name, text) ? undefined : text;
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
  /** In the list: of the object that came last. */
  index = -1;
  private readonly origin: Origin;
  private place: number;
  private entry: Attributes | undefined = undefined;
  private readonly reports: boolean;

  constructor(origin: Origin, list: JsonValue | undefined, reports = true) {
    this.origin = origin;
    this.reports = reports;
    this.place = list?.kind === 'array' ? origin.source.first(list.start) : -1;
  }

  /** It is the same each time: those of the object before are no longer good. */
  next(): Attributes | undefined {
    const place = this.nextPlace();
    if (place < 0) return undefined;
    if (this.entry === undefined) this.entry = new Attributes(this.origin, place);
    else this.entry.take(place);
    return this.entry;
  }

  /** All at once, for those who have the memory. */
  all(): Attributes[] {
    const all: Attributes[] = [];
    for (let place = this.nextPlace(); place >= 0; place = this.nextPlace())
      all.push(new Attributes(this.origin, place));
    return all;
  }

  private nextPlace(): number {
    const { origin } = this;
    const { source, problems } = origin;
    while (this.place >= 0) {
      const { place } = this;
      this.place = source.after(place);
      this.index++;
      const element = new JsonValue(source, place);
      if (element.kind === 'object') return place;
      if (this.reports)
        problems.error('wrong-type', origin.pathOf(place), `must be an object, not ${shown(element)}`);
    }
    return -1;
  }
}

/** `a` + `b` → `a.b`; `$` is the whole. Long names from outside are cut. */
export function memberPath(path: string, name: string): string {
  const short = sendable(name.length > 48 ? `${name.slice(0, 47)}…` : name);
  return path === '$' ? short : `${path}.${short}`;
}
