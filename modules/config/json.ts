/**
 * Reads JSON in which `//` comments are allowed, from people: every fault has a line and a column.
 *
 * Not with the engine's own `JSON.parse`: in XS it makes a property of every member name, names are kept for ever in a
 * table of fixed size, and a device whose table is full restarts. Here the text stays what it is, bytes; one pass by the
 * grammar checks it and notes where each object and array ends; a `JsonValue` is a place in the text that is read when
 * it is asked for. So memory is the text, 4 bytes for each object or array, and what the reader itself makes of it.
 */

import { checkGrammar, type JsonDuplicate, type JsonFault, type JsonLimits } from './json-grammar';
import { backslash, JsonText, quote } from './json-text';
import { encodeUtf8 } from './utf8';

export type JsonReading =
  | { value: JsonValue; duplicates: JsonDuplicate[]; fault?: undefined }
  | { value?: undefined; fault: JsonFault };

/** A part's configuration: what an ESP32 has room for beside its running collectors. */
export const partLimits: Readonly<JsonLimits> = Object.freeze({
  bytes: 12_288,
  depth: 16,
  values: 1_024,
  each: 96,
  string: 1_024,
});
/** A main machine's configuration, read by Node. */
export const machineLimits: Readonly<JsonLimits> = Object.freeze({
  bytes: 4_194_304,
  depth: 64,
  values: 262_144,
  each: 65_536,
  string: 1_048_576,
});

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/**
 * Total: returns a value or a fault, whatever the text is.
 * @param text a text, or its UTF-8, which then is read where it lies: its comments are overwritten
 */
export function readJson(text: string | Uint8Array, limits: JsonLimits): JsonReading {
  // A character is at least a byte: no need to encode what is too long anyway.
  const fits = text.length <= limits.bytes;
  const bytes = fits && typeof text === 'string' ? encodeUtf8(text) : (text as Uint8Array);
  if (!fits || bytes.length > limits.bytes) {
    const message = `the text is longer than ${limits.bytes} bytes`;
    return { fault: { code: 'json-too-large', line: 0, column: 0, message } };
  }
  const checked = checkGrammar(bytes, limits);
  if (checked.fault) return { fault: checked.fault };
  const source = new JsonText(bytes, checked.index);
  return {
    value: new JsonValue(source, source.skip(0)),
    duplicates: checked.duplicates,
  };
}

/** A value in a text that was checked. */
export class JsonValue {
  readonly kind: JsonKind;
  readonly source: JsonText;
  /** Its place in the text. */
  readonly start: number;

  constructor(source: JsonText, start: number) {
    this.source = source;
    this.start = start;
    this.kind = kindOf(source.bytes[start]);
  }

  /** As it is written, without comments. */
  text(): string {
    return this.source.textAt(this.start);
  }

  /** Without white space and comments. */
  compact(): string {
    return this.source.compactAt(this.start);
  }

  /** Of a string: its characters. Of anything else: its text. */
  string(): string {
    return this.kind === 'string' ? this.source.stringAt(this.start) : this.text();
  }

  /** Of a string: whether it is written with escapes. */
  get hasEscapes(): boolean {
    const { bytes } = this.source;
    const end = this.source.endOf(this.start);
    for (let place = this.start; place < end; place++) if (bytes[place] === backslash) return true;
    return false;
  }

  /** Of a number. */
  number(): number {
    return Number(this.text());
  }

  /** Of a boolean. */
  boolean(): boolean {
    return this.source.bytes[this.start] === 0x74;
  }

  /** Of an object: the member of that name, the last one when there are several. */
  member(name: string): JsonValue | undefined {
    return this.members().find(name);
  }

  /** Of an object: its members, found in one pass, for those who ask for several. Anything else has none. */
  members(): JsonMembers {
    return new JsonMembers(this.source, this.start);
  }

  /** Of an object: the names of its members in order; one that is there twice is named once. */
  names(): string[] {
    return this.members().names();
  }

  /** Of an array. */
  elements(): JsonValue[] {
    const { source } = this;
    const elements: JsonValue[] = [];
    if (this.kind !== 'array') return elements;
    for (let place = source.first(this.start); place >= 0; place = source.after(place))
      elements.push(new JsonValue(source, place));
    return elements;
  }
}

/** Where the members of an object are. */
export class JsonMembers {
  readonly source: JsonText;
  protected start = 0;
  /** Of each member where its name begins; negative once it was found. */
  private readonly places: number[] = [];

  constructor(source: JsonText, start: number) {
    this.source = source;
    this.take(start);
  }

  /** Makes these the members of the object that begins at `start`. */
  take(start: number): void {
    const { source, places } = this;
    this.start = start;
    places.length = 0;
    if (kindOf(source.bytes[start]) !== 'object') return;
    for (let place = source.first(start); place >= 0; place = source.after(source.valueOf(place)))
      places.push(place);
  }

  /** The last one of that name. */
  find(name: string): JsonValue | undefined {
    const { source, places } = this;
    // Each look at a member of a text is garbage in XS: its characters are not compared one by one.
    const { length } = name;
    for (let at = places.length - 1; at >= 0; at--) {
      const start = Math.abs(places[at]);
      if (this.isNamed(start, name, length)) {
        places[at] = -start;
        return new JsonValue(source, source.plain ? source.skip(start + 2 + length) : source.valueOf(start));
      }
    }
    return undefined;
  }

  names(): string[] {
    const { source, places } = this;
    const names: string[] = [];
    for (const place of places) {
      const name = source.stringAt(Math.abs(place));
      if (!names.includes(name)) names.push(name);
    }
    return names;
  }

  /** Names that `find` was never asked for. */
  others(): string[] {
    const { source, places } = this;
    const names: string[] = [];
    for (const own of places) {
      if (own < 0) continue;
      const name = source.stringAt(own);
      // An earlier one of a name that was found.
      const found = places.some((place) => place < 0 && this.isNamed(-place, name, name.length));
      if (!found && !names.includes(name)) names.push(name);
    }
    return names;
  }

  private isNamed(start: number, name: string, length: number): boolean {
    const { source } = this;
    if (source.plain && source.bytes[start + 1 + length] !== quote) return false;
    return source.stringAt(start) === name;
  }
}

function kindOf(byte: number): JsonKind {
  switch (byte) {
    case 0x7b:
      return 'object';
    case 0x5b:
      return 'array';
    case quote:
      return 'string';
    case 0x74:
    case 0x66:
      return 'boolean';
    case 0x6e:
      return 'null';
    default:
      return 'number';
  }
}
