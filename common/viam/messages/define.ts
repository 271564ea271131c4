/**
 * Messages and services that the SDK's package holds but does not export, written down field by field as Viam's
 * protocol has them.
 */
import {
  type AnyMessage,
  type FieldList,
  type Message,
  type MessageType,
  proto3,
  ScalarType,
} from '@bufbuild/protobuf';

type PartialField = Exclude<Parameters<typeof proto3.util.newFieldList>[0], () => unknown>[number];

/** As `proto3.makeMessageType` takes it. */
export type Field = PartialField & { no: number; name: string };

export function message(typeName: string, fields: Field[]): MessageType<AnyMessage> {
  return proto3.makeMessageType(typeName, fields as never);
}

export function text(no: number, name: string): Field {
  return { no, name, kind: 'scalar', T: ScalarType.STRING };
}

export function bytes(no: number, name: string): Field {
  return { no, name, kind: 'scalar', T: ScalarType.BYTES };
}

export function integer(no: number, name: string): Field {
  return { no, name, kind: 'scalar', T: ScalarType.INT32 };
}

export function fraction(no: number, name: string): Field {
  return { no, name, kind: 'scalar', T: ScalarType.DOUBLE };
}

export function nested(no: number, name: string, T: unknown): Field {
  return { no, name, kind: 'message', T: T as MessageType };
}

export function many(field: Field): Field {
  return { ...field, repeated: true } as Field;
}

/** Of a scalar: none is told from zero. */
export function optional(field: Field): Field {
  return { ...field, opt: true } as Field;
}

/** The field is one of those of which a message has one at most. */
export function either(oneof: string, field: Field): Field {
  return { ...field, oneof } as Field;
}

/** One of ours, or of the SDK's: its bundle has a copy of the runtime of its own. */
export interface AnyType {
  readonly typeName: string;
  readonly fields: FieldList;
  new (members?: object): Message;
  fromBinary(bytes: Uint8Array): Message;
}
