/**
 * Services whose messages are known, put together: the SDK exports messages, not services. A remote procedure `X`
 * takes `XRequest` and answers `XResponse`.
 */
import { type MethodInfo, MethodKind, type ServiceType } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import { commonApi } from '@viamrobotics/sdk';
import type { AnyType } from './messages/define';
import { GetStatusRequest, GetStatusResponse } from './messages/status';

type Messages = Readonly<Record<string, unknown>>;

/** Calls that are no unary ones, by the method's name. */
export type Streams = Readonly<Record<string, MethodKind>>;

/**
 * A service of all pairs of messages that there are.
 * @param shared methods whose messages are in `viam.common.v1`
 */
export function serviceOf(
  typeName: string,
  messages: Messages,
  { shared = [], streams = {} }: { shared?: readonly string[]; streams?: Streams } = {},
): ServiceType {
  const own = Object.keys(messages)
    .map((name) => /^(.+)Request$/.exec(name)?.[1])
    .filter((name): name is string => name !== undefined && `${name}Response` in messages);
  const pool: Messages = { ...commonApi, GetStatusRequest, GetStatusResponse, ...messages };
  const methods = Object.fromEntries(
    [...own, ...shared].map((name): [string, MethodInfo] => [
      localName(name),
      {
        name,
        I: pool[`${name}Request`] as never,
        O: pool[`${name}Response`] as never,
        kind: streams[name] ?? MethodKind.Unary,
      } as MethodInfo,
    ]),
  );
  return { typeName, methods };
}

/** As Connect's generators name a method: `GetGPIO` is `getGPIO`. */
export function localName(rpc: string): string {
  return rpc.charAt(0).toLowerCase() + rpc.slice(1);
}

/** The messages of a method, whichever copy of the runtime they are of. */
export function messagesOf(method: MethodInfo): { request: AnyType; answer: AnyType } {
  return { request: method.I as never, answer: method.O as never };
}

/** A message, or what its type is made with; of a method that answers with many, all of them in turn. */
type Answer = object | Promise<object> | AsyncIterable<object>;

/** By local name; a method that is left out is UNIMPLEMENTED. A request is a message, or a stream of them. */
export type Implementation = Record<string, (request: never, context: HandlerContext) => Answer>;

/** A service with what it does: a row of a server. */
export interface Served {
  service: ServiceType;
  implementation: Implementation;
}
