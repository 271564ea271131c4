/** What is answered to a request that failed. */
import { asError, isSluiceError } from '@sluice/common/errors';
import type { FastifyError } from 'fastify';

export interface HttpAnswer {
  status: number;
  /** Sent as JSON. */
  body: object;
}

/** Seconds after which to come again. */
const retryAfter = '1';

/** Of an answer with that status. */
export const headersOf = (status: number): Record<string, string> =>
  status === 503 ? { 'retry-after': retryAfter } : {};

/** What went wrong inside is for the log, with its paths; the sender is told whether to come again. */
export function failureOf(error: unknown, onFailure: (failure: Error) => void): HttpAnswer {
  if (isSluiceError(error, 'stage-behind'))
    return { status: error.status, body: { error: error.code, ...error.data } };
  if (isSluiceError(error)) return { status: error.status, body: { error: error.code } };
  const { statusCode: status = 500, message } = error as FastifyError;
  if (status < 500) return { status, body: { error: message } };
  onFailure(asError(error));
  return { status, body: { error: 'failed, see the log' } };
}
