import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runs } from '../../test/chance';
import { type JsonValue, machineLimits, partLimits, readJson } from './json';
import type { JsonLimits } from './json-grammar';
import { encodeUtf8 } from './utf8';

function faultOf(text: string, limits: JsonLimits = partLimits): string {
  const { fault } = readJson(text, limits);
  if (!fault) throw new Error('there is no fault');
  return `${fault.line}:${fault.column} ${fault.message}`;
}

/** The whole value, read place by place. */
function readWhole(text: string): unknown {
  const { value } = readJson(text, machineLimits);
  return value && wholeOf(value);
}

function wholeOf(value: JsonValue): unknown {
  if (value.kind === 'array') return value.elements().map(wholeOf);
  if (value.kind === 'string') return value.string();
  if (value.kind === 'number') return value.number();
  if (value.kind === 'boolean') return value.boolean();
  if (value.kind === 'null') return null;
  return Object.fromEntries(value.names().map((name) => [name, wholeOf(value.member(name)!)]));
}

test('comments to the end of the line are allowed wherever white space is', () => {
  const text = '// first\n{ // second\n "a": [1, // third "]\n 2], "b": "no // comment", "c": 3 }// last';
  expect(readWhole(text)).toEqual({ a: [1, 2], b: 'no // comment', c: 3 });
});

test('a comment sign in a string, after an escaped quote, is part of the string', () => {
  expect(readWhole('{"uri": "a\\"//b", "é": "\\\\"} // "')).toEqual({ uri: 'a"//b', é: '\\' });
});

test('any JSON is read as the engine’s parser reads it', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary', maxDepth: 6 }), (text) => {
      // A lone surrogate has no UTF-8.
      if (Buffer.from(text).toString() === text) expect(readWhole(text)).toEqual(JSON.parse(text));
    }),
    runs(500),
  );
});

test.each([
  ['', '1:1 the text ends where a value is expected'],
  ['{\n  "a": 1,\n}', '3:1 unexpected } (U+007D), expected another member: no comma before "}"'],
  ['[1, 2,]', '1:7 unexpected ] (U+005D), expected another value: no comma before "]"'],
  ['{"a" 1}', '1:6 unexpected 1 (U+0031), expected ":" after the name'],
  ['{"a": 1 "b": 2}', '1:9 unexpected " (U+0022), expected "," or "}"'],
  [
    "{'a': 1}",
    "1:2 unexpected ' (U+0027), expected a name in double quotes; JSON strings stand in double quotes",
  ],
  ['{"é": “27”}', '1:7 unexpected “ (U+201C), expected a value; typographic quotes are not JSON: write "'],
  [
    '[\n...\n]',
    '2:1 unexpected . (U+002E), expected a value; dots stand for something left out: write it in full',
  ],
  ['[1, /* two */ 2]', '1:5 unexpected / (U+002F), expected a value; only // begins a comment'],
  ['[01]', '1:2 a number does not begin with 0'],
  ['[1.]', '1:4 unexpected ] (U+005D), expected a digit'],
  ['[+1]', '1:2 unexpected + (U+002B), expected a value'],
  ['[NaN]', '1:2 unexpected N (U+004E), expected a value'],
  ['["a\nb"]', '1:4 the string is not closed on its line'],
  ['["abc', '1:2 the string that begins here has no end'],
  ['["\\x41"]', '1:4 no such escape in JSON: a backslash itself is written \\\\'],
  ['["\\u12g4"]', '1:7 expected four hexadecimal digits after \\u'],
  ['{} {}', '1:4 unexpected { (U+007B), expected the end of the text'],
  ['\ufeff{}', '1:1 unexpected (U+FEFF), expected a value; the text begins with a byte order mark'],
])('%j is not JSON, and the place and the reason are said', (text, message) => {
  expect(faultOf(text)).toBe(message);
});

test('members written twice are found and named, and the last one counts', () => {
  const reading = readJson('{"a": {"name": 1,\n "x": 0, "name": 2}, "a:b": "c:d"}', partLimits);
  expect(reading).toMatchObject({ duplicates: [{ name: 'name', line: 2, column: 10 }] });
  expect(reading.value?.member('a')?.member('name')?.number()).toBe(2);
});

test('UTF-8 is read where it lies, as the text is', () => {
  const message = encodeUtf8('before {"é": ["\ufeff🙂", "\\u00e9"]} after');
  const { value } = readJson(message.subarray(7, message.length - 6), partLimits);
  expect(value && wholeOf(value)).toEqual({ é: ['\ufeff🙂', 'é'] });
});

test('bytes are taken exactly when they are UTF-8', () => {
  const strict = new TextDecoder('utf-8', { fatal: true });
  const part = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).map(encodeUtf8),
    fc.constantFrom([0xed, 0xa0, 0x80], [0xf8, 0x90, 0x90, 0x90], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0x80]),
  );
  fc.assert(
    fc.property(part, (middle) => {
      const bytes = Uint8Array.from([0x22, 0x61, ...middle, 0x62, 0x22]);
      let expected: unknown;
      try {
        expected = JSON.parse(strict.decode(bytes));
      } catch {
        expected = undefined;
      }
      expect(readJson(bytes, partLimits).value?.string()).toEqual(expected);
    }),
    runs(2_000),
  );
});

test('names that JavaScript itself uses are ordinary members', () => {
  const text = '{"__proto__": {"polluted": true}, "constructor": 1, "toString": 2}';
  const { value } = readJson(text, partLimits);
  expect(value?.names()).toEqual(['__proto__', 'constructor', 'toString']);
  expect(value?.member('hasOwnProperty')).toBeUndefined();
});

test.each([
  [
    'bytes',
    { bytes: 16, depth: 9, values: 9, each: 9, string: 99 },
    '"aaaaaaaaaaaaaaaaaaaa"',
    'the text is longer than 16 bytes',
  ],
  [
    'bytes, not characters',
    { bytes: 16, depth: 9, values: 9, each: 9, string: 99 },
    '"ééééééééé"',
    'the text is longer than 16 bytes',
  ],
  [
    'depth',
    { bytes: 99, depth: 3, values: 9, each: 9, string: 99 },
    '[[[[]]]]',
    'values are nested deeper than 3',
  ],
  [
    'entries of a list',
    { bytes: 99, depth: 3, values: 9, each: 4, string: 99 },
    '[1,2,3,4,5]',
    'a list or object has more than 4 entries',
  ],
  [
    'bytes of a string',
    { bytes: 99, depth: 3, values: 9, each: 4, string: 4 },
    '["abcde"]',
    'a string is longer than 4 bytes',
  ],
  [
    'values',
    { bytes: 99, depth: 3, values: 4, each: 9, string: 99 },
    '[1,2,3,4,5]',
    'there are more than 4 values',
  ],
])('a text above the limit of %s is refused before it is parsed', (_, limits, text, message) => {
  expect(readJson(text, limits).fault).toMatchObject({ code: 'json-too-large', message });
});

test('a text of nothing but opening brackets is refused without recursing', () => {
  expect(faultOf('['.repeat(12_000))).toBe('0:0 values are nested deeper than 16');
});
