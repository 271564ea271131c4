/** What is answered to a request that failed. */
import { isSluiceError } from '@sluice/common/errors';
import type { FastifyError } from 'fastify';

export interface HttpAnswer {
  status: number;
  /** Sent as JSON. */
  body: object;
}

/** What went wrong inside stands in the log, with its paths; the sender is told whether to come again. */
export function failureOf(error: unknown): HttpAnswer {
  if (isSluiceError(error)) return { status: error.status, body: { error: error.code } };
  const { statusCode: status = 500, message } = error as FastifyError;
  return { status, body: { error: status < 500 ? message : 'failed, see the log' } };
}
