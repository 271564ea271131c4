/**
 * One request over HTTP, and its answer.
 *
 * What holds: a body that is streamed is neither whole in memory nor copied. The next piece of it is asked for when the
 * one before has left the process, so that all of them can be read into one buffer, which is free again when the
 * exchange is over.
 */
import { setMaxListeners } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** A body that is read while it is sent. */
export interface Streamed {
  /** Bytes of all its pieces. */
  length: number;
  pieces: AsyncIterable<Uint8Array>;
}

export interface Answer {
  status: number;
  text: string;
}

/** Nobody has answered: the other end is not there, or not in time. */
export class Unanswered extends Error {}

/** Characters of an answer at most. */
const longestAnswer = 4 << 20;

/**
 * @param patience milliseconds until the answer is there
 * @throws Unanswered; what the pieces of the body throw
 */
export async function exchange(
  request: ClientRequest,
  body: Uint8Array | Streamed,
  signal: AbortSignal,
  patience: number,
): Promise<Answer> {
  const abort = () => request.destroy(new Error('given up'));
  const timer = setTimeout(() => request.destroy(new Error(`no answer within ${patience} ms`)), patience);
  const answer = answerTo(request);
  if (signal.aborted) abort();
  // One signal gives up as many as run at once, which is no leak.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', abort);
  const sent = send(request, body).catch((error: unknown) => {
    request.destroy();
    throw error;
  });
  try {
    return (await Promise.all([answer, sent]))[0];
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    // The buffer of its pieces is in use until then.
    await sent.catch(() => undefined);
  }
}

async function answerTo(request: ClientRequest): Promise<Answer> {
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // It may come after the response as well, and must find somebody.
      request.once('response', resolve).on('error', reject);
    });
    let text = '';
    for await (const piece of response.setEncoding('utf8')) {
      text += piece as string;
      if (text.length > longestAnswer) throw new Error(`an answer of more than ${longestAnswer} characters`);
    }
    return { status: response.statusCode!, text };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new Unanswered(message || code);
  } finally {
    // Who answers before all has come wants no more of it.
    if (!request.writableEnded) request.destroy();
  }
}

/** Resolves too when the request ends before: who waits for its answer is told why. */
async function send(request: ClientRequest, body: Uint8Array | Streamed): Promise<void> {
  if (body instanceof Uint8Array) {
    request.end(body);
    return;
  }
  // What waits for a connection that never comes has no other end.
  const closed = new Promise<void>((resolve) => request.once('close', resolve));
  for await (const piece of body.pieces) {
    await Promise.race([new Promise<unknown>((written) => request.write(piece, written)), closed]);
    if (request.destroyed) return;
  }
  request.end();
}
