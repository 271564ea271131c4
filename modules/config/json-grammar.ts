/**
 * JSON's grammar (RFC 8259) and `//` comments: names the place of a fault in words, notes where objects and arrays end,
 * and overwrites comments with spaces, so that all places stay.
 */

import type { JsonLimits } from './json';

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
const MAXIMUM_DUPLICATES = 8;
/** Of one object that are compared with each other. */
const MAXIMUM_NAMES = 64;

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

/** Where each object and array ends, by where it begins. */
export class JsonIndex {
  private starts = new Uint32Array(32);
  private ends = new Uint32Array(32);
  private count = 0;

  /** Returns the number to close it by. Begins come in order. */
  begin(start: number): number {
    if (this.count === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.starts[this.count] = start;
    return this.count++;
  }

  close(number: number, end: number): void {
    this.ends[number] = end;
  }

  /** Of an object or array that begins at `start`. */
  endOf(start: number): number {
    let [low, high] = [0, this.count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] < start) low = middle + 1;
      else high = middle;
    }
    return this.ends[low];
  }
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

class TooLarge extends Error {}

const QUOTE = 0x22;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;

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

/** The names of an object: where they begin, so that no text is kept, and a sum of their bytes. */
interface Names {
  starts: number[];
  sums: number[];
}

/** An object or array whose end is still to come. */
interface Open {
  /** Its number in the index. */
  number: number;
  object: boolean;
  count: number;
  names: Names;
}

/** Not recursive: an ESP32 has a stack of some 400 slots for everything. */
class Grammar {
  private readonly bytes: Uint8Array;
  private readonly limits: JsonLimits;
  private readonly open: Open[] = [];
  private place = 0;
  private values = 0;
  readonly index = new JsonIndex();
  readonly duplicates: JsonDuplicate[] = [];

  constructor(bytes: Uint8Array, limits: JsonLimits) {
    this.bytes = bytes;
    this.limits = limits;
  }

  text(): void {
    this.value();
    for (let top = this.top(); top; top = this.top()) this.next(top);
    this.space();
    if (this.place < this.bytes.length) this.fail('the end of the text');
  }

  private top(): Open | undefined {
    return this.open[this.open.length - 1];
  }

  /** The next member or element of `top`, or its end. */
  private next(top: Open): void {
    const end = top.object ? 0x7d : 0x5d;
    this.space();
    if (this.take(end)) {
      this.index.close(top.number, this.place);
      this.open.pop();
      return;
    }
    if (top.count > 0) {
      if (!this.take(0x2c)) this.fail(top.object ? '"," or "}"' : '"," or "]"');
      this.space();
      if (this.bytes[this.place] === end)
        this.fail(top.object ? 'another member: no comma before "}"' : 'another value: no comma before "]"');
    }
    if (++top.count > this.limits.each)
      throw new TooLarge(`a list or object has more than ${this.limits.each} entries`);
    if (top.object) this.name(top.names);
    this.value();
  }

  /** A value, or the beginning of an object or array. */
  private value(): void {
    const { limits, open } = this;
    this.space();
    if (++this.values > limits.values) throw new TooLarge(`there are more than ${limits.values} values`);
    const byte = this.bytes[this.place];
    if (byte === 0x7b || byte === 0x5b) {
      if (open.length >= limits.depth) throw new TooLarge(`values are nested deeper than ${limits.depth}`);
      open.push({
        number: this.index.begin(this.place),
        object: byte === 0x7b,
        count: 0,
        names: { starts: [], sums: [] },
      });
      this.place++;
    } else if (byte === 0x22) this.string();
    else if (byte === 0x2d || isDigit(byte)) this.number();
    else if (!this.word('true') && !this.word('false') && !this.word('null')) this.fail('a value');
  }

  private name(names: Names): void {
    const start = this.place;
    if (this.bytes[start] !== 0x22) this.fail('a name in double quotes');
    this.string();
    const end = this.place;
    this.space();
    if (!this.take(0x3a)) this.fail('":" after the name');
    // Equal sums are rare and looked at: names are not worth comparing one by one.
    const { bytes } = this;
    let sum = 0;
    for (let index = start + 1; index < end - 1; index++) sum = ((sum << 5) - sum + bytes[index]) | 0;
    if (names.sums.includes(sum) && names.starts.some((other) => this.isSame(other, start, end)))
      this.duplicate(start, end);
    else if (names.sums.length < MAXIMUM_NAMES) {
      names.sums.push(sum);
      names.starts.push(start);
    }
  }

  /** Whether the string that begins at `other` is the one from `start` to `end`, quotes included. */
  private isSame(other: number, start: number, end: number): boolean {
    for (let index = start; index < end; index++)
      if (this.bytes[other + index - start] !== this.bytes[index]) return false;
    return true;
  }

  private duplicate(start: number, end: number): void {
    if (this.duplicates.length >= MAXIMUM_DUPLICATES) return;
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
    while (byte !== QUOTE) {
      // Small letters first, which most are.
      if (byte > BACKSLASH || (byte >= 0x20 && byte !== BACKSLASH)) place++;
      else if (byte === BACKSLASH) {
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
      else if (byte === SLASH && bytes[place + 1] === SLASH) {
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
