/**
 * A part of a Viam machine's JSON as a message of Viam's protocol: members by their names, durations as Go writes them,
 * a plain object where the message has a `Struct`. What the message has no place for is left out, and named.
 */
import type { FieldInfo } from '@bufbuild/protobuf';
import { type AnyType, messageOf, type Plain } from '@sluice/common/viam/messages';

export interface Made {
  message: object;
  /** Paths of what has no place: `components[0].frame.geometry`. */
  leftOut: string[];
}

export function protoOf(type: AnyType, json: Plain): Made {
  const leftOut: string[] = [];
  return { message: messageOf(type, plainMembers(type, json, '', leftOut)), leftOut };
}

function plainMembers(type: AnyType, json: Plain, path: string, leftOut: string[]): Plain {
  const fields = new Map(type.fields.list().map((field) => [field.name, field]));
  const plain: Plain = {};
  for (const [name, value] of Object.entries(json)) {
    const field = fields.get(name);
    const place = path === '' ? name : `${path}.${name}`;
    const made = field === undefined ? undefined : fieldValue(field, value, place, leftOut);
    if (made !== undefined) plain[name] = made;
    else if (value !== null && value !== undefined) leftOut.push(place);
  }
  return plain;
}

/** undefined: the field cannot have it. */
function fieldValue(field: FieldInfo, value: unknown, place: string, leftOut: string[]): unknown {
  if (value === null || value === undefined) return undefined;
  if (field.kind === 'map') return isPlain(value) ? value : undefined;
  const one = (each: unknown, at: string) => single(field, each, at, leftOut);
  if (!field.repeated) return one(value, place);
  if (!Array.isArray(value)) return undefined;
  return value.map((each, index) => one(each, `${place}[${index}]`)).filter((each) => each !== undefined);
}

/** Of `ScalarType`. */
const scalarTypes: Readonly<Record<number, string>> = { 8: 'boolean', 9: 'string' };

function single(field: FieldInfo, value: unknown, place: string, leftOut: string[]): unknown {
  if (field.kind === 'enum') return enumNumber(field, value);
  if (field.kind === 'scalar') return typeof value === (scalarTypes[field.T] ?? 'number') ? value : undefined;
  if (field.kind !== 'message') return undefined;
  const type = field.T as unknown as AnyType;
  if (type.typeName === 'google.protobuf.Duration') return milliseconds(value);
  if (!isPlain(value)) return undefined;
  return type.typeName === 'google.protobuf.Struct' ? value : plainMembers(type, value, place, leftOut);
}

/** `api-key` is `CREDENTIALS_TYPE_API_KEY`. */
function enumNumber({ T }: FieldInfo & { kind: 'enum' }, value: unknown): number | undefined {
  const wanted = String(value).toUpperCase().replaceAll('-', '_');
  return T.values.find(({ name }) => name === wanted || name.endsWith(`_${wanted}`))?.no;
}

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Of `1m30s`, as Go writes a duration. */
export function milliseconds(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^([\d.]+(ns|us|µs|ms|s|m|h))+$/.test(value)) return undefined;
  let sum = 0;
  for (const [, count, unit] of value.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(count) * units[unit!]!;
  return Number.isFinite(sum) ? sum : undefined;
}

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
