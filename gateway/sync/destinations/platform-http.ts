/** The platform's HTTP entry: each message a request; where it takes JSON lines, as our cloud does, a portion is one. */
import { z } from 'zod';
import type { Destination, DestinationSpecification } from '../destination';
import { type Outcome, PlatformDestination, type PlatformOptions, type PlatformTransport } from './platform';
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

  async send(messages: readonly PlatformMessage[], signal: AbortSignal): Promise<readonly Outcome[]> {
    if (this.#lines) return this.#sendLines(messages, signal);
    const outcomes = new Array<Outcome>(messages.length);
    let next = 0;
    let isFailing = false;
    const work = async () => {
      while (next < messages.length && !isFailing) {
        const index = next++;
        const { outcome } = await this.#post(messages[index]!.line, 'application/json', signal);
        outcomes[index] = outcome;
        if (outcome.result === 'again') isFailing = true;
      }
    };
    await Promise.all(Array.from({ length: mostRequests }, work));
    // Behind a message that failed some were not begun.
    const end = outcomes.findIndex((outcome) => outcome?.result === 'again');
    return end < 0 ? outcomes : outcomes.slice(0, end + 1);
  }

  async #sendLines(messages: readonly PlatformMessage[], signal: AbortSignal): Promise<readonly Outcome[]> {
    const body = messages.map(({ line }) => `${line}\n`).join('');
    const { outcome, answer } = await this.#post(body, 'application/x-ndjson', signal);
    if (outcome.result === 'again') return [outcome];
    if (outcome.result === 'refused') return messages.map(() => outcome);
    const { data } = linesAnswer.safeParse(answer);
    const reasons = new Map(data?.reasons.map(({ line, error }) => [line, error]));
    return messages.map((_, index): Outcome => {
      const reason = reasons.get(index + 1);
      return reason === undefined ? { result: 'delivered' } : { result: 'refused', reason };
    });
  }

  async #post(
    body: string,
    type: string,
    signal: AbortSignal,
  ): Promise<{ outcome: Outcome; answer?: unknown }> {
    try {
      const response = await fetch(this.#address, {
        method: 'POST',
        headers: { ...this.#headers, 'content-type': type },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(deadline)]),
      });
      const text = await response.text();
      if (response.ok) return { outcome: { result: 'delivered' }, answer: parsed(text) };
      const reason = `the platform answered ${response.status}: ${text.slice(0, 200)}`;
      if (refusals.has(response.status)) return { outcome: { result: 'refused', reason } };
      return { outcome: { result: 'again', reason, of: response.status === 500 ? 'item' : 'destination' } };
    } catch (error) {
      signal.throwIfAborted();
      const { message, cause } = error as Error & { cause?: Error };
      const reason = `the platform is not reached: ${cause?.message || message}`;
      return { outcome: { result: 'again', reason, of: 'destination' } };
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
