/**
 * Viam's services of components and services: thin adapters over the table of methods. A method of the table is one
 * here without another line; what the table does not have is UNIMPLEMENTED.
 */
import type { HandlerContext } from '@connectrpc/connect';
import { type Implementation, localName, messagesOf, type Served } from '@sluice/common/viam';
import { messageOf, type Plain, plainOf } from '@sluice/common/viam/messages';
import type { Method } from '../resources/apis/api';
import { methods } from '../resources/methods';
import { toConnectError } from './errors';
import { resourceServices } from './service-types';
import { answerShapes } from './shapes';

/** The resources as these services need them: a `ResourceGraph`. */
export interface Resources {
  call(
    name: string,
    method: string,
    request: object,
    options: { deadline: number; signal: AbortSignal },
  ): Promise<unknown>;
}

/** Milliseconds that a call may take, also when its client would wait longer. */
const longestCall = 10_000;
/** Those that take what they take: a sync ends when all is delivered. */
const longer: Readonly<Record<string, number>> = { 'rdk:service:data_manager Sync': 600_000 };

export function servedResources(resources: Resources): Served[] {
  return [...resourceServices].map(([typeName, service]) => {
    const rows = new Map(
      methods.filter(({ viam }) => viam.service === typeName).map((row) => [row.name, row]),
    );
    const implementation: Implementation = {};
    for (const info of Object.values(service.methods)) {
      const row = rows.get(info.name);
      const { answer } = messagesOf(info);
      if (row)
        implementation[localName(info.name)] = async (request, context) =>
          messageOf(answer, (await callRow(resources, row, plainOf(request), context)) as Plain);
    }
    return { service, implementation };
  });
}

async function callRow(
  resources: Resources,
  { api, name, viam }: Method,
  { [viam.named]: resource, extra: _extra, ...request }: Plain,
  context: HandlerContext,
): Promise<unknown> {
  const full = `${api}/${resource}`;
  const longest = longer[`${api} ${name}`] ?? longestCall;
  const deadline = Math.min(context.timeoutMs() ?? longest, longest);
  try {
    const answer = await resources.call(full, name, request, { deadline, signal: context.signal });
    return answerShapes[`${api} ${name}`]?.(answer as Plain) ?? answer;
  } catch (error) {
    throw toConnectError(error, full, name);
  }
}
