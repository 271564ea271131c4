/**
 * Blocks of the main part's own streams to the outbox, as blocks of a part are: in order, each once, held until durable.
 *
 * What comes in: streams with complete blocks. What goes out: their blocks in the outbox. What holds: nothing waits for it;
 * what the outbox cannot take now it gets when there is room, or gives way to newer blocks in its stream.
 */
import type { Clock } from '@sluice/common/clock';
import type { Outbox } from '../outbox/outbox';
import type { StreamState } from '../outbox/streams';
import type { OwnStream } from './own-stream';

export interface DeliveryOptions {
  outbox: Pick<Outbox, 'declare' | 'append' | 'skip'>;
  clock: Clock;
  /** Wall ms less monotonic ms of the boot. */
  offset(): number;
}

/** ms after which what the outbox did not take is tried again, if nothing tells of room before. */
const again = 1_000;

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #states = new Map<OwnStream, StreamState>();
  readonly #streams = new Map<StreamState, OwnStream>();
  /** Streams with blocks that the outbox did not take. */
  readonly #heldBack = new Set<OwnStream>();
  #cancel: (() => void) | undefined;
  #waiters: (() => void)[] = [];

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Those of which not everything is with the outbox for good. */
  get isHolding(): boolean {
    for (const stream of this.#states.keys()) if (stream.isHolding) return true;
    return false;
  }

  begin(stream: OwnStream): StreamState {
    const state = this.#options.outbox.declare(stream.metadata);
    this.#states.set(stream, state);
    this.#streams.set(state, stream);
    return state;
  }

  /** Gives the outbox what it can take of a stream. */
  push(stream: OwnStream): void {
    const { outbox, offset } = this.#options;
    const state = this.#states.get(stream);
    if (!state) return;
    for (let block = stream.next; block; block = stream.next) {
      if (block.sequence > state.next) outbox.skip(state, block.sequence);
      const outcome = outbox.append(state, block, offset());
      if (outcome === 'full' || outcome === 'closed') {
        this.#heldBack.add(stream);
        this.#retryLater();
        return;
      }
      stream.given();
    }
    this.#heldBack.delete(stream);
  }

  /** The outbox has made durable what it had taken of these. */
  durable(states: Iterable<StreamState>): void {
    for (const state of states) {
      const stream = this.#streams.get(state);
      if (!stream) continue;
      stream.durable(state.durable);
      if (stream.hasEnded && !stream.isHolding) this.#forget(stream, state);
    }
    this.#tellWaiters();
  }

  /** The outbox has lost what it had taken and is not durable. */
  failed(): void {
    for (const stream of this.#states.keys()) {
      stream.again();
      if (stream.next) this.#heldBack.add(stream);
    }
    this.#retryLater();
  }

  /**
   * The outbox has become another one, which knows what the one before had made durable; it gets the rest.
   * @returns its states, by the number of the stream
   */
  moved(): ReadonlyMap<number, StreamState> {
    const states = new Map<number, StreamState>();
    this.#streams.clear();
    for (const stream of this.#states.keys()) {
      const state = this.#options.outbox.declare(stream.metadata);
      states.set(stream.metadata.stream, state);
      this.#states.set(stream, state);
      this.#streams.set(state, stream);
      stream.durable(state.durable);
      stream.again();
      if (stream.next) this.#heldBack.add(stream);
    }
    return states;
  }

  /** The outbox has room again. */
  relieved(): void {
    for (const stream of [...this.#heldBack]) this.push(stream);
  }

  /** A stream goes on no more: it is forgotten when all of it is durable. */
  ended(stream: OwnStream): void {
    const state = this.#states.get(stream);
    if (state && !stream.isHolding) this.#forget(stream, state);
  }

  /** Resolves when all that is complete is durable, or after `patience` ms. */
  settled(patience: number): Promise<void> {
    if (!this.#isWaiting) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(patience, resolve);
      this.#waiters.push(() => {
        cancel();
        resolve();
      });
    });
  }

  close(): void {
    this.#cancel?.();
  }

  get #isWaiting(): boolean {
    for (const stream of this.#states.keys()) if (stream.isWaiting) return true;
    return false;
  }

  #tellWaiters(): void {
    if (this.#waiters.length === 0 || this.#isWaiting) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const tell of waiters) tell();
  }

  #forget(stream: OwnStream, state: StreamState): void {
    this.#states.delete(stream);
    this.#streams.delete(state);
    this.#heldBack.delete(stream);
  }

  #retryLater(): void {
    this.#cancel ??= this.#options.clock.after(again, () => {
      this.#cancel = undefined;
      this.relieved();
    });
  }
}
