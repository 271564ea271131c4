import { expect, test } from 'vitest';
import { type JsonLimits, PART_LIMITS, readJson } from './json';

function faultOf(text: string, limits: JsonLimits = PART_LIMITS): string {
  const { fault } = readJson(text, limits);
  if (!fault) throw new Error('there is no fault');
  return `${fault.line}:${fault.column} ${fault.message}`;
}

test('comments to the end of the line are allowed wherever white space is', () => {
  const text = '// first\n{ // second\n "a": [1, // third "]\n 2], "b": "no // comment", "c": 3 }// last';
  expect(readJson(text, PART_LIMITS)).toEqual({
    value: { a: [1, 2], b: 'no // comment', c: 3 },
    duplicates: [],
  });
});

test('a comment sign in a string, after an escaped quote, is part of the string', () => {
  expect(readJson('{"uri": "a\\"//b", "é": "\\\\"} // "', PART_LIMITS).value).toEqual({
    uri: 'a"//b',
    é: '\\',
  });
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
  expect(readJson('{"a": {"name": 1,\n "x": 0, "name": 2}, "a:b": "c:d"}', PART_LIMITS)).toEqual({
    value: { a: { name: 2, x: 0 }, 'a:b': 'c:d' },
    duplicates: [{ name: 'name', line: 2, column: 10 }],
  });
});

test('names that JavaScript itself uses are ordinary members', () => {
  const { value } = readJson(
    '{"__proto__": {"polluted": true}, "constructor": 1, "toString": 2}',
    PART_LIMITS,
  );
  expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor', 'toString']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test.each([
  ['bytes', { bytes: 16, depth: 9, values: 9 }, '"aaaaaaaaaaaaaaaaaaaa"', 'the text is longer than 16 bytes'],
  [
    'bytes, not characters',
    { bytes: 16, depth: 9, values: 9 },
    '"ééééééééé"',
    'the text is longer than 16 bytes',
  ],
  ['depth', { bytes: 99, depth: 3, values: 9 }, '[[[[]]]]', 'values are nested deeper than 3'],
  ['values', { bytes: 99, depth: 3, values: 4 }, '[1,2,3,4,5]', 'there are more than 4 values'],
])('a text above the limit of %s is refused before it is parsed', (_, limits, text, message) => {
  expect(readJson(text, limits).fault).toMatchObject({ code: 'json-too-large', message });
});

test('a text of nothing but opening brackets is refused without recursing', () => {
  expect(faultOf('['.repeat(20_000))).toBe('0:0 values are nested deeper than 16');
});
