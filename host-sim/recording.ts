/**
 * Recorded signals: a text of one value a line, which a first line may name. One reader for whoever takes them, so that
 * a file is right or wrong everywhere, and by the same line.
 *
 * In: the file's bytes. Out: its values. A value is a decimal number (`12`, `-0.5`, `.5e3`), `true`, `false`, `NaN` or
 * `Infinity`, quoted or not. Lines end by LF, CR LF or CR; empty ones at the end are no values.
 */
import { readFileSync, statSync } from 'node:fs';

export interface Recording {
  values: Float64Array;
  /** What the first line calls them. */
  name?: string;
  /** The line of the first value, from 1. */
  first: number;
}

/** What is wrong with a recording; `line` from 1, 0 when it is the whole. */
export class RecordingError extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
    this.name = 'RecordingError';
  }
}

/** Bytes of a recording: days of readings at 100 Hz, held in memory as text and as numbers. */
const longest = 256 << 20;

const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** @throws Error that names file and line */
export function readRecording(path: string | URL): Recording {
  let bytes: Buffer | undefined;
  try {
    if (statSync(path).size <= longest) bytes = readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR') throw new Error(`${path} is a directory, not a recording`, { cause: error });
    const reason = code === 'ENOENT' ? `there is no file ${path}` : `cannot read ${path}: ${message}`;
    throw new Error(reason, { cause: error });
  }
  if (bytes === undefined) throw new Error(`${path} is longer than ${longest >> 20} MiB: cut it`);
  try {
    return parseRecording(bytes);
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    throw new Error(error.line > 0 ? `${path}:${error.line}: ${error.message}` : `${path} ${error.message}`);
  }
}

/** @throws RecordingError */
export function parseRecording(bytes: string | Uint8Array): Recording {
  const text = typeof bytes === 'string' ? bytes : textOf(bytes);
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop();
  const name = lines.length > 0 && isName(lines[0]!) ? unquoted(lines[0]!) : undefined;
  const begin = name === undefined ? 0 : 1;
  if (lines.length === begin) throw new RecordingError(0, 'holds no values');
  const values = new Float64Array(lines.length - begin);
  for (let index = 0; index < values.length; index += 1) {
    const line = lines[begin + index]!;
    const value = numberIn(unquoted(line));
    if (value === undefined) throw new RecordingError(begin + index + 1, faultOf(line));
    values[index] = value;
  }
  return { values, first: begin + 1, ...(name !== undefined && { name }) };
}

function textOf(bytes: Uint8Array): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new RecordingError(0, 'is UTF-16: save it as UTF-8');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RecordingError(0, 'is not UTF-8: save it as UTF-8');
  }
}

/** What begins like a number is a value, or meant to be one; what has columns is no name. */
function isName(line: string): boolean {
  const text = unquoted(line);
  return /^\p{L}/u.test(text) && numberIn(text) === undefined && columns(line) === 1 && !line.includes('\0');
}

function numberIn(text: string): number | undefined {
  if (number.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  switch (text.toLowerCase()) {
    case 'true':
      return 1;
    case 'false':
      return 0;
    case 'nan':
      return Number.NaN;
    case 'inf':
    case '+inf':
    case 'infinity':
    case '+infinity':
      return Number.POSITIVE_INFINITY;
    case '-inf':
    case '-infinity':
      return Number.NEGATIVE_INFINITY;
    default:
      return undefined;
  }
}

function unquoted(line: string): string {
  return line
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim();
}

function columns(line: string): number {
  return line
    .trim()
    .replace(/^"[^"]*"$/, '')
    .split(/[,;\t]/).length;
}

function faultOf(line: string): string {
  const text = unquoted(line);
  const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text).slice(1, -1);
  const is = `'${shown}' is not one value`;
  if (line.includes('\0')) return `${is}: it has NUL characters, so the file is no text in UTF-8`;
  if (text === '') return `${is}: the line is empty`;
  if (/^[+-]?\d+,\d+$/.test(text))
    return `${is}: decimals are written with a point, and a recording has one column`;
  if (columns(line) > 1) return `${is}: a recording has one column`;
  if (/^[+-]?0x[\da-f]+$/i.test(text)) return `${is}: hexadecimal numbers are not read`;
  if (number.test(text)) return `${is}: it is too large for a double`;
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*[\p{L}%°µ]/iu.test(text)) return `${is}: leave out the unit`;
  return is;
}
