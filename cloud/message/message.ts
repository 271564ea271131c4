/**
 * The standardised message of the IoT platform (data formats, "messages sent to the pipeline topic"), checked
 * and brought to normal form: one line of JSON and its points.
 */
import { z } from 'zod';
import { flattenBounds, leavesOf, type Point, tagRecord } from '../../modules/message/platform-message';

export type { Point, Value } from '../../modules/message/platform-message';

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
  name?: ReadingName;
}

export interface Topic {
  appId: string;
  devId: string;
}

export type Refusal = {
  /** `identifiers`: the topic names another project or device; `invalid`: not a standardised message. */
  kind: 'identifiers' | 'invalid';
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
const readingName = z.object({
  block: z
    .string()
    .max(512)
    .regex(/^[^/]+\/\d+-[0-9a-f]{1,8}\/\d+\/\d+$/),
  index: z.int().min(0).max(0xffff_ffff),
});

/**
 * Checks a message exactly as specified. Identifiers name directories and files, so those that cannot (empty, over
 * 200 bytes, with a slash or a control character) are invalid as well.
 */
export function parseMessage(payload: Uint8Array, topic: Topic | undefined, arrival: number): ParsedMessage {
  if (payload.length > messageLimit + timeRoom) return invalid('$', `is larger than ${messageLimit} bytes`);
  let text: string;
  let content: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
    content = JSON.parse(text);
  } catch (error) {
    return invalid('$', `is not JSON in UTF-8: ${(error as Error).message}`);
  }
  const checked = schema.safeParse(content);
  if (!checked.success) {
    const issue = checked.error.issues[0]!;
    return invalid(jsonPath(issue.path), issue.message);
  }
  const { app_id: appId, dev_id: devId, time = arrival, payload_fields, tag_fields } = checked.data;
  if (topic && (topic.appId !== appId || topic.devId !== devId)) {
    const differs = topic.appId !== appId ? 'app_id' : 'dev_id';
    return {
      refusal: { kind: 'identifiers', path: `$.${differs}`, message: 'differs from the topic: ignored' },
    };
  }
  const unusable = identifierProblem('app_id', appId) ?? identifierProblem('dev_id', devId);
  if (unusable) return { refusal: unusable };
  const points = flatten(payload_fields, '$.payload_fields');
  const tagPoints = flatten(tag_fields ?? {}, '$.tag_fields');
  if ('refusal' in points) return points;
  if ('refusal' in tagPoints) return tagPoints;
  const name = readingName.safeParse(checked.data.sluice);
  return {
    message: {
      appId,
      devId,
      time,
      line: timed(text.replace(/[\r\n]+/g, ' '), checked.data.time === undefined ? arrival : undefined),
      // A number too large for a double is infinite: no store has it as a value.
      points: points.leaves.filter(({ value }) => typeof value !== 'number' || Number.isFinite(value)),
      tags: tagRecord(tagPoints.leaves),
      name: name.success ? name.data : undefined,
    },
  };
}

/** A message's line with `time` as its last member, unless that is undefined. */
export function timed(line: string, time: number | undefined): string {
  return time === undefined ? line : `${line.slice(0, line.lastIndexOf('}'))},"time":${time}}`;
}

function flatten(record: object, path: string): { leaves: Point[] } | { refusal: Refusal } {
  const leaves = leavesOf(record);
  return leaves ? { leaves } : invalid(path, `has ${flattenBounds}`);
}

/** Identifiers name directories and files. */
export function identifierProblem(key: 'app_id' | 'dev_id', identifier: string): Refusal | undefined {
  const usable =
    identifier !== '' &&
    // Half a surrogate pair has no UTF-8: two such names would be one file.
    !/\p{Surrogate}/u.test(identifier) &&
    Buffer.byteLength(identifier) <= identifierLimit &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    !/[/\\\u0000-\u001f\u007f]/.test(identifier) &&
    identifier !== '.' &&
    identifier !== '..';
  if (usable) return undefined;
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
