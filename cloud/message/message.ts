/**
 * The standardised message of the IoT platform (data formats, "messages sent to the pipeline topic"), checked
 * and brought to normal form: one line of JSON and its points.
 */

import { isUtf8 } from 'node:buffer';
import { schemaFault } from '@sluice/common/errors';
import { z } from 'zod';
import {
  flattenBounds,
  leavesOf,
  type Value as PlainValue,
  tagRecord,
} from '../../modules/message/platform-message';
import { exactly } from './exact-integers';

/** An integer that no double holds is a bigint. */
export type Value = PlainValue | bigint;

export interface Point {
  field: string;
  value: Value;
}

export interface TimedPoint extends Point {
  /** Milliseconds since 1970. */
  time: number;
}

/** Names a reading in all the world: the block it came in and its place there. */
export interface ReadingName {
  block: string;
  index: number;
}

export interface Message {
  appId: string;
  devId: string;
  /** Milliseconds since 1970: the measurement's, or the arrival's when the message has none. */
  time: number;
  /** The message as it arrived, on one line, without the line's end; the arrival's `time` added if it had none. */
  line: string;
  points: Point[];
  /** Tag keys and values, sorted by key. `dev_id` is a tag of every point and not repeated here. */
  tags: Record<string, string>;
  /** Of its values, where the message says one. */
  unit?: string | undefined;
  name?: ReadingName;
}

export interface Topic {
  appId: string;
  devId: string;
}

export type Refusal = {
  /** `identifiers`: the topic names another project or device; `invalid`: not a standardised message. */
  kind: 'identifiers' | 'invalid' | 'forbidden';
  /** JSON path of the offending place, `$` for the whole. */
  path: string;
  message: string;
};

export type ParsedMessage = { message: Message } | { refusal: Refusal };

/** The largest message taken, in bytes. */
export const messageLimit = 1_048_576;
/** Bytes that the arrival's time may add to it. */
const timeRoom = 32;
const identifierLimit = 200;
const unitLimit = 64;
/** Less than any bound. */
const plainValues = 100;
/** Milliseconds from 1970 that a date can have, either way. */
export const timeLimit = 8.64e15;

const schema = z.looseObject({
  app_id: z.string(),
  dev_id: z.string(),
  time: z.int().min(-timeLimit).max(timeLimit).optional(),
  payload_fields: z.record(z.string(), z.unknown()),
  tag_fields: z.record(z.string(), z.unknown()).optional(),
});

/** `<part>/<boot>/<stream>/<sequence>`, as ARCHITECTURE.md has it. */
const blockNamePattern = /^[^/]+\/\d+-[0-9a-f]{1,8}\/\d+\/\d+$/;
const longestBlockName = 512;

type Content = z.infer<typeof schema>;

/** A message as a door hands it on. */
export interface CheckedMessage {
  appId: string;
  devId: string;
  /** UTF-8; the message as it arrived, on one line, the arrival's `time` added if it had none. */
  line: Uint8Array;
  name?: ReadingName;
}

/**
 * Checks a message exactly as specified. Identifiers name directories and files, so those that cannot (empty, over
 * 200 bytes, with a slash or a control character) are invalid as well.
 * @returns views of `payload`
 */
export function checkMessage(
  payload: Uint8Array,
  topic: Topic | undefined,
  arrival: number,
): CheckedMessage | { refusal: Refusal } {
  const opened = open(payload, topic);
  if ('refusal' in opened) return opened;
  const { text, content } = opened;
  const { app_id: appId, dev_id: devId, time, payload_fields, tag_fields } = content;
  if (!isWithinBounds(payload_fields)) return invalid('$.payload_fields', `has ${flattenBounds}`);
  if (tag_fields !== undefined && !isWithinBounds(tag_fields))
    return invalid('$.tag_fields', `has ${flattenBounds}`);
  const name = readingName(content.sluice);
  const asItCame =
    time !== undefined && !payload.includes(10) && !payload.includes(13) && payload[0] !== 0xef;
  const line = asItCame ? payload : Buffer.from(oneLine(text, time === undefined ? arrival : undefined));
  return name === undefined ? { appId, devId, line } : { appId, devId, line, name };
}

/** Checks a message as `checkMessage`, and brings it to normal form. */
export function parseMessage(payload: Uint8Array, topic: Topic | undefined, arrival: number): ParsedMessage {
  const opened = open(payload, topic);
  if ('refusal' in opened) return opened;
  const { text } = opened;
  const content = exactly(text, opened.content);
  const { app_id: appId, dev_id: devId, time, payload_fields, tag_fields, unit } = content;
  const points = flatten(payload_fields, '$.payload_fields');
  const tagPoints = flatten(tag_fields ?? {}, '$.tag_fields');
  if ('refusal' in points) return points;
  if ('refusal' in tagPoints) return tagPoints;
  return {
    message: {
      appId,
      devId,
      time: time ?? arrival,
      line: oneLine(text, time === undefined ? arrival : undefined),
      // A number too large for a double is infinite: no store has it as a value.
      points: points.leaves.filter(({ value }) => typeof value !== 'number' || Number.isFinite(value)),
      tags: tagRecord(tagPoints.leaves),
      unit: typeof unit === 'string' && unit.length <= unitLimit ? unit : undefined,
      name: readingName(content.sluice),
    },
  };
}

function open(
  payload: Uint8Array,
  topic: Topic | undefined,
): { text: string; content: Content } | { refusal: Refusal } {
  if (payload.length > messageLimit + timeRoom) return invalid('$', `is larger than ${messageLimit} bytes`);
  if (!isUtf8(payload)) return invalid('$', 'is not JSON in UTF-8');
  let text: string;
  let content: unknown;
  try {
    text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString();
    if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    content = JSON.parse(text);
  } catch (error) {
    return invalid('$', `is not JSON in UTF-8: ${(error as Error).message}`);
  }
  if (!isMessage(content)) return invalidContent(content);
  const { app_id: appId, dev_id: devId } = content;
  if (topic && (topic.appId !== appId || topic.devId !== devId)) {
    const differs = topic.appId !== appId ? 'app_id' : 'dev_id';
    return {
      refusal: { kind: 'identifiers', path: `$.${differs}`, message: 'differs from the topic: ignored' },
    };
  }
  const unusable = identifierProblem('app_id', appId) ?? identifierProblem('dev_id', devId);
  return unusable ? { refusal: unusable } : { text, content };
}

/** What `schema` says, of parsed JSON, in a twentieth of its time: it is asked for every message. */
function isMessage(content: unknown): content is Content {
  if (!isRecord(content)) return false;
  const { app_id, dev_id, time, payload_fields, tag_fields } = content;
  if (typeof app_id !== 'string' || typeof dev_id !== 'string' || !isRecord(payload_fields)) return false;
  if (time !== undefined && !(Number.isSafeInteger(time) && Math.abs(time as number) <= timeLimit))
    return false;
  return tag_fields === undefined || isRecord(tag_fields);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalidContent(content: unknown): { refusal: Refusal } {
  const issue = schema.safeParse(content).error?.issues[0];
  return issue ? invalid(jsonPath(issue.path), schemaFault(issue)) : invalid('$', 'is no message');
}

function readingName(sluice: unknown): ReadingName | undefined {
  if (!isRecord(sluice)) return undefined;
  const { block, index } = sluice;
  if (typeof block !== 'string' || block.length > longestBlockName || !blockNamePattern.test(block))
    return undefined;
  if (!Number.isInteger(index) || (index as number) < 0 || (index as number) > 0xffff_ffff) return undefined;
  return { block, index: index as number };
}

function oneLine(text: string, time: number | undefined): string {
  return timed(text.replace(/[\r\n]+/g, ' '), time);
}

/** A message's line with `time` as its last member, unless that is undefined. */
export function timed(line: string, time: number | undefined): string {
  return time === undefined ? line : `${line.slice(0, line.lastIndexOf('}'))},"time":${time}}`;
}

/** Most have a few values and nothing nested: their leaves are not made to be counted. */
function isWithinBounds(record: Record<string, unknown>): boolean {
  let count = 0;
  for (const key in record)
    if (++count > plainValues || typeof record[key] === 'object') return leavesOf(record) !== undefined;
  return true;
}

function flatten(record: object, path: string): { leaves: Point[] } | { refusal: Refusal } {
  const leaves: Point[] | undefined = leavesOf(record);
  return leaves ? { leaves } : invalid(path, `has ${flattenBounds}`);
}

/** Identifiers that were looked at: the same come again and again. */
const usableOnes = new Set<string>();
const mostUsableOnes = 10_000;

/** Identifiers name directories and files. */
export function identifierProblem(key: 'app_id' | 'dev_id', identifier: string): Refusal | undefined {
  if (usableOnes.has(identifier)) return undefined;
  const usable =
    identifier !== '' &&
    // Half a surrogate pair has no UTF-8: two such names would be one file.
    !/\p{Surrogate}/u.test(identifier) &&
    Buffer.byteLength(identifier) <= identifierLimit &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    !/[/\\\u0000-\u001f\u007f]/.test(identifier) &&
    identifier !== '.' &&
    identifier !== '..';
  if (usable) {
    if (usableOnes.size === mostUsableOnes) usableOnes.clear();
    usableOnes.add(identifier);
    return undefined;
  }
  return {
    kind: 'invalid',
    path: `$.${key}`,
    message: `cannot name a file: 1 to ${identifierLimit} bytes, no slash, no control character`,
  };
}

function invalid(path: string, message: string): { refusal: Refusal } {
  return { refusal: { kind: 'invalid', path, message } };
}

function jsonPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`),
    '$',
  );
}
