/**
 * Reads JSON in which `//` comments are allowed, from people: every fault has a line and a column.
 *
 * Not with the engine's own `JSON.parse`: in XS it makes a property of every member name, names are kept for ever in a
 * table of fixed size, and a device whose table is full restarts. Here the text stays what it is, bytes; one pass by the
 * grammar checks it and notes where each object and array ends; a `JsonValue` is a place in the text that is read when
 * it is asked for. So memory is the text, 8 bytes for each object or array, and what the reader itself makes of it.
 */

import { checkGrammar, type JsonDuplicate, type JsonFault, type JsonIndex } from './json-grammar';
import { decodeUtf8, encodeUtf8 } from './utf8';

export interface JsonLimits {
  /** Bytes of UTF-8. */
  bytes: number;
  /** Objects and arrays inside each other. */
  depth: number;
  /** Members and elements in all. */
  values: number;
  /** Members of one object, elements of one array. */
  each: number;
  /** Bytes of one string, as it is written. */
  string: number;
}

export type JsonReading =
  | { value: JsonValue; duplicates: JsonDuplicate[]; fault?: undefined }
  | { value?: undefined; fault: JsonFault };

/** A part's configuration: what an ESP32 has room for beside its running collectors. */
export const PART_LIMITS: Readonly<JsonLimits> = Object.freeze({
  bytes: 12_288,
  depth: 16,
  values: 1_024,
  each: 96,
  string: 1_024,
});
/** A main machine's configuration, read by Node. */
export const MACHINE_LIMITS: Readonly<JsonLimits> = Object.freeze({
  bytes: 4_194_304,
  depth: 64,
  values: 262_144,
  each: 65_536,
  string: 1_048_576,
});

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Total: returns a value or a fault, whatever the text is. */
export function readJson(text: string, limits: JsonLimits): JsonReading {
  // A character is at least a byte: no need to encode what is too long anyway.
  const bytes = text.length > limits.bytes ? undefined : encodeUtf8(text);
  if (!bytes || bytes.length > limits.bytes) {
    const message = `the text is longer than ${limits.bytes} bytes`;
    return { fault: { code: 'json-too-large', line: 0, column: 0, message } };
  }
  const checked = checkGrammar(bytes, limits);
  if (checked.fault) return { fault: checked.fault };
  let start = 0;
  while (bytes[start] <= 0x20) start++;
  return { value: new JsonValue(bytes, checked.index, start), duplicates: checked.duplicates };
}

/** A value in a text that was checked. */
export class JsonValue {
  readonly kind: JsonKind;
  private readonly bytes: Uint8Array;
  private readonly index: JsonIndex;
  private readonly start: number;

  constructor(bytes: Uint8Array, index: JsonIndex, start: number) {
    this.bytes = bytes;
    this.index = index;
    this.start = start;
    this.kind = kindOf(bytes[start]);
  }

  /** As it is written, without comments. */
  text(): string {
    return decodeUtf8(this.bytes.slice(this.start, this.endOf(this.start)));
  }

  /** Of a string: its characters. Of anything else: its text. */
  string(): string {
    if (this.kind !== 'string') return this.text();
    return stringAt(this.bytes, this.start);
  }

  /** Of a number. */
  number(): number {
    return Number(this.text());
  }

  /** Of a boolean. */
  boolean(): boolean {
    return this.bytes[this.start] === 0x74;
  }

  /** Of an object: the member of that name, the last one when there are several. */
  member(name: string): JsonValue | undefined {
    return this.members().find(name);
  }

  /** Of an object: its members, found in one pass, for those who ask for several. */
  members(): JsonMembers {
    const { bytes } = this;
    const starts: number[] = [];
    const values: number[] = [];
    let place = this.first('object');
    while (place >= 0 && bytes[place] === QUOTE) {
      starts.push(place);
      place = this.skip(stringEnd(bytes, place));
      values.push(place);
      place = this.skip(this.endOf(place));
    }
    return new JsonMembers(bytes, this.index, starts, values);
  }

  /** Of an object: the names of its members in order; one that is there twice is named once. */
  names(): string[] {
    return this.members().names();
  }

  /** Of an array. */
  elements(): JsonValue[] {
    const elements: JsonValue[] = [];
    for (let place = this.first('array'); place >= 0; place = this.after(place))
      elements.push(this.at(place));
    return elements;
  }

  /** The place of the first element or member, -1 when there is none, or when this is of another kind. */
  first(kind: 'object' | 'array'): number {
    return this.kind === kind ? this.unlessEnd(this.skip(this.start + 1)) : -1;
  }

  /** Of an array: the place of the element that follows the one at `place`; -1 after the last one. */
  after(place: number): number {
    return this.unlessEnd(this.skip(this.endOf(place)));
  }

  /** The element at a place of `first` or `after`. */
  at(place: number): JsonValue {
    return new JsonValue(this.bytes, this.index, place);
  }

  private unlessEnd(place: number): number {
    const byte = this.bytes[place];
    return byte === 0x5d || byte === 0x7d ? -1 : place;
  }

  /** The first place from `place` on that is neither comma, colon nor white space, the only bytes that low out of strings. */
  private skip(place: number): number {
    const { bytes } = this;
    for (;;) {
      while (bytes[place] === 0x20) place++;
      const byte = bytes[place];
      if (byte > 0x20 && byte !== COMMA && byte !== COLON) break;
      if (byte === undefined) break;
      place++;
    }
    return place;
  }

  /** Where the value that begins at `start` ends: after its last byte. */
  private endOf(start: number): number {
    const { bytes } = this;
    let byte = bytes[start];
    if (byte === QUOTE) return stringEnd(bytes, start);
    // [ and { differ in one bit, ] and } as well.
    if ((byte & 0xdf) === 0x5b) return this.index.endOf(start);
    let end = start;
    // Undefined after the last byte compares false.
    while (byte > 0x20 && byte !== COMMA && (byte & 0xdf) !== 0x5d) byte = bytes[++end];
    return end;
  }
}

/** Where the members of an object are. */
export class JsonMembers {
  private readonly bytes: Uint8Array;
  private readonly index: JsonIndex;
  private readonly starts: number[];
  private readonly values: number[];

  /** @param starts where the names begin @param values where their values begin */
  constructor(bytes: Uint8Array, index: JsonIndex, starts: number[], values: number[]) {
    this.bytes = bytes;
    this.index = index;
    this.starts = starts;
    this.values = values;
  }

  /** The last one of that name. */
  find(name: string): JsonValue | undefined {
    const { bytes, starts } = this;
    const first = name.charCodeAt(0);
    for (let number = starts.length - 1; number >= 0; number--) {
      const start = starts[number];
      const byte = bytes[start + 1];
      if (
        (byte === first || byte === BACKSLASH || byte >= 0x80 || byte === QUOTE) &&
        isNamed(bytes, start, name)
      )
        return new JsonValue(bytes, this.index, this.values[number]);
    }
    return undefined;
  }

  names(): string[] {
    const names: string[] = [];
    for (const start of this.starts) {
      const name = stringAt(this.bytes, start);
      if (!names.includes(name)) names.push(name);
    }
    return names;
  }
}

function kindOf(byte: number): JsonKind {
  switch (byte) {
    case 0x7b:
      return 'object';
    case 0x5b:
      return 'array';
    case QUOTE:
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

/** After the closing quote of the string that begins at `start`. */
function stringEnd(bytes: Uint8Array, start: number): number {
  let end = start + 1;
  while (bytes[end] !== QUOTE) end += bytes[end] === BACKSLASH ? 2 : 1;
  return end + 1;
}

/** The characters of the string that begins at `start`. */
function stringAt(bytes: Uint8Array, start: number): string {
  const end = stringEnd(bytes, start);
  const text = decodeUtf8(bytes.slice(start, end));
  // Only what has escapes is worth the engine's parser, which for a lone string makes no names.
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
}

/** Whether the string that begins at `start` is `name`, which has no characters that JSON escapes. */
function isNamed(bytes: Uint8Array, start: number, name: string): boolean {
  const length = name.length;
  for (let index = 0; index < length; index++) {
    const byte = bytes[start + 1 + index];
    if (byte === BACKSLASH || byte >= 0x80) return stringAt(bytes, start) === name;
    if (byte !== name.charCodeAt(index)) return false;
  }
  return bytes[start + 1 + length] === QUOTE;
}
