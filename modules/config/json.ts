/**
 * Reads JSON in which `//` comments are allowed, from people: every fault has a line and a column.
 *
 * The engine's own `JSON.parse` does the work (in XS it is native, and a configuration is read while others sample).
 * Before it goes one pass over the bytes which blanks comments and bounds depth and number of values, because the
 * native parser recurses and allocates without asking. Only a text it refuses is gone through once more, by the
 * grammar in `json-grammar`, to say where and why.
 */

import { checkGrammar, type JsonDuplicate, type JsonFault } from './json-grammar';
import { decodeUtf8, encodeUtf8 } from './utf8';

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

export interface JsonLimits {
  /** Bytes of UTF-8. */
  bytes: number;
  /** Objects and arrays inside each other. */
  depth: number;
  /** Members and elements in all. */
  values: number;
}

export type JsonReading =
  | { value: Json; duplicates: JsonDuplicate[]; fault?: undefined }
  | { value?: undefined; fault: JsonFault };

/** A part's configuration: what an ESP32 has room for beside its running collectors. */
export const PART_LIMITS: Readonly<JsonLimits> = Object.freeze({ bytes: 24_576, depth: 16, values: 1_536 });
/** A main machine's configuration, read by Node. */
export const MACHINE_LIMITS: Readonly<JsonLimits> = Object.freeze({
  bytes: 4_194_304,
  depth: 64,
  values: 262_144,
});

const SPACE = 0x20;
const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const SLASH = 0x2f;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Total: returns a value or a fault, whatever the text is. */
export function readJson(text: string, limits: JsonLimits): JsonReading {
  // A character is at least a byte: no need to encode what is too long anyway.
  if (text.length > limits.bytes) return { fault: tooLarge(`the text is longer than ${limits.bytes} bytes`) };
  const bytes = encodeUtf8(text);
  if (bytes.length > limits.bytes)
    return { fault: tooLarge(`the text is longer than ${limits.bytes} bytes`) };
  const scan = blankComments(bytes, limits);
  if (scan.fault) return { fault: tooLarge(scan.fault) };
  let value: Json;
  try {
    value = JSON.parse(scan.comments ? decodeUtf8(bytes) : text) as Json;
  } catch {
    const checked = checkGrammar(encodeUtf8(text));
    return {
      fault: checked.fault ?? { code: 'json-syntax', line: 1, column: 1, message: 'this is not JSON' },
    };
  }
  // Members written twice are fewer in the value than colons in the text.
  const duplicates = countMembers(value) === scan.members ? [] : checkGrammar(encodeUtf8(text)).duplicates;
  return { value, duplicates };
}

function tooLarge(message: string): JsonFault {
  return { code: 'json-too-large', line: 0, column: 0, message };
}

/** Overwrites comments with spaces, so that positions stay; counts members; stops at the first limit that is passed. */
function blankComments(bytes: Uint8Array, limits: JsonLimits) {
  const length = bytes.length;
  let comments = false;
  let members = 0;
  let values = 1;
  let depth = 0;
  let index = 0;
  while (index < length) {
    const byte = bytes[index++];
    if (byte === QUOTE) {
      let next = bytes[index++];
      while (index <= length && next !== QUOTE) {
        if (next === BACKSLASH) index++;
        next = bytes[index++];
      }
    } else if (byte === COMMA) values++;
    else if (byte === COLON) members++;
    else if ((byte & 0xdf) === 0x5b) {
      // [ and { differ in one bit
      values++;
      if (++depth > limits.depth)
        return { fault: `values are nested deeper than ${limits.depth}`, comments, members };
    } else if ((byte & 0xdf) === 0x5d) depth--;
    else if (byte === SLASH && bytes[index] === SLASH) {
      comments = true;
      index--;
      while (index < length && bytes[index] !== NEWLINE) bytes[index++] = SPACE;
    }
    if (values > limits.values)
      return { fault: `there are more than ${limits.values} values`, comments, members };
  }
  return { comments, members };
}

function countMembers(value: Json): number {
  if (value === null || typeof value !== 'object') return 0;
  let count = 0;
  if (Array.isArray(value)) for (const element of value) count += countMembers(element);
  else for (const name of Object.keys(value)) count += 1 + countMembers(value[name]);
  return count;
}
