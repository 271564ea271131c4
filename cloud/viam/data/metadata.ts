/** Parameters of a method, as `CaptureMetadata` has them: each a `google.protobuf.Value` in an `Any`. */
import { Any, type JsonValue, Value } from '@bufbuild/protobuf';
import type { Plain } from '@sluice/common/viam/messages';

export function parametersOf(parameters: Readonly<Record<string, unknown>>): Plain {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => {
      const { typeUrl, value } = Any.pack(Value.fromJson((parameter ?? null) as JsonValue));
      return [name, { type_url: typeUrl, value }];
    }),
  );
}
