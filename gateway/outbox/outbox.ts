/**
 * The outbox: what the gateway holds until every destination has it. README.md says what holds and how.
 *
 * What comes in: blocks, in the order of their stream. What goes out: items for the sync, oldest first. This is what the
 * others see of it; `start.ts` opens it, and those who do its work are in `workers.ts`.
 */

import type { SluiceError } from '@sluice/common/errors';
import type { Events } from '@sluice/common/events';
import type { Lock } from '@sluice/common/lock';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { Collector, CollectorName, Tallies } from './account';
import type { Payload } from './arrivals';
import type { AppendOutcome, ClockOffset, IncomingBlock } from './block-intake';
import { type Content, contentOf } from './content';
import type { BinaryMetadata, FileMetadata } from './entry';
import type { Ground } from './ground';
import type { BinaryItem, FileItem, Item } from './items';
import { defaultFileBytes, type OutboxEvents, type OutboxOptions } from './options';
import { type Started, start } from './start';
import type { Boot, StreamState } from './streams';
import type { UnreadPlace } from './unread';
import type { Workers } from './workers';

export type { DurableBlock, OutboxEvents, OutboxOptions } from './options';

export class Outbox {
  readonly #workers: Workers;
  readonly #ground: Ground;
  readonly #lock: Lock | undefined;

  private constructor({ workers, lock }: Started) {
    this.#workers = workers;
    this.#ground = workers.ground;
    this.#lock = lock;
  }

  /**
   * Locks the directory and recovers it.
   * @throws SluiceError directory-in-use, outbox-newer-version, outbox-damaged, outbox-disk-failed, log-newer-version; or what
   * the storage says
   */
  static async open(options: OutboxOptions): Promise<Outbox> {
    return new Outbox(await start(options));
  }

  get events(): Events<OutboxEvents> {
    return this.#ground.events;
  }

  /** Why it takes nothing any more. */
  get problem(): SluiceError | undefined {
    return this.#workers.problem;
  }

  /** The streams of one boot, by number. */
  streams(part: string, boot: Boot): ReadonlyMap<number, StreamState> {
    return this.#ground.state.streams.ofBoot(part, boot);
  }

  /** The last clock offset known of a boot; undefined when it never knew the time. */
  offsetOf(part: string, boot: Boot): ClockOffset {
    let offset: ClockOffset;
    for (const state of this.streams(part, boot).values()) offset = state.offset ?? offset;
    return offset;
  }

  /** Declares a stream; the same again is the same stream. */
  declare(metadata: CaptureFileMetadata): StreamState {
    return this.#workers.intake.declare(metadata);
  }

  /**
   * Takes the next block of a stream. `taken`: the event `durable` tells of it; `duplicate`: it was taken before;
   * `out-of-order`: blocks before it are missing; `full`: again when the event `relieved` comes; `closed`: it takes
   * nothing any more, and `problem` says why unless it was closed.
   */
  append(state: StreamState, block: IncomingBlock, clock: ClockOffset): AppendOutcome {
    return this.#workers.intake.append(state, block, clock);
  }

  /** The part no longer has the blocks below `next`. */
  skip(state: StreamState, next: number): void {
    this.#workers.intake.skip(state, next);
  }

  /**
   * Takes a binary: streamed to the disk, it and its entry durable when the promise is kept.
   * @throws SluiceError outbox-closed, outbox-disk-failed, outbox-full, outbox-gone; or what the payload or the storage says: then nothing of it is kept
   */
  binary(metadata: BinaryMetadata, payload: Payload): Promise<BinaryItem> {
    return this.#workers.arrival(() => this.#workers.arrivals.binary(metadata, payload));
  }

  /**
   * Takes a file of somebody else's, which stays where it is until it is delivered; then it is removed. The same file
   * again is the same item. undefined: there is no such file, or one is delivered and waits to be removed, or
   * to be written down: try again later.
   * @param path absolute
   * @throws SluiceError outbox-closed, outbox-full, outbox-gone
   */
  adopt(path: string, metadata: FileMetadata): Promise<FileItem | undefined> {
    return this.#workers.arrival(() => this.#workers.arrivals.adopt(path, metadata));
  }

  /** Takes on what another capture directory had of streams, so that nothing of theirs is taken twice. */
  takeOver(streams: Iterable<StreamState>): Promise<void> {
    return this.#workers.intake.takeOver(streams);
  }

  /** Where what a collector gave has gone; it goes on changing. */
  collectorOf(name: CollectorName): Collector {
    return this.#ground.state.account.of(name);
  }

  /** All collectors of a part that ever gave anything. */
  collectorsOf(part: string): readonly Collector[] {
    return this.#ground.state.account.ofPart(part);
  }

  /** Every stream that is remembered. */
  get allStreams(): Iterable<StreamState> {
    return this.#ground.state.streams.all;
  }

  get destinations(): readonly string[] {
    return this.#ground.state.account.destinations;
  }

  /**
   * Where everything goes from now on. A destination that is new gets what is stored; one that is gone holds nothing
   * up, and knows what it had should it come back meanwhile.
   */
  async configure(destinations: readonly string[]): Promise<void> {
    this.#workers.configure(destinations);
    await this.#workers.settlement.endSettled();
    await this.checkpoint();
  }

  /** From the next block on, a complete file has so many bytes at most. Default: as at the start without. */
  limitFiles(maximumBytes = defaultFileBytes): void {
    this.#ground.files.maximumBytes = maximumBytes;
  }

  /** Forgets the watermarks of the boots of a part that are over. Their blocks stay. */
  prune(part: string, live: Boot[]): Promise<void> {
    return this.#workers.intake.prune(part, live);
  }

  /** Forgets streams of a boot that goes on: they have ended, and all that they had is durable. Their blocks stay. */
  forget(part: string, boot: Boot, ended: number[]): Promise<void> {
    return this.#workers.intake.forget(part, boot, ended);
  }

  /** Parts should be held back until `relieved`. */
  get congested(): boolean {
    return this.#workers.room.isCongested;
  }

  /**
   * Completes open files that were begun at least `olderThan` milliseconds ago, with all that is durable now, so that
   * the sync can have them.
   * @throws SluiceError outbox-gone
   */
  async complete(olderThan = 0): Promise<void> {
    await this.#workers.checkThere();
    await this.#workers.filer.complete(olderThan);
  }

  /** Items that wait for a destination (left out: for any), oldest first; while they come and go. */
  *waiting(destination?: string): Generator<Item> {
    const { items } = this.#ground.state;
    for (const item of items.waiting.values())
      if (destination === undefined || !items.isSettled(item, destination)) yield item;
  }

  /** Adopted files that wait. */
  get adopted(): number {
    return this.#ground.state.items.adopted;
  }

  /** It waits, or is delivered and waits to be removed. */
  isAdopted(path: string): boolean {
    const { waiting, leaving } = this.#ground.state.items;
    return waiting.has(path) || leaving.has(path);
  }

  get waitingItems(): number {
    return this.#ground.state.items.waiting.size;
  }

  /** Items that were set aside, oldest first. */
  failed(): IterableIterator<Item> {
    return this.#ground.state.items.failed.values();
  }

  get failedItems(): number {
    return this.#ground.state.items.failed.size;
  }

  /** What could not be read at the start, and is tried again with each checkpoint. */
  get unread(): readonly UnreadPlace[] {
    return [...this.#ground.state.unread.described()];
  }

  /** Bytes of everything in the capture directory that is ours: open, complete and failed files, and the log; no reserve. */
  get bytes(): number {
    return this.#ground.state.items.bytes + this.#ground.files.bytes + this.#workers.log.bytes;
  }

  /** Bytes of the log. */
  get logBytes(): number {
    return this.#workers.log.bytes;
  }

  /**
   * An item's bytes, whole; undefined when it is being deleted, or somebody has deleted its file by hand: it is counted,
   * and forgotten.
   */
  async read(item: Item): Promise<Uint8Array | undefined> {
    const { held, discarding } = item.file;
    if (discarding) return undefined;
    if (held !== undefined) return held.bytes();
    try {
      return await this.#ground.storage.read(item.file.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await this.discard(item);
      return undefined;
    }
  }

  /**
   * What of an item goes to a destination, in pieces: of a binary its payload. undefined when it is being deleted, or was by
   * hand, or has changed and is its owner's again. The pieces end with SluiceError `file-changed` when that happens
   * while they are read: what was sent of it is void.
   */
  async content(item: Item): Promise<Content | undefined> {
    if (item.file.discarding) return undefined;
    const content = await contentOf(this.#ground.storage, item, (changed) =>
      this.#workers.settlement.release(changed),
    );
    if (content === 'absent') await this.discard(item);
    return typeof content === 'string' ? undefined : content;
  }

  /** A destination has the item. Resolves when that is durable. */
  delivered(item: Item, destination: string): Promise<void> {
    return this.#workers.settlement.settle(item, destination, 'delivered');
  }

  /** A destination will never take the item: once all have settled it, it moves to `failed/` with the reason beside it. */
  setAside(item: Item, destination: string, reason: string): Promise<void> {
    return this.#workers.settlement.settle(item, destination, 'setAside', reason);
  }

  /** So many readings of the item go again to a destination that may have them. */
  doubted(item: Item, destination: string, readings: number): void {
    const { account } = this.#ground.state;
    account.doubted(account.of(item.metadata), destination, readings);
  }

  /** Removes an item for want of space, also one in `failed/`. */
  discard(item: Item): Promise<void> {
    return this.#workers.settlement.discard(item);
  }

  /** Where the blocks of each collector have gone, for one destination. Default: the first. */
  account(destination = this.#ground.state.account.destinations[0]): (CollectorName & Tallies)[] {
    return [...this.#ground.state.account.collectors].map(({ destinations, ...name }) => ({
      ...name,
      ...destinations[destination ?? '']!,
    }));
  }

  /** What `keep` was given last, also by a gateway before this one. */
  get kept(): unknown {
    return this.#ground.kept.data;
  }

  /** Keeps plain data beside the blocks, for those who know the parts; replaced as a whole. Never rejects. */
  keep(data: unknown): Promise<void> {
    return this.#ground.kept.keep(data);
  }

  /** Brings what is in the log into capture files and makes these durable. Never rejects. */
  checkpoint(): Promise<void> {
    return this.#workers.checkpoint();
  }

  /** Everything is written, synced and closed. @param isLeft the directory is of no more use: what it keeps free is given back */
  async close({ isLeft = false } = {}): Promise<void> {
    if (await this.#workers.close(isLeft)) this.#lock?.release();
  }
}
