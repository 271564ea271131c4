/** Errors as a viam-server gives them: most are UNKNOWN with a sentence, which its clients test and show. */
import { Code, ConnectError } from '@connectrpc/connect';
import { CallError } from '../../proto/call-error';

/** Of errors of calls; what is not listed is UNKNOWN, as an error of a driver is there. */
const codes: Readonly<Record<string, Code>> = {
  'unknown-method': Code.Unimplemented,
  deadline: Code.DeadlineExceeded,
  disconnected: Code.Unavailable,
  busy: Code.ResourceExhausted,
};

/**
 * @param resource full name, as it was asked for
 * @param method `ReadAnalogReader`
 */
export function toConnectError(error: unknown, resource: string, method: string): ConnectError {
  if (error instanceof ConnectError) return error;
  if (!(error instanceof CallError))
    return new ConnectError(error instanceof Error ? error.message : String(error), Code.Unknown);
  if (error.code === 'unknown-resource')
    return new ConnectError(`resource ${resource} not found`, Code.Unknown);
  if (error.code === 'unknown-method' && method === 'DoCommand')
    return new ConnectError('DoCommand unimplemented', Code.Unknown);
  if (error.code === 'unknown-method')
    return new ConnectError(`method ${method} unimplemented`, Code.Unimplemented);
  return new ConnectError(error.message, codes[error.code] ?? Code.Unknown);
}
