/** Requests to our cloud's HTTP doors, with what each answer means for an item. */
import http from 'node:http';
import https from 'node:https';
import type { Delivery } from '../destination';
import { type Answer, exchange, type Streamed, Unanswered } from './exchange';

export interface CloudConnectionOptions {
  /** `http://127.0.0.1:8080` */
  address: string;
  appId: string;
  key?: string;
}

/**
 * An answer that takes longer is given up, in milliseconds; the item is then sent again, and what was stored of it is
 * not stored twice. A file of a quiet pin opens to millions of readings.
 */
const deadline = 300_000;
/** Milliseconds for which a connection waits for the next request: fewer than servers have patience. */
const idle = 4_000;
const refusals = new Set([400, 413, 415, 422]);

export class CloudConnection {
  readonly appId: string;
  readonly #base: string;
  readonly #headers: Record<string, string>;
  readonly #protocol: typeof http | typeof https;
  readonly #agent: http.Agent;

  constructor({ address, appId, key }: CloudConnectionOptions) {
    this.appId = appId;
    this.#base = address.endsWith('/') ? address : `${address}/`;
    this.#headers = {
      'content-type': 'application/octet-stream',
      ...(key ? { authorization: `Bearer ${key}` } : {}),
    };
    this.#protocol = new URL(this.#base).protocol === 'https:' ? https : http;
    this.#agent = new this.#protocol.Agent({ keepAlive: true, timeout: idle });
  }

  /** The answer's JSON, or what it means that there is none. @throws what the pieces of a streamed body throw */
  async send<Content extends object>(
    method: 'POST' | 'PUT',
    path: readonly string[],
    query: Record<string, string | number>,
    body: Uint8Array | Streamed,
    signal: AbortSignal,
  ): Promise<Content | Delivery> {
    const url = new URL(path.map(encodeURIComponent).join('/'), this.#base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    const headers = { ...this.#headers, 'content-length': body.length };
    const request = this.#protocol.request(url, { method, headers, agent: this.#agent });
    try {
      const { status, text } = await exchange(request, body, signal, deadline);
      return status >= 200 && status < 300 ? parsed<Content>(text) : refusal(method, { status, text });
    } catch (error) {
      if (error instanceof Unanswered) return unreached(error.message);
      throw error;
    }
  }
}

function parsed<Content extends object>(text: string): Content | Delivery {
  try {
    return JSON.parse(text) as Content;
  } catch (error) {
    return unreached((error as SyntaxError).message);
  }
}

function refusal(method: 'POST' | 'PUT', { status, text }: Answer): Delivery {
  const reason = `the cloud answered ${status}: ${text.slice(0, 200)}`;
  if (refusals.has(status)) return { result: 'refused', reason };
  const isOfItem = [409, 500].includes(status) || (method === 'PUT' && status === 404);
  return { result: 'again', reason, of: isOfItem ? 'item' : 'destination' };
}

function unreached(why: string): Delivery {
  return { result: 'again', reason: `the cloud is not reached: ${why}`, of: 'destination' };
}
