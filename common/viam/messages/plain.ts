/**
 * Between messages of Viam's protocol and plain objects whose members have the protocol's own names, as the table of
 * methods (`gateway/resources`) writes requests and answers. Bytes stay bytes: an image is never text in between.
 */
import type { FieldInfo, FieldList } from '@bufbuild/protobuf';
import type { AnyType } from './define';

export type Plain = Record<string, unknown>;

/** A `Struct` is a plain object, a `Timestamp` or `Duration` is milliseconds. */
const structName = 'google.protobuf.Struct';
const isTime = (typeName: string) => /^google\.protobuf\.(Timestamp|Duration)$/.test(typeName);

interface AnyMessage {
  getType(): { typeName: string; fields: FieldList };
  [member: string]: unknown;
}

/** Members that are unset messages or have no case chosen are left out. */
export function plainOf(message: object): Plain {
  const known = message as AnyMessage;
  const plain: Plain = {};
  for (const field of known.getType().fields.list()) {
    const value = memberOf(known, field);
    if (value !== undefined) plain[field.name] = plainField(field, value);
  }
  return plain;
}

function memberOf(message: AnyMessage, field: FieldInfo): unknown {
  if (!field.oneof) return message[field.localName];
  const chosen = message[field.oneof.localName] as { case?: string; value?: unknown };
  return chosen.case === field.localName ? chosen.value : undefined;
}

function plainField(field: FieldInfo, value: unknown): unknown {
  const element = field.kind === 'map' ? field.V : field;
  const one = (each: unknown) => {
    if (element.kind === 'message') return plainMessage(each as AnyMessage);
    return typeof each === 'bigint' ? Number(each) : each;
  };
  if (field.kind === 'map') return mapped(value as Plain, one);
  return field.repeated ? (value as unknown[]).map(one) : one(value);
}

function mapped(members: Plain, one: (member: unknown) => unknown): Plain {
  return Object.fromEntries(Object.entries(members).map(([key, member]) => [key, one(member)]));
}

function plainMessage(message: AnyMessage): unknown {
  const { typeName } = message.getType();
  if (typeName === structName)
    return mapped(message.fields as Plain, (each) => plainValue(each as ValueMessage));
  if (typeName === 'google.protobuf.Value') return plainValue(message as unknown as ValueMessage);
  if (!isTime(typeName)) return plainOf(message);
  const { seconds, nanos } = message as unknown as { seconds: bigint; nanos: number };
  return Number(seconds) * 1000 + nanos / 1e6;
}

/** `google.protobuf.Value`. Not by its JSON form, which has no NaN. */
interface ValueMessage {
  kind: { case?: string; value?: unknown };
}

function plainValue({ kind }: ValueMessage): unknown {
  switch (kind.case) {
    case 'structValue':
      return mapped((kind.value as { fields: Plain }).fields, (each) => plainValue(each as ValueMessage));
    case 'listValue':
      return (kind.value as { values: ValueMessage[] }).values.map(plainValue);
    case 'nullValue':
      return null;
    default:
      return kind.value;
  }
}

/** Members that the message does not have are left out. @throws when a `Struct` cannot hold what is given */
export function messageOf<Type extends AnyType>(type: Type, plain: Plain): InstanceType<Type> {
  const members: Plain = {};
  for (const field of type.fields.list()) {
    const value = plain[field.name];
    if (value === undefined || value === null) continue;
    const made = fieldOf(field, value);
    if (field.oneof) members[field.oneof.localName] = { case: field.localName, value: made };
    else members[field.localName] = made;
  }
  return new type(members) as InstanceType<Type>;
}

function fieldOf(field: FieldInfo, value: unknown): unknown {
  if (field.kind === 'map')
    return Object.fromEntries(
      Object.entries(value as Plain).map(([key, each]) => [key, scalarOrMessage(field.V, each)]),
    );
  const one = (each: unknown) => scalarOrMessage(field, each);
  return field.repeated ? Array.from(value as unknown[], one) : one(value);
}

/** Of `ScalarType`: the 64-bit integers. */
const wide = new Set([3, 4, 6, 16, 18]);

function scalarOrMessage(field: { kind: string; T: unknown }, value: unknown): unknown {
  if (field.kind === 'scalar')
    return wide.has(field.T as number) ? BigInt(Math.trunc(value as number)) : value;
  if (field.kind !== 'message') return value;
  const type = field.T as AnyType;
  if (type.typeName === structName) return structOf(type, value as Plain);
  if (type.typeName === 'google.protobuf.Value') return valueMessage(type, value);
  if (!isTime(type.typeName)) return messageOf(type, value as Plain);
  const seconds = Math.floor((value as number) / 1000);
  const nanos = Math.round(((value as number) - seconds * 1000) * 1e6);
  return new type({ seconds: BigInt(seconds), nanos });
}

/** @param type `google.protobuf.Struct`, of the copy of the runtime that its message is of */
export function structOf(type: AnyType, members: Plain): object {
  const value = fieldType(type, 'fields');
  return new type({ fields: mapped(members, (each) => valueMessage(value, each)) });
}

function valueMessage(type: AnyType, value: unknown): object {
  const kind = (name: string, of: unknown) => new type({ kind: { case: name, value: of } });
  switch (typeof value) {
    case 'number':
      return kind('numberValue', value);
    case 'bigint':
      return kind('numberValue', Number(value));
    case 'string':
      return kind('stringValue', value);
    case 'boolean':
      return kind('boolValue', value);
    case 'object': {
      if (value === null) break;
      if (Array.isArray(value)) {
        const list = fieldType(type, 'list_value');
        return kind('listValue', new list({ values: value.map((each) => valueMessage(type, each)) }));
      }
      return kind('structValue', structOf(fieldType(type, 'struct_value'), value as Plain));
    }
  }
  return kind('nullValue', 0);
}

/** The message type of a field, or of a map's values. */
function fieldType(type: AnyType, name: string): AnyType {
  const field = type.fields.list().find((each) => each.name === name)!;
  return (field.kind === 'map' ? field.V.T : field.T) as AnyType;
}
