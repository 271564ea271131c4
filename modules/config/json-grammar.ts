/** JSON's grammar (RFC 8259) and `//` comments, gone through by hand to name the place of a fault in words. */

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
const MAXIMUM_DEPTH = 64;

/** Never throws. `bytes` is UTF-8 and is not changed. */
export function checkGrammar(bytes: Uint8Array): { fault?: JsonFault; duplicates: JsonDuplicate[] } {
  const grammar = new Grammar(bytes);
  try {
    grammar.text();
    return { duplicates: grammar.duplicates };
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    const { line, column } = grammar.position(error.offset);
    return { fault: { code: 'json-syntax', line, column, message: error.message }, duplicates: [] };
  }
}

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

class Grammar {
  private readonly bytes: Uint8Array;
  private index = 0;
  readonly duplicates: JsonDuplicate[] = [];

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  text(): void {
    this.value('a value', 0);
    this.space();
    if (this.index < this.bytes.length) this.fail('the end of the text');
  }

  private value(expected: string, depth: number): void {
    this.space();
    const byte = this.bytes[this.index];
    if (byte === 0x7b) this.object(depth + 1);
    else if (byte === 0x5b) this.array(depth + 1);
    else if (byte === 0x22) this.string();
    else if (byte === 0x2d || isDigit(byte)) this.number();
    else if (!this.word('true') && !this.word('false') && !this.word('null')) this.fail(expected);
  }

  private object(depth: number): void {
    if (depth > MAXIMUM_DEPTH)
      throw new Unexpected(this.index, `values are nested deeper than ${MAXIMUM_DEPTH}`);
    const names = new Set<string>();
    this.index++;
    this.space();
    if (this.take(0x7d)) return;
    for (;;) {
      this.space();
      const start = this.index;
      if (this.bytes[start] !== 0x22) this.fail('a name in double quotes');
      this.string();
      this.name(names, start);
      this.space();
      if (!this.take(0x3a)) this.fail('":" after the name');
      this.value('a value', depth);
      this.space();
      if (this.take(0x7d)) return;
      if (!this.take(0x2c)) this.fail('"," or "}"');
      this.space();
      if (this.bytes[this.index] === 0x7d) this.fail('another member: no comma before "}"');
    }
  }

  private name(names: Set<string>, start: number): void {
    let name = '';
    for (let index = start + 1; index < this.index - 1; index++)
      name += String.fromCharCode(this.bytes[index]);
    if (names.has(name) && this.duplicates.length < MAXIMUM_DUPLICATES)
      this.duplicates.push({ name: name.slice(0, 48), ...this.position(start) });
    names.add(name);
  }

  private array(depth: number): void {
    if (depth > MAXIMUM_DEPTH)
      throw new Unexpected(this.index, `values are nested deeper than ${MAXIMUM_DEPTH}`);
    this.index++;
    this.space();
    if (this.take(0x5d)) return;
    for (;;) {
      this.value('a value', depth);
      this.space();
      if (this.take(0x5d)) return;
      if (!this.take(0x2c)) this.fail('"," or "]"');
      this.space();
      if (this.bytes[this.index] === 0x5d) this.fail('another value: no comma before "]"');
    }
  }

  private string(): void {
    const { bytes } = this;
    const start = this.index++;
    for (;;) {
      const byte = bytes[this.index];
      if (byte === undefined) throw new Unexpected(start, 'the string that begins here has no end');
      if (byte < 0x20)
        throw new Unexpected(
          this.index,
          byte === 0x0a
            ? 'the string is not closed on its line'
            : 'a control character in a string: write it as \\u00…',
        );
      this.index++;
      if (byte === 0x22) return;
      if (byte === 0x5c) this.escape();
    }
  }

  private escape(): void {
    const { bytes } = this;
    const kind = bytes[this.index++];
    if (kind === 0x75) {
      for (let count = 0; count < 4; count++)
        if (!isHex(bytes[this.index++]))
          throw new Unexpected(this.index - 1, 'expected four hexadecimal digits after \\u');
    } else if (kind === undefined || !'"\\/bfnrt'.includes(String.fromCharCode(kind)))
      throw new Unexpected(this.index - 1, 'no such escape in JSON: a backslash itself is written \\\\');
  }

  private number(): void {
    if (this.bytes[this.index] === 0x2d) this.index++;
    if (!this.take(0x30)) this.digits();
    else if (isDigit(this.bytes[this.index]))
      throw new Unexpected(this.index - 1, 'a number does not begin with 0');
    if (this.take(0x2e)) this.digits();
    const exponent = this.bytes[this.index];
    if (exponent === 0x65 || exponent === 0x45) {
      this.index++;
      const sign = this.bytes[this.index];
      if (sign === 0x2b || sign === 0x2d) this.index++;
      this.digits();
    }
  }

  private digits(): void {
    if (!isDigit(this.bytes[this.index])) this.fail('a digit');
    while (isDigit(this.bytes[this.index])) this.index++;
  }

  private word(word: string): boolean {
    for (let index = 0; index < word.length; index++)
      if (this.bytes[this.index + index] !== word.charCodeAt(index)) return false;
    this.index += word.length;
    return true;
  }

  private take(byte: number): boolean {
    if (this.bytes[this.index] !== byte) return false;
    this.index++;
    return true;
  }

  /** White space and comments. */
  private space(): void {
    const { bytes } = this;
    for (;;) {
      const byte = bytes[this.index];
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) this.index++;
      else if (byte === 0x2f && bytes[this.index + 1] === 0x2f) {
        while (this.index < bytes.length && bytes[this.index] !== 0x0a) this.index++;
      } else return;
    }
  }

  private fail(expected: string): never {
    const point = this.character(this.index);
    if (point === undefined) throw new Unexpected(this.index, `the text ends where ${expected} is expected`);
    const shown = point < 0x20 || point === 0xa0 || point === 0xfeff ? '' : `${String.fromCodePoint(point)} `;
    const code = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
    const hint = hints[point];
    throw new Unexpected(
      this.index,
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
