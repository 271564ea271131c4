import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { example } from './chance.node';
import { lenientJson } from './lenient';
import { parseMachine } from './machine';

const jsonIn = (text: string) => JSON.parse(lenientJson(text).text);
const remarksOf = (text: string) =>
  lenientJson(text).remarks.map(({ code, message }) => `${code} ${message}`);

describe('what examples leave out', () => {
  test.each([
    ['{"a": [ ... , 1]}', { a: [1] }],
    ['{"a": [1, ...]}', { a: [1] }],
    ['{"a": [1, ..., 2]}', { a: [1, 2] }],
    ['{"a": [...]}', { a: [] }],
    ['{"a": [{ ... }]}', { a: [] }],
    ['{"a": [{...}, {"b": 1}, {…}]}', { a: [{ b: 1 }] }],
    ['{"a": { ... }, "b": 1}', { a: {}, b: 1 }],
    ['{ ... , "b": 1, ... }', { b: 1 }],
    ['{"a": [\n  // before\n  ...\n  // behind\n  ,\n  1]}', { a: [1] }],
    ['{"a": [ … ]}', { a: [] }],
  ])('is taken out with its comma: %s', (text, value) => {
    expect(jsonIn(text)).toEqual(value);
  });

  test('is told once, with its place', () => {
    expect(remarksOf('{\n  "a": [ ... ],\n  "b": [ ... ]\n}')).toEqual([
      'json-elided line 2, column 10: dots stand for something left out: it is read without them',
    ]);
  });

  test('is no excuse for a comma too many or too few elsewhere', () => {
    for (const text of ['{"a": [1,,2, ...]}', '{"a": [1 ... 2]}', '{"a": [...], "b": [1,]}'])
      expect(() => jsonIn(text), text).toThrow(SyntaxError);
  });
});

describe('typographic quotes', () => {
  test('are taken as straight ones, and told once, with their place', () => {
    expect(jsonIn('{“pin”: "27", "other": „28“}')).toEqual({ pin: '27', other: '28' });
    expect(remarksOf('{“pin”: “27”}')).toEqual([
      'typographic-quotes line 1, column 2: typographic quotes are taken as "',
    ]);
  });

  test('in a text stay what they are', () => {
    expect(jsonIn('{"a": "he said “so”..."}')).toEqual({ a: 'he said “so”...' });
    expect(remarksOf('{"a": "“so” // ..."}')).toEqual([]);
  });
});

test('comments go, and what looks like one in a text stays', () => {
  expect(jsonIn('{"a": "http://b" // c "d"\n}')).toEqual({ a: 'http://b' });
});

test('what is JSON stays as it is, whatever it holds', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(lenientJson(text)).toEqual({ text, remarks: [] });
    }),
  );
});

test('whatever the text is, every character that stays keeps its place', () => {
  const pieces = fc.constantFrom(...'{}[]:,"“”…./\\ \n1a'.split(''), '...', '//', '{...}');
  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      const text = parts.join('');
      const { text: read } = lenientJson(text);
      expect(read).toHaveLength(text.length);
      for (let at = 0; at < text.length; at++)
        if (read[at] !== ' ' && read[at] !== '"') expect(read[at]).toBe(text[at]);
    }),
  );
});

describe('the examples of the specification, as they stand', () => {
  test('the camera that is left out in part is captured', () => {
    const { problems, collectors, dataManager, remotes } = parseMachine(example('camera-elided'));
    expect(problems.map(({ severity, code }) => `${severity} ${code}`)).toEqual(['warning json-elided']);
    expect(remotes).toEqual([]);
    expect(dataManager).toMatchObject({ configured: true, syncInterval: 300_000, captureDir: undefined });
    expect(collectors).toMatchObject([
      {
        identity: {
          resource: 'rdk:component:camera/cam',
          method: 'ReadImage',
          parameters: { reader_name: 'cam1', mime_type: 'image/jpeg' },
        },
        frequency: { numerator: 333, denominator: 1000 },
        retention: { days: 5 },
      },
    ]);
  });

  test('the ESP32 with a pin in typographic quotes is asked for all three', () => {
    const { problems, remotes } = parseMachine(example('remote-esp32'));
    expect(problems.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
      'warning typographic-quotes',
      'warning json-duplicate',
      'warning json-duplicate',
    ]);
    expect(
      remotes[0]!.collectors.map(({ identity: { method, parameters } }) => [method, parameters]),
    ).toEqual([
      ['Analogs', { reader_name: 'A1' }],
      ['Analogs', { reader_name: 'A2' }],
      ['Gpios', { pin_name: '27' }],
    ]);
    expect(() => JSON.parse(remotes[0]!.additions)).not.toThrow();
  });
});
