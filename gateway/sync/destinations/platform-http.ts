/** The platform's HTTP entry: each message a request; where it takes JSON lines, as our cloud does, a portion is one. */
import { z } from 'zod';
import type { Destination, DestinationSpecification } from '../destination';
import {
  type Outcome,
  PlatformDestination,
  type PlatformOptions,
  type PlatformTransport,
  type PortionOutcome,
} from './platform';
import type { PlatformMessage } from './platform-messages';

export interface PlatformHttpOptions<Item> extends PlatformOptions<Item> {
  /** Of the entry: `https://platform.example/pipeline` */
  address: string;
  /** Sent as a bearer token. */
  key?: string | undefined;
  /** It takes many messages in one request, one a line (`application/x-ndjson`). */
  lines?: boolean | undefined;
}

/** ms after which a request is given up; its messages are then sent again. */
const deadline = 60_000;
/** Requests under way at once, where each has one message. */
const mostRequests = 8;
/** Never taken, however often. */
const refusals = new Set([400, 413, 415, 422]);

/** Of a request that nobody was reached with. */
const unreached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What a request was answered; `isDoubtful`: its messages may have been taken, whatever the outcome is. */
interface Posted {
  outcome: Outcome;
  isDoubtful: boolean;
  answer?: unknown;
}

/** How our cloud answers to lines. */
const linesAnswer = z.object({
  refused: z.int().min(0),
  reasons: z.array(z.object({ line: z.int(), error: z.string() })).default([]),
});

class HttpEntry implements PlatformTransport {
  readonly #address: string;
  readonly #headers: Record<string, string>;
  readonly #lines: boolean;

  constructor({ address, key, lines = false }: PlatformHttpOptions<never>) {
    this.#address = address;
    this.#headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    this.#lines = lines;
  }

  async send(messages: readonly PlatformMessage[], signal: AbortSignal): Promise<PortionOutcome> {
    if (this.#lines) return this.#sendLines(messages, signal);
    const posted = new Array<Posted | undefined>(messages.length);
    let next = 0;
    let isFailing = false;
    const work = async () => {
      while (next < messages.length && !isFailing) {
        const index = next++;
        posted[index] = await this.#post(messages[index]!.line, 'application/json', signal);
        if (posted[index].outcome.result === 'again') isFailing = true;
      }
    };
    await Promise.all(Array.from({ length: mostRequests }, work));
    // Behind a message that failed some were not begun, and those that were go again.
    const failed = posted.findIndex((each) => each?.outcome.result === 'again');
    const end = failed < 0 ? messages.length : failed + 1;
    return {
      outcomes: posted.slice(0, end).map((each) => each!.outcome),
      doubtful: failed < 0 ? 0 : posted.slice(failed).filter((each) => each?.isDoubtful).length,
    };
  }

  async #sendLines(messages: readonly PlatformMessage[], signal: AbortSignal): Promise<PortionOutcome> {
    const body = messages.map(({ line }) => `${line}\n`).join('');
    const { outcome, isDoubtful, answer } = await this.#post(body, 'application/x-ndjson', signal);
    if (outcome.result === 'again')
      return { outcomes: [outcome], doubtful: isDoubtful ? messages.length : 0 };
    if (outcome.result === 'refused') return { outcomes: messages.map(() => outcome), doubtful: 0 };
    const { data } = linesAnswer.safeParse(answer);
    const reasons = new Map(data?.reasons.map(({ line, error }) => [line, error]));
    const outcomes = messages.map((_, index): Outcome => {
      const reason = reasons.get(index + 1);
      return reason === undefined ? { result: 'delivered' } : { result: 'refused', reason };
    });
    return { outcomes, doubtful: 0 };
  }

  async #post(body: string, type: string, signal: AbortSignal): Promise<Posted> {
    try {
      const response = await fetch(this.#address, {
        method: 'POST',
        headers: { ...this.#headers, 'content-type': type },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(deadline)]),
      });
      const text = await response.text();
      if (response.ok) return { outcome: { result: 'delivered' }, isDoubtful: true, answer: parsed(text) };
      const reason = `the platform answered ${response.status}: ${text.slice(0, 200)}`;
      if (refusals.has(response.status)) return { outcome: { result: 'refused', reason }, isDoubtful: false };
      const of = response.status === 500 ? 'item' : 'destination';
      return { outcome: { result: 'again', reason, of }, isDoubtful: false };
    } catch (error) {
      signal.throwIfAborted();
      const { message, cause } = error as Error & { cause?: Error & { code?: string } };
      const reason = `the platform is not reached: ${cause?.message || message}`;
      const isDoubtful = !unreached.has(cause?.code ?? '');
      return { outcome: { result: 'again', reason, of: 'destination' }, isDoubtful };
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const platformHttp = {
  summary: "The IoT platform's HTTP entry: each reading as one of its messages.",
  largestItem: Number.MAX_SAFE_INTEGER,
  isIdempotent: false,
  open: <Item extends object>(name: string, options: PlatformHttpOptions<Item>): Destination<Item> =>
    new PlatformDestination(name, options, new HttpEntry(options)),
} satisfies DestinationSpecification<PlatformHttpOptions<never>, never>;
