/**
 * Server-sent events of the page: the state first, then what changes of it every second; blocks of the recent past,
 * then as they become durable.
 *
 * What holds: each event is serialised once, whoever listens. Nothing waits for a listener: one that is slow gets no
 * changes until it has read what it has, then the whole state anew, and blocks at its own pace from where it was.
 */
import type { ServerResponse } from 'node:http';
import type { Clock, MonotonicMilliseconds } from '@sluice/common/clock';
import type { Live } from './live';
import type { StateChange, StateView } from './state';

export interface FeedOptions {
  live: Live;
  model: { state(): StateView; change(): StateChange };
  /** Somebody looks; @returns what to call when they have gone. */
  watch(): () => void;
  clock: Clock;
}

interface Listener {
  response: ServerResponse;
  /** Number of the block that it gets next. */
  next: number;
  /** It takes blocks at its own pace. */
  isCatchingUp: boolean;
  /** It has missed a change, since when (monotonic milliseconds). */
  staleSince: MonotonicMilliseconds | undefined;
}

/** Milliseconds between two events of blocks; of changes, a multiple. */
const blockPeriod = 250;
const ticksPerChange = 4;
/** Bytes that may wait for a listener. */
const most = 1 << 20;
/** Blocks in an event. */
const chunk = 256;
/** Milliseconds after which a listener that reads nothing is let go; it comes back and gets everything anew. */
const patience = 60_000;

export class Feed {
  readonly #options: FeedOptions;
  readonly #listeners = new Set<Listener>();
  #cancel: (() => void) | undefined;
  /** Number of the block that those who keep up get next. */
  #next = 0;
  #ticks = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  serve(response: ServerResponse, headers: Record<string, string>): void {
    const { model, watch } = this.#options;
    const first = event('state', model.state());
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
    response.write(first);
    const leave = watch();
    const listener: Listener = { response, next: 0, isCatchingUp: true, staleSince: undefined };
    this.#listeners.add(listener);
    response.on('error', () => response.destroy());
    response.once('close', () => {
      this.#listeners.delete(listener);
      leave();
      if (this.#listeners.size > 0) return;
      this.#cancel?.();
      this.#cancel = undefined;
    });
    if (this.#cancel === undefined) this.#start();
    this.#catchUp(listener);
  }

  close(): void {
    for (const { response } of this.#listeners) response.destroy();
  }

  #start(): void {
    this.#next = this.#options.live.end;
    // What changed while nobody listened is in the state that the first listener has.
    this.#options.model.change();
    this.#schedule();
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.after(blockPeriod, () => {
      this.#schedule();
      this.#tellBlocks();
      if (++this.#ticks % ticksPerChange === 0) this.#tellChange();
    });
  }

  #tellBlocks(): void {
    const { live } = this.#options;
    while (this.#next < live.end) {
      const { blocks, next } = live.from(this.#next, chunk);
      const text = blocks.length > 0 ? event('blocks', blocks) : '';
      this.#next = next;
      for (const listener of this.#listeners) {
        if (listener.isCatchingUp) continue;
        if (listener.response.writableLength > most) {
          listener.isCatchingUp = true;
          this.#catchUp(listener);
        } else {
          listener.response.write(text);
          listener.next = next;
        }
      }
    }
  }

  #tellChange(): void {
    const { model, clock } = this.#options;
    const text = event('change', model.change());
    let whole: string | undefined;
    for (const listener of this.#listeners) {
      const { response, staleSince } = listener;
      if (response.writableLength > most) {
        listener.staleSince ??= clock.now();
        if (clock.now() - listener.staleSince > patience) response.destroy();
      } else if (staleSince !== undefined) {
        whole ??= event('state', model.state());
        response.write(whole);
        listener.staleSince = undefined;
      } else response.write(text);
    }
  }

  /** Writes what is kept, as fast as it is read. */
  #catchUp(listener: Listener): void {
    const { live } = this.#options;
    const { response } = listener;
    const step = () => {
      if (response.destroyed) return;
      if (response.writableNeedDrain) {
        response.once('drain', step);
        return;
      }
      // With what those who keep up have, it is one of them.
      const left = this.#next - listener.next;
      if (left <= 0) {
        listener.isCatchingUp = false;
        return;
      }
      const { blocks, next } = live.from(listener.next, Math.min(chunk, left));
      listener.next = next;
      if (blocks.length > 0) response.write(event('blocks', blocks));
      // Others have their turn between two chunks.
      setImmediate(step);
    };
    step();
  }
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
