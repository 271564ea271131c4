/** What goes wrong with a question, as gRPC has it. */
import { Code, ConnectError } from '@connectrpc/connect';
import { isSluiceError } from '@sluice/common/errors';
import { QuestionError } from '../../query/question-error';
import { TaskError } from '../../query/task';

/** By the status of an HTTP answer. */
const codes: Readonly<Record<number, Code>> = {
  400: Code.InvalidArgument,
  404: Code.NotFound,
  413: Code.ResourceExhausted,
  503: Code.Unavailable,
  504: Code.DeadlineExceeded,
  507: Code.ResourceExhausted,
};

/** @param onFault told of what is no fault of the caller's, who is not told of it */
export function toConnectError(error: unknown, onFault: (error: unknown) => void): ConnectError {
  if (error instanceof ConnectError) return error;
  const isQuestion = error instanceof QuestionError || error instanceof TaskError || isSluiceError(error);
  const code = isQuestion ? codes[error.status ?? 500] : undefined;
  if (isQuestion && code !== undefined) return new ConnectError(error.message, code);
  onFault(error);
  return new ConnectError('failed, see the log of the cloud', Code.Internal);
}

/** @param place as the protocol calls it */
export function invalid(place: string, what: string): ConnectError {
  return new ConnectError(`${place}: ${what}`, Code.InvalidArgument);
}
