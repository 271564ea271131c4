/** A call that ends by its deadline, whatever is called. */
import type { Clock } from '@sluice/common/clock';
import { CallError } from '../../proto/call-error';
import type { CallContext } from './apis/api';

export interface Deadline {
  clock: Clock;
  /** Milliseconds. */
  deadline: number;
  /** Names the call in the error. */
  what: string;
  /** Ends it before its time. */
  signal?: AbortSignal | undefined;
}

/** @throws CallError deadline; what the action throws; the signal's reason */
export function within<Answer>(
  { clock, deadline, what, signal }: Deadline,
  action: (context: CallContext) => Answer | Promise<Answer>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const give = (error: Error) => {
      controller.abort(error);
      reject(error);
    };
    const aborted = () => give(signal!.reason as Error);
    if (signal?.aborted) return aborted();
    signal?.addEventListener('abort', aborted, { once: true });
    const cancel = clock.after(deadline, () =>
      give(new CallError('deadline', `${what} gave no answer within ${deadline} ms`)),
    );
    const ended = () => {
      cancel();
      signal?.removeEventListener('abort', aborted);
    };
    Promise.resolve()
      .then(() => action({ deadline, signal: controller.signal }))
      .then(resolve, reject)
      .finally(ended);
  });
}
