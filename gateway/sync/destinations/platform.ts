/**
 * What both ways to the IoT platform have in common: an item's messages go in portions, and what was taken of an item is
 * not sent again while this program runs.
 *
 * What holds: at least once. What is sent again after a failure is at most the portion under way, after a crash the item;
 * each reading carries its name (`sluice`), by which our own cloud leaves it out.
 */
import { type Delivery, type Destination, unread } from '../destination';
import { type PlatformMessage, type PlatformUpload, platformMessages } from './platform-messages';

/** What became of one message. `again`: it may be this message alone that fails, or everything. */
export type Outcome = Exclude<Delivery, { result: 'gone' }>;

/** What became of a portion. */
export interface PortionOutcome {
  /** Of each message, in their order; may end behind the first `again`. */
  outcomes: readonly Outcome[];
  /** Messages from the first `again` on that may have been taken all the same. */
  doubtful: number;
}

/** A way to the platform. */
export interface PlatformTransport {
  /** @throws what `signal` says: then all may have been taken */
  send(messages: readonly PlatformMessage[], signal: AbortSignal): Promise<PortionOutcome>;
  close?(): Promise<void>;
}

export interface PlatformOptions<Item> {
  /** `app_id` of its messages: the project. */
  appId: string;
  /** What of an item goes over; undefined when it has been deleted by hand. */
  read(item: Item): Promise<PlatformUpload | undefined>;
  /** So many messages of it may be there twice: they go again. */
  onDoubt?(item: Item, messages: number): void;
}

/** Messages under way at once. */
const portionMessages = 256;
/** Refusals of an item that are told; the others are counted. */
const mostReasons = 10;

interface Progress {
  /** Messages of the item that are settled, from its beginning. */
  settled: number;
  /** Messages from its beginning up to the last that may be there twice: none is told of again. */
  doubted: number;
  refused: number;
  reasons: string[];
}

export class PlatformDestination<Item extends object> implements Destination<Item> {
  readonly #options: PlatformOptions<Item>;
  readonly #transport: PlatformTransport;
  readonly #progress = new WeakMap<Item, Progress>();

  constructor(
    readonly name: string,
    options: PlatformOptions<Item>,
    transport: PlatformTransport,
  ) {
    this.#options = options;
    this.#transport = transport;
  }

  async deliver(item: Item, signal: AbortSignal): Promise<Delivery> {
    const progress = this.#progress.get(item) ?? { settled: 0, doubted: 0, refused: 0, reasons: [] };
    this.#progress.set(item, progress);
    try {
      const upload = await this.#options.read(item);
      if (upload === undefined) return { result: 'gone' };
      for await (const portion of portionsOf(upload, this.#options.appId, progress.settled)) {
        const failure = await this.#send(item, portion, progress, signal);
        if (failure) return failure;
      }
    } catch (error) {
      if (signal.aborted) throw error;
      return unread(error);
    }
    this.#progress.delete(item);
    return progress.refused === 0 ? { result: 'delivered' } : { result: 'refused', reason: told(progress) };
  }

  async close(): Promise<void> {
    await this.#transport.close?.();
  }

  /** One message that is refused does not stop the others of its item. */
  async #send(
    item: Item,
    portion: readonly PlatformMessage[],
    progress: Progress,
    signal: AbortSignal,
  ): Promise<Delivery | undefined> {
    const { outcomes, doubtful } = await this.#transport.send(portion, signal).catch((error) => {
      this.#doubt(item, progress, portion.length);
      throw error;
    });
    for (const outcome of outcomes) {
      if (outcome.result === 'again') {
        this.#doubt(item, progress, doubtful);
        return outcome;
      }
      progress.settled++;
      if (outcome.result === 'delivered') continue;
      if (progress.refused++ < mostReasons)
        progress.reasons.push(`message ${progress.settled}: ${outcome.reason}`);
    }
    return undefined;
  }

  #doubt(item: Item, progress: Progress, messages: number): void {
    const end = progress.settled + messages;
    const begin = Math.max(progress.settled, progress.doubted);
    if (end <= begin) return;
    progress.doubted = end;
    this.#options.onDoubt?.(item, end - begin);
  }
}

async function* portionsOf(
  upload: PlatformUpload,
  appId: string,
  skipped: number,
): AsyncGenerator<PlatformMessage[]> {
  let portion: PlatformMessage[] = [];
  let index = 0;
  for await (const message of platformMessages(upload, appId)) {
    if (index++ < skipped) continue;
    portion.push(message);
    if (portion.length < portionMessages) continue;
    yield portion;
    portion = [];
  }
  if (portion.length > 0) yield portion;
}

function told({ refused, reasons }: Progress): string {
  const more = refused - reasons.length;
  return [...reasons, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}
