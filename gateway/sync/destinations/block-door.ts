/** Our cloud's block door: takes capture files as they are, and knows each block by its name. */
import { systemCode } from '@sluice/common/errors';
import { largestCaptureFile } from '../../../modules/block/file';
import type { Delivery, Destination, DestinationSpecification } from '../destination';

export interface BlockDoorOptions<Item> {
  /** `http://127.0.0.1:8080` */
  address: string;
  appId: string;
  /** The main part's name. */
  main: string;
  key?: string;
  /** An item's bytes; undefined when it has been deleted by hand. */
  read(item: Item): Promise<Uint8Array | undefined>;
  /** What the main calls the part whose item it is; its own name when undefined. */
  remote?(item: Item): string | undefined;
}

interface Answer {
  readings: number;
  refused: { block: string; reason: string }[];
}

/**
 * An answer that takes longer is given up, in milliseconds; the file is then sent again, and what was stored of it is
 * not stored twice. A file of a quiet pin opens to millions of readings.
 */
const deadline = 300_000;
const refusals = new Set([400, 413, 415, 422]);

class BlockDoor<Item> implements Destination<Item> {
  readonly #options: BlockDoorOptions<Item>;
  readonly #url: string;
  readonly #headers: Record<string, string>;

  constructor(
    readonly name: string,
    options: BlockDoorOptions<Item>,
  ) {
    const { address, appId, main, key } = options;
    this.#options = options;
    const path = ['blocks', appId, main].map(encodeURIComponent).join('/');
    this.#url = new URL(path, address.endsWith('/') ? address : `${address}/`).href;
    this.#headers = {
      'content-type': 'application/octet-stream',
      ...(key ? { authorization: `Bearer ${key}` } : {}),
    };
  }

  async deliver(item: Item, signal: AbortSignal): Promise<Delivery> {
    let bytes: Uint8Array | undefined;
    try {
      bytes = await this.#options.read(item);
    } catch (error) {
      // Whatever it is, the file may be good: EMFILE and EIO pass.
      const reason = `cannot be read: ${systemCode(error) ?? (error as Error).message}`;
      return { result: 'again', reason, of: 'item' };
    }
    return bytes === undefined ? { result: 'gone' } : this.#post(bytes, item, signal);
  }

  async #post(bytes: Uint8Array, item: Item, signal: AbortSignal): Promise<Delivery> {
    const remote = this.#options.remote?.(item);
    const query = remote === undefined ? '' : `?${new URLSearchParams({ remote })}`;
    try {
      const response = await fetch(this.#url + query, {
        method: 'POST',
        headers: this.#headers,
        body: new Uint8Array(bytes),
        signal: AbortSignal.any([signal, AbortSignal.timeout(deadline)]),
      });
      if (response.ok) return understood((await response.json()) as Answer);
      const reason = `the cloud answered ${response.status}: ${(await response.text()).slice(0, 200)}`;
      if (refusals.has(response.status)) return { result: 'refused', reason };
      return { result: 'again', reason, of: response.status === 500 ? 'item' : 'destination' };
    } catch (error) {
      const { message, cause } = error as Error & { cause?: Error };
      const reason = `the cloud is not reached: ${cause?.message || message}`;
      return { result: 'again', reason, of: 'destination' };
    }
  }
}

function understood({ refused }: Answer): Delivery {
  if (refused.length === 0) return { result: 'delivered' };
  const reason = refused.map((refusal) => `${refusal.block}: ${refusal.reason}`).join('\n');
  return { result: 'refused', reason };
}

export const blockDoor = {
  summary: "Our cloud's block door: capture files as they are, over HTTP.",
  largestItem: largestCaptureFile,
  isIdempotent: true,
  open: <Item>(name: string, options: BlockDoorOptions<Item>): Destination<Item> =>
    new BlockDoor(name, options),
} satisfies DestinationSpecification<BlockDoorOptions<never>, never>;
