import { expect, test } from 'vitest';
import { parseRecording, RecordingError } from './recording';

test.each([
  ['a name and values', 'counts\n1\n2.5\n', 'counts', [1, 2.5]],
  ['values alone', '1\n2\n', undefined, [1, 2]],
  ['lines that end by CR LF', 'v\r\n1\r\n2\r\n', 'v', [1, 2]],
  ['lines that end by CR', 'v\r1\r2\r', 'v', [1, 2]],
  ['a byte order mark', '\ufeff1\n2', undefined, [1, 2]],
  ['empty lines at the end', '1\n2\n\n \n', undefined, [1, 2]],
  ['quotes, as a spreadsheet writes them', '"ECG, mV"\n"1"\n"-2e3"\n', 'ECG, mV', [1, -2000]],
  ['levels', 'true\nfalse\n', undefined, [1, 0]],
  ['what is no number, from the first line on', 'NaN\n-Infinity\n', undefined, [Number.NaN, -Infinity]],
])('reads %s', (_, text, name, values) => {
  const recording = parseRecording(text);
  expect([...recording.values]).toEqual(values);
  expect(recording.name).toBe(name);
});

test.each([
  ['an empty cell', '1\n\n2\n', 2, 'the line is empty'],
  ['an empty first cell', '\n1\n', 1, 'the line is empty'],
  ['a decimal comma, also in the first line', '1,5\n2\n', 1, 'decimals are written with a point'],
  ['two columns', 'v\n1;2\n', 2, 'a recording has one column'],
  ['names of two columns', 'time,value\n1,2\n', 1, 'a recording has one column'],
  ['a second name', 'volts\nsensor\n1\n', 2, "'sensor' is not one value"],
  ['hexadecimal numbers', '1\n0x1F\n', 2, 'hexadecimal numbers are not read'],
  ['units', '12 mV\n', 1, 'leave out the unit'],
  ['NUL', '1\n2\u0000\n', 2, 'NUL'],
  ['a number beyond doubles', '1\n1e999\n', 2, 'too large'],
  ['nothing', '', 0, 'holds no values'],
  ['a name and nothing else', 'v\n', 0, 'holds no values'],
])('names the line of %s', (_, text, line, message) => {
  let caught: unknown;
  try {
    parseRecording(text);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(RecordingError);
  expect((caught as RecordingError).line).toBe(line);
  expect((caught as RecordingError).message).toContain(message);
});

test('says which encoding a file has that is none in UTF-8', () => {
  expect(() => parseRecording(Buffer.from('\ufeff1\n2', 'utf16le'))).toThrow('is UTF-16: save it as UTF-8');
  expect(() => parseRecording(Buffer.from('\u00b5V\n1', 'latin1'))).toThrow('is not UTF-8');
});
