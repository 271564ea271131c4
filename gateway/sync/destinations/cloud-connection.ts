/** Requests to our cloud's HTTP doors, with what each answer means for an item. */
import type { Delivery } from '../destination';

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
const refusals = new Set([400, 413, 415, 422]);

export class CloudConnection {
  readonly appId: string;
  readonly #base: string;
  readonly #headers: Record<string, string>;

  constructor({ address, appId, key }: CloudConnectionOptions) {
    this.appId = appId;
    this.#base = address.endsWith('/') ? address : `${address}/`;
    this.#headers = {
      'content-type': 'application/octet-stream',
      ...(key ? { authorization: `Bearer ${key}` } : {}),
    };
  }

  /** The answer's JSON, or what it means that there is none. Never rejects. */
  async send<Answer extends object>(
    method: 'POST' | 'PUT',
    path: readonly string[],
    query: Record<string, string | number>,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<Answer | Delivery> {
    const url = new URL(path.map(encodeURIComponent).join('/'), this.#base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    try {
      const response = await fetch(url, {
        method,
        headers: this.#headers,
        body: body as Uint8Array<ArrayBuffer>,
        signal: AbortSignal.any([signal, AbortSignal.timeout(deadline)]),
      });
      if (response.ok) return (await response.json()) as Answer;
      const reason = `the cloud answered ${response.status}: ${(await response.text()).slice(0, 200)}`;
      if (refusals.has(response.status)) return { result: 'refused', reason };
      const isOfItem = [409, 500].includes(response.status) || (method === 'PUT' && response.status === 404);
      return { result: 'again', reason, of: isOfItem ? 'item' : 'destination' };
    } catch (error) {
      const { message, cause } = error as Error & { cause?: Error };
      return {
        result: 'again',
        reason: `the cloud is not reached: ${cause?.message || message}`,
        of: 'destination',
      };
    }
  }
}
