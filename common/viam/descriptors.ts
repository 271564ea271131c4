/**
 * Descriptors of services and of all messages they use, made from what the generated code knows of itself: the files
 * that reflection hands out. One file a package; what Google's own files hold keeps their names, which tools know.
 */
import {
  DescriptorProto,
  EnumDescriptorProto,
  type EnumType,
  FieldDescriptorProto,
  type FieldInfo,
  FileDescriptorProto,
  FieldDescriptorProto_Label as Label,
  MethodKind,
  OneofDescriptorProto,
  ServiceDescriptorProto,
  type ServiceType,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf';
import type { AnyType } from './messages/define';

export interface Descriptors {
  /** By file name, serialised. */
  files: ReadonlyMap<string, { bytes: Uint8Array; imports: readonly string[] }>;
  /** File names by the full name of a service, one of its methods, a message or an enumeration. */
  symbols: ReadonlyMap<string, string>;
}

const googleFiles: Readonly<Record<string, string>> = {
  Struct: 'struct',
  Value: 'struct',
  ListValue: 'struct',
  NullValue: 'struct',
  Timestamp: 'timestamp',
  Duration: 'duration',
  Any: 'any',
};

export function descriptorsOf(services: readonly ServiceType[]): Descriptors {
  const collection = new Collection();
  for (const service of services) collection.addService(service);
  return collection.descriptors();
}

/** `a.b.v1.Outer.Inner` → package `a.b.v1`, path `[Outer, Inner]`: packages are written small. */
function split(typeName: string): { package: string; path: string[] } {
  const segments = typeName.split('.');
  const first = segments.findIndex((segment) => /^[A-Z]/.test(segment));
  return { package: segments.slice(0, first).join('.'), path: segments.slice(first) };
}

function fileOf(typeName: string): string {
  const { package: name, path } = split(typeName);
  const google = name === 'google.protobuf' ? googleFiles[path[0]!] : undefined;
  return google ? `google/protobuf/${google}.proto` : `${name.replaceAll('.', '/')}.proto`;
}

class Collection {
  readonly #files = new Map<string, FileDescriptorProto>();
  readonly #symbols = new Map<string, string>();
  readonly #messages = new Map<string, DescriptorProto>();

  addService({ typeName, methods }: ServiceType): void {
    const file = this.#file(typeName);
    this.#symbols.set(typeName, file.name!);
    file.service.push(
      new ServiceDescriptorProto({
        name: split(typeName).path[0]!,
        method: Object.values(methods).map(({ name, I, O, kind }) => {
          this.#symbols.set(`${typeName}.${name}`, file.name!);
          return {
            name,
            inputType: this.#use(file, I as never),
            outputType: this.#use(file, O as never),
            clientStreaming: kind === MethodKind.ClientStreaming || kind === MethodKind.BiDiStreaming,
            serverStreaming: kind === MethodKind.ServerStreaming || kind === MethodKind.BiDiStreaming,
          };
        }),
      }),
    );
  }

  descriptors(): Descriptors {
    const files = [...this.#files].map(
      ([name, file]) => [name, { bytes: file.toBinary(), imports: file.dependency }] as const,
    );
    return { files: new Map(files), symbols: this.#symbols };
  }

  #file(typeName: string): FileDescriptorProto {
    const name = fileOf(typeName);
    const known = this.#files.get(name);
    if (known) return known;
    const file = new FileDescriptorProto({ name, package: split(typeName).package, syntax: 'proto3' });
    this.#files.set(name, file);
    return file;
  }

  /** @returns how a field of `from` names the type */
  #use(from: FileDescriptorProto, type: AnyType | EnumType): string {
    const { typeName } = type;
    if (!this.#symbols.has(typeName)) {
      if ('fields' in type) this.#addMessage(type);
      else this.#addEnum(type);
    }
    const file = this.#symbols.get(typeName)!;
    if (file !== from.name && !from.dependency.includes(file)) from.dependency.push(file);
    return `.${typeName}`;
  }

  /** The list that a type is declared in: its file's, or its outer message's. */
  #place(typeName: string): { messages: DescriptorProto[]; enums: EnumDescriptorProto[]; name: string } {
    const file = this.#file(typeName);
    this.#symbols.set(typeName, file.name!);
    const { path } = split(typeName);
    const name = path.at(-1)!;
    if (path.length === 1) return { messages: file.messageType, enums: file.enumType, name };
    const outer = this.#message(typeName.slice(0, typeName.lastIndexOf('.')));
    return { messages: outer.nestedType, enums: outer.enumType, name };
  }

  /** The descriptor of a message, also of one that only its inner types are known of yet. */
  #message(typeName: string): DescriptorProto {
    const known = this.#messages.get(typeName);
    if (known) return known;
    const { messages, name } = this.#place(typeName);
    const descriptor = new DescriptorProto({ name });
    messages.push(descriptor);
    this.#messages.set(typeName, descriptor);
    return descriptor;
  }

  #addMessage(type: AnyType): void {
    const descriptor = this.#message(type.typeName);
    const file = this.#file(type.typeName);
    const fields = type.fields.list();
    for (const field of fields) {
      if (field.oneof && !descriptor.oneofDecl.some(({ name }) => name === field.oneof!.name))
        descriptor.oneofDecl.push(new OneofDescriptorProto({ name: field.oneof.name }));
    }
    for (const field of fields) {
      const made = this.#field(file, type.typeName, descriptor, field);
      if (field.oneof)
        made.oneofIndex = descriptor.oneofDecl.findIndex(({ name }) => name === field.oneof!.name);
      descriptor.field.push(made);
    }
  }

  #field(
    file: FileDescriptorProto,
    typeName: string,
    descriptor: DescriptorProto,
    field: FieldInfo,
  ): FieldDescriptorProto {
    const { name, no: number } = field;
    if (field.kind === 'map') {
      const entry = new DescriptorProto({ name: entryName(name), options: { mapEntry: true } });
      entry.field.push(
        new FieldDescriptorProto({ name: 'key', number: 1, label: Label.OPTIONAL, type: field.K as number }),
        new FieldDescriptorProto({
          name: 'value',
          number: 2,
          label: Label.OPTIONAL,
          ...this.#type(file, field.V),
        }),
      );
      descriptor.nestedType.push(entry);
      const made = { name, number, label: Label.REPEATED, type: Type.MESSAGE };
      return new FieldDescriptorProto({ ...made, typeName: `.${typeName}.${entry.name}` });
    }
    const label = field.repeated ? Label.REPEATED : Label.OPTIONAL;
    return new FieldDescriptorProto({
      name,
      number,
      label,
      jsonName: field.jsonName,
      ...this.#type(file, field),
    });
  }

  #type(
    file: FileDescriptorProto,
    { kind, T }: { kind: string; T: unknown },
  ): { type: Type; typeName?: string } {
    if (kind === 'scalar') return { type: T as Type };
    const type = kind === 'enum' ? Type.ENUM : Type.MESSAGE;
    return { type, typeName: this.#use(file, T as AnyType | EnumType) };
  }

  #addEnum({ typeName, values }: EnumType): void {
    const { enums, name } = this.#place(typeName);
    enums.push(
      new EnumDescriptorProto({ name, value: values.map((each) => ({ name: each.name, number: each.no })) }),
    );
  }
}

/** As protoc names the message of a map's entries: `method_parameters` → `MethodParametersEntry`. */
function entryName(field: string): string {
  const camel = field.replace(/(^|_)([a-z0-9])/g, (_all, _line, letter: string) => letter.toUpperCase());
  return `${camel}Entry`;
}
