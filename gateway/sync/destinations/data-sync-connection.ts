/** Calls of Viam's cloud: how long one may take, and what an error of one means for an item. */
import { Code, ConnectError } from '@connectrpc/connect';
import type { ViamCallOptions } from '@sluice/common/viam';
import type { Delivery } from '../destination';

/** After these the cloud, the way to it, or this machine's leave to use it is what fails. */
const ofCloud = new Set([
  Code.Canceled,
  Code.Aborted,
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.ResourceExhausted,
  Code.Unauthenticated,
  Code.Unimplemented,
]);
/** After these the request may have been taken: its answer is what was lost. */
const doubtful = new Set([
  Code.Canceled,
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.Aborted,
  Code.Internal,
  Code.Unavailable,
]);

/** What an error means for the item; as a viam-server has it, INVALID_ARGUMENT alone is for good. */
export function failureOf(error: ConnectError): Delivery {
  const reason = `Viam's cloud: ${error.message}`;
  if (error.code === Code.InvalidArgument) return { result: 'refused', reason };
  return { result: 'again', reason, of: ofCloud.has(error.code) ? 'destination' : 'item' };
}

/** Whether the cloud may have taken what it was sent. */
export function isDoubtful(error: ConnectError): boolean {
  return doubtful.has(error.code);
}

/** Of one unary request. */
export function unary(signal: AbortSignal, patience: number): ViamCallOptions {
  return { signal, timeoutMs: patience };
}

/**
 * A call that sends a stream, however long: it is given up when nothing of it has been taken for `patience`
 * milliseconds, or no answer has come so long after its end.
 */
export async function streamed(
  packets: AsyncIterable<object>,
  { signal, patience }: { signal: AbortSignal; patience: number },
  call: (packets: AsyncIterable<object>, options: ViamCallOptions) => Promise<object>,
): Promise<object> {
  const stalled = new AbortController();
  const giveUp = () =>
    stalled.abort(new ConnectError(`nothing was taken for ${patience} ms`, Code.DeadlineExceeded));
  let timer = setTimeout(giveUp, patience);
  const moved = () => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, patience);
  };
  const taken = async function* () {
    for await (const packet of packets) {
      moved();
      yield packet;
    }
    moved();
  };
  try {
    return await call(taken(), { signal: AbortSignal.any([signal, stalled.signal]) });
  } finally {
    clearTimeout(timer);
  }
}
