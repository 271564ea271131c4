/**
 * The outbox of the capture directory of now, for whoever gives it something: when `capture_dir` changes while they run,
 * it is another one behind this.
 *
 * What holds: what one outbox has taken is durable there, or known to be lost, before the other takes anything.
 */
import type { SluiceError } from '@sluice/common/errors';
import { Events } from '@sluice/common/events';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { Collector, CollectorName } from '../outbox/account';
import type { Payload } from '../outbox/arrivals';
import type { AppendOutcome, ClockOffset, IncomingBlock } from '../outbox/block-intake';
import type { BinaryMetadata, FileMetadata } from '../outbox/entry';
import type { BinaryItem, FileItem, Item } from '../outbox/items';
import type { Outbox, OutboxEvents } from '../outbox/outbox';
import type { Boot, StreamState } from '../outbox/streams';
import type { UnreadPlace } from '../outbox/unread';

/** What those who give to it, and those who show it, use of an outbox. */
type Used = Pick<
  Outbox,
  | 'events'
  | 'kept'
  | 'keep'
  | 'problem'
  | 'streams'
  | 'offsetOf'
  | 'declare'
  | 'append'
  | 'skip'
  | 'binary'
  | 'adopt'
  | 'collectorOf'
  | 'collectorsOf'
  | 'prune'
  | 'forget'
  | 'congested'
  | 'waiting'
  | 'waitingItems'
  | 'failedItems'
  | 'unread'
  | 'bytes'
  | 'logBytes'
>;

const told: readonly (keyof OutboxEvents)[] = [
  'durable',
  'corrected',
  'failed',
  'relieved',
  'complete',
  'settled',
  'gone',
];

export class CurrentOutbox implements Used {
  readonly events: Events<OutboxEvents>;
  #outbox: Outbox;
  #ends: (() => void)[] = [];
  readonly #arriving = new Set<Promise<unknown>>();
  /** Resolves when another outbox is there, or this one goes on. */
  #moving: Promise<void> | undefined;

  constructor(outbox: Outbox, onProblem: (error: Error) => void) {
    this.events = new Events(onProblem);
    this.#outbox = outbox;
    this.#follow();
  }

  /** The one of now. */
  get outbox(): Outbox {
    return this.#outbox;
  }

  /**
   * Takes nothing until `next` has resolved, which is called when all that was taken is durable, or was lost.
   * @param moved told when the other one is there, before it is given anything: streams are to be declared anew
   * @throws what `next` throws; the outbox of before goes on then
   */
  async moveTo(next: (before: Outbox) => Promise<Outbox>, moved: () => void): Promise<void> {
    let end = (): void => undefined;
    this.#moving = new Promise((resolve) => {
      end = resolve;
    });
    try {
      await this.#quiet();
      const outbox = await next(this.#outbox);
      this.#outbox = outbox;
      this.#follow();
      this.#moving = undefined;
      moved();
    } finally {
      this.#moving = undefined;
      end();
      this.events.emit('relieved', undefined);
    }
  }

  get kept(): unknown {
    return this.#outbox.kept;
  }

  get problem(): SluiceError | undefined {
    return this.#outbox.problem;
  }

  get congested(): boolean {
    return this.#outbox.congested;
  }

  get waitingItems(): number {
    return this.#outbox.waitingItems;
  }

  get failedItems(): number {
    return this.#outbox.failedItems;
  }

  get unread(): readonly UnreadPlace[] {
    return this.#outbox.unread;
  }

  get bytes(): number {
    return this.#outbox.bytes;
  }

  get logBytes(): number {
    return this.#outbox.logBytes;
  }

  streams(part: string, boot: Boot): ReadonlyMap<number, StreamState> {
    return this.#outbox.streams(part, boot);
  }

  offsetOf(part: string, boot: Boot): ClockOffset {
    return this.#outbox.offsetOf(part, boot);
  }

  collectorsOf(part: string): readonly Collector[] {
    return this.#outbox.collectorsOf(part);
  }

  declare(metadata: CaptureFileMetadata): StreamState {
    return this.#outbox.declare(metadata);
  }

  append(state: StreamState, block: IncomingBlock, clock: ClockOffset): AppendOutcome {
    return this.#moving ? 'full' : this.#outbox.append(state, block, clock);
  }

  skip(state: StreamState, next: number): void {
    if (!this.#moving) this.#outbox.skip(state, next);
  }

  binary(metadata: BinaryMetadata, payload: Payload): Promise<BinaryItem> {
    return this.#arrival((outbox) => outbox.binary(metadata, payload));
  }

  adopt(path: string, metadata: FileMetadata): Promise<FileItem | undefined> {
    return this.#arrival((outbox) => outbox.adopt(path, metadata));
  }

  collectorOf(name: CollectorName): Collector {
    return this.#outbox.collectorOf(name);
  }

  prune(part: string, live: Boot[]): Promise<void> {
    return this.#outbox.prune(part, live);
  }

  forget(part: string, boot: Boot, ended: number[]): Promise<void> {
    return this.#outbox.forget(part, boot, ended);
  }

  waiting(destination?: string): Generator<Item> {
    return this.#outbox.waiting(destination);
  }

  keep(data: unknown): Promise<void> {
    return this.#outbox.keep(data);
  }

  #follow(): void {
    for (const end of this.#ends) end();
    this.#ends = told.map((name) => this.#outbox.events.on(name, (about) => this.events.emit(name, about)));
  }

  /** A file that is being written is in the outbox in which it was begun. */
  async #arrival<T>(take: (outbox: Outbox) => Promise<T>): Promise<T> {
    while (this.#moving) await this.#moving;
    const arriving = take(this.#outbox);
    this.#arriving.add(arriving);
    try {
      return await arriving;
    } finally {
      this.#arriving.delete(arriving);
    }
  }

  async #quiet(): Promise<void> {
    await Promise.allSettled(this.#arriving);
    const { events } = this.#outbox;
    while ([...this.#outbox.allStreams].some(({ next, durable }) => next !== durable)) {
      let ends: (() => void)[] = [];
      await new Promise<void>((resolve) => {
        ends = [events.on('durable', () => resolve()), events.on('failed', () => resolve())];
      });
      for (const end of ends) end();
    }
  }
}
