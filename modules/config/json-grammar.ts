/**
 * JSON's grammar (RFC 8259) and `//` comments: names the place of a fault in words, notes where objects and arrays end,
 * and overwrites comments with spaces, so that all places stay.
 */

import { JsonIndex } from './json-index';
import { backslash, quote } from './json-text';

/** Of a text that comes from outside: how much of it is read at all. */
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

export interface JsonFault {
  code: 'json-syntax' | 'json-too-large';
  /** Counted from 1; 0 when the fault is the whole text. */
  line: number;
  /** Characters from 1. */
  column: number;
  message: string;
}

export interface JsonDuplicate {
  name: string;
  line: number;
  column: number;
}

/** More than these are not listed. */
const maximumDuplicates = 8;
/** Of one object that are compared with each other. */
const maximumNames = 64;

export type JsonCheck =
  | { fault: JsonFault }
  | { fault?: undefined; index: JsonIndex; duplicates: JsonDuplicate[] };

/** Never throws. `bytes` is UTF-8; its comments are overwritten. */
export function checkGrammar(bytes: Uint8Array, limits: JsonLimits): JsonCheck {
  const grammar = new Grammar(bytes, limits);
  try {
    grammar.text();
    return { index: grammar.index, duplicates: grammar.duplicates };
  } catch (error) {
    if (error instanceof TooLarge)
      return { fault: { code: 'json-too-large', line: 0, column: 0, message: error.message } };
    if (!(error instanceof Unexpected)) throw error;
    return { fault: { code: 'json-syntax', ...grammar.position(error.offset), message: error.message } };
  }
}

class TooLarge extends Error {}

const slash = 0x2f;

class Unexpected extends Error {
  offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** Characters that stand for something else in an editor or in a document. */
const hints: Readonly<Record<number, string>> = Object.freeze<Record<number, string>>(
  {
    39: 'JSON strings stand in double quotes',
    47: 'only // begins a comment',
    8216: 'typographic quotes are not JSON: write "',
    8217: 'typographic quotes are not JSON: write "',
    8220: 'typographic quotes are not JSON: write "',
    8221: 'typographic quotes are not JSON: write "',
    46: 'dots stand for something left out: write it in full',
    8230: 'dots stand for something left out: write it in full',
    160: 'a no-break space is not a space in JSON',
    65279: 'the text begins with a byte order mark',
  },
  true,
);

/** Not recursive: an ESP32 has a stack of some 400 slots for everything. */
class Grammar {
  private readonly bytes: Uint8Array;
  private readonly limits: JsonLimits;
  private place = 0;
  private values = 0;
  readonly index: JsonIndex;
  readonly duplicates: JsonDuplicate[] = [];
  /** How many objects and arrays are open. Of each, the outermost first: its number in the index … */
  private depth = 0;
  private readonly numbers: number[] = [];
  /** … whether it is an object … */
  private readonly objects: boolean[] = [];
  /** … how many members or elements it has so far … */
  private readonly counts: number[] = [];
  /** … and where its names begin in `names`, which holds the places of the names of all open objects. */
  private readonly firstNames: number[] = [];
  private readonly names: number[] = [];
  private nameCount = 0;

  constructor(bytes: Uint8Array, limits: JsonLimits) {
    this.bytes = bytes;
    this.limits = limits;
    this.index = new JsonIndex(bytes.length);
  }

  text(): void {
    this.value();
    while (this.depth > 0) this.next();
    this.space();
    if (this.place < this.bytes.length) this.fail('the end of the text');
  }

  /** The next member or element of the innermost object or array, or its end. */
  private next(): void {
    const top = this.depth - 1;
    const object = this.objects[top];
    const end = object ? 0x7d : 0x5d;
    this.space();
    if (this.take(end)) {
      this.index.close(this.numbers[top], this.place);
      this.nameCount = this.firstNames[top];
      this.depth = top;
      return;
    }
    const count = this.counts[top];
    if (count > 0) {
      if (!this.take(0x2c)) this.fail(object ? '"," or "}"' : '"," or "]"');
      this.space();
      if (this.bytes[this.place] === end)
        this.fail(object ? 'another member: no comma before "}"' : 'another value: no comma before "]"');
    }
    if (count >= this.limits.each)
      throw new TooLarge(`a list or object has more than ${this.limits.each} entries`);
    this.counts[top] = count + 1;
    if (object) this.name(this.firstNames[top]);
    this.value();
  }

  /** A value, or the beginning of an object or array. */
  private value(): void {
    const { limits } = this;
    this.space();
    if (++this.values > limits.values) throw new TooLarge(`there are more than ${limits.values} values`);
    const byte = this.bytes[this.place];
    if (byte === 0x7b || byte === 0x5b) {
      const top = this.depth;
      if (top >= limits.depth) throw new TooLarge(`values are nested deeper than ${limits.depth}`);
      this.numbers[top] = this.index.begin(this.place);
      this.objects[top] = byte === 0x7b;
      this.counts[top] = 0;
      this.firstNames[top] = this.nameCount;
      this.depth = top + 1;
      this.place++;
    } else if (byte === 0x22) this.string();
    else if (byte === 0x2d || isDigit(byte)) this.number();
    else if (!this.word('true') && !this.word('false') && !this.word('null')) this.fail('a value');
  }

  /** @param first where in `names` those of this object begin */
  private name(first: number): void {
    const { bytes, names } = this;
    const start = this.place;
    if (bytes[start] !== 0x22) this.fail('a name in double quotes');
    this.string();
    const end = this.place;
    this.space();
    if (!this.take(0x3a)) this.fail('":" after the name');
    const count = this.nameCount;
    for (let index = first; index < count; index++)
      if (this.isSame(names[index], start, end)) {
        this.duplicate(start, end);
        return;
      }
    if (count - first >= maximumNames) return;
    names[count] = start;
    this.nameCount = count + 1;
  }

  /** Whether the string that begins at `other` is the one from `start` to `end`, quotes included. */
  private isSame(other: number, start: number, end: number): boolean {
    const { bytes } = this;
    // Names mostly differ in their first letter; the last byte is the quote that ends both.
    for (let index = start + 1; index < end; index++)
      if (bytes[other + index - start] !== bytes[index]) return false;
    return true;
  }

  private duplicate(start: number, end: number): void {
    if (this.duplicates.length >= maximumDuplicates) return;
    let name = '';
    for (let index = start + 1; index < Math.min(end - 1, start + 49); index++)
      name += String.fromCharCode(this.bytes[index]);
    this.duplicates.push({ name, ...this.position(start) });
  }

  private string(): void {
    const { bytes } = this;
    const start = this.place;
    let place = start + 1;
    let byte = bytes[place];
    while (byte !== quote) {
      // Small letters first, which most are.
      if (byte > backslash) place = byte < 0x80 ? place + 1 : this.sequence(place, byte);
      else if (byte >= 0x20 && byte !== backslash) place++;
      else if (byte === backslash) {
        this.place = place + 1;
        this.escape();
        place = this.place;
      } else if (byte === undefined) throw new Unexpected(start, 'the string that begins here has no end');
      else this.control(place, byte);
      byte = bytes[place];
    }
    if (place - start - 1 > this.limits.string)
      throw new TooLarge(`a string is longer than ${this.limits.string} bytes`);
    this.place = place + 1;
  }

  /** Beyond ASCII, where the bytes of a network may be no UTF-8 (RFC 3629). @returns the place of the next character */
  private sequence(place: number, first: number): number {
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    let point = first & (0x3f >> more);
    for (let index = 1; index <= more; index++) {
      const byte = this.bytes[place + index];
      point = (byte & 0xc0) === 0x80 ? (point << 6) | (byte & 0x3f) : -1;
      if (point < 0) break;
    }
    const least = more === 3 ? 0x10000 : more === 2 ? 0x800 : 0x80;
    if (first < 0xc0 || first > 0xf4 || point < least || point > 0x10ffff || (point & ~0x7ff) === 0xd800)
      throw new Unexpected(place, 'the text is not UTF-8');
    return place + more + 1;
  }

  private control(place: number, byte: number): never {
    throw new Unexpected(
      place,
      byte === 0x0a
        ? 'the string is not closed on its line'
        : 'a control character in a string: write it as \\u00…',
    );
  }

  private escape(): void {
    const { bytes } = this;
    const kind = bytes[this.place++];
    if (kind === 0x75) {
      for (let count = 0; count < 4; count++)
        if (!isHex(bytes[this.place++]))
          throw new Unexpected(this.place - 1, 'expected four hexadecimal digits after \\u');
    } else if (kind === undefined || !'"\\/bfnrt'.includes(String.fromCharCode(kind)))
      throw new Unexpected(this.place - 1, 'no such escape in JSON: a backslash itself is written \\\\');
  }

  private number(): void {
    if (this.bytes[this.place] === 0x2d) this.place++;
    if (!this.take(0x30)) this.digits();
    else if (isDigit(this.bytes[this.place]))
      throw new Unexpected(this.place - 1, 'a number does not begin with 0');
    if (this.take(0x2e)) this.digits();
    const exponent = this.bytes[this.place];
    if (exponent === 0x65 || exponent === 0x45) {
      this.place++;
      const sign = this.bytes[this.place];
      if (sign === 0x2b || sign === 0x2d) this.place++;
      this.digits();
    }
  }

  private digits(): void {
    const { bytes } = this;
    let place = this.place;
    let byte = bytes[place];
    if (!isDigit(byte)) this.fail('a digit');
    while (byte >= 0x30 && byte <= 0x39) byte = bytes[++place];
    this.place = place;
  }

  private word(word: string): boolean {
    for (let index = 0; index < word.length; index++)
      if (this.bytes[this.place + index] !== word.charCodeAt(index)) return false;
    this.place += word.length;
    return true;
  }

  private take(byte: number): boolean {
    if (this.bytes[this.place] !== byte) return false;
    this.place++;
    return true;
  }

  /** White space and comments. */
  private space(): void {
    const { bytes } = this;
    let place = this.place;
    for (;;) {
      // Most of an indented text.
      while (bytes[place] === 0x20) place++;
      const byte = bytes[place];
      if (byte === 0x0a || byte === 0x0d || byte === 0x09) place++;
      else if (byte === slash && bytes[place + 1] === slash) {
        while (place < bytes.length && bytes[place] !== 0x0a) bytes[place++] = 0x20;
      } else break;
    }
    this.place = place;
  }

  private fail(expected: string): never {
    const point = this.character(this.place);
    if (point === undefined) throw new Unexpected(this.place, `the text ends where ${expected} is expected`);
    const shown = point < 0x20 || point === 0xa0 || point === 0xfeff ? '' : `${String.fromCodePoint(point)} `;
    const code = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
    const hint = hints[point];
    throw new Unexpected(
      this.place,
      `unexpected ${shown}(${code}), expected ${expected}${hint ? `; ${hint}` : ''}`,
    );
  }

  /** The code point whose UTF-8 begins at `offset`. */
  private character(offset: number): number | undefined {
    const { bytes } = this;
    const first = bytes[offset];
    if (first === undefined || first < 0x80) return first;
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    let point = first & (0x3f >> more);
    for (let index = 1; index <= more; index++) point = (point << 6) | (bytes[offset + index] & 0x3f);
    return point <= 0x10ffff ? point : 0xfffd;
  }

  position(offset: number): { line: number; column: number } {
    let line = 1;
    let column = 1;
    for (let index = 0; index < offset; index++) {
      const byte = this.bytes[index];
      if (byte === 0x0a) {
        line++;
        column = 1;
      } else if ((byte & 0xc0) !== 0x80) column++;
    }
    return { line, column };
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: number | undefined): boolean {
  return isDigit(byte) || (byte !== undefined && (byte & 0xdf) >= 0x41 && (byte & 0xdf) <= 0x46);
}
