/**
 * The outbox: what the gateway holds until every destination has it. README.md says what holds and how.
 *
 * What comes in: blocks, in the order of their stream. What goes out: items for the sync, oldest first.
 */
import { join } from 'node:path';
import { type Clock, repeat, systemClock } from '@sluice/common/clock';
import { asError, isSluiceError, SluiceError } from '@sluice/common/errors';
import { Events } from '@sluice/common/events';
import { type Lock, lockDirectory } from '@sluice/common/lock';
import { Log } from '@sluice/common/log';
import { isOfFullDisk, Reserve } from '@sluice/common/reserve';
import { mayPass, NodeStorage, PatientStorage, type Storage } from '@sluice/common/storage';
import type { CaptureFileMetadata } from '../../modules/block/file';
import { add, type Collector, type CollectorName, type Fate, type Tallies, type Tally } from './account';
import { Arrivals, type Payload } from './arrivals';
import { type AppendOutcome, BlockIntake, type ClockOffset, type IncomingBlock } from './block-intake';
import { CaptureFiles } from './capture-files';
import { Checkpoints, stateName } from './checkpoint';
import { type Content, contentOf } from './content';
import { DeliveredNotes } from './delivered-notes';
import type { BinaryMetadata, BlockEntry, Entry, FileMetadata } from './entry';
import { Filer } from './filer';
import type { BinaryItem, FileItem, Item } from './items';
import { KeptData } from './kept-data';
import { lookForLate } from './late-files';
import { LogRoom } from './log-room';
import { Replay, recoverFiles, replayJournals, replayLog } from './recovery';
import type { Recovery } from './recovery-context';
import { Settlement } from './settlement';
import { OutboxState, type Restored } from './state';
import { UnsyncedFiles } from './stored-files';
import type { Boot, StreamState } from './streams';
import type { UnreadPlace } from './unread';
import { OutboxWriter } from './writer';

export interface OutboxOptions {
  /** The capture directory's absolute path; made when it does not exist. */
  path: string;
  /** Where everything goes, by name. Default: one, `cloud`. */
  destinations?: readonly string[];
  /** Bytes of a complete file at most. Default 262,144. */
  maximumFileBytes?: number;
  /** Bytes of log at half of which a checkpoint is made; it never takes more than twice as many. Default 16 MiB. */
  journalBytes?: number;
  /** Bytes of complete files in memory, above which they are written before a checkpoint comes. Default 8 MiB. */
  heldBytes?: number;
  /** Bytes not yet durable above which parts are held back. Default 4 MiB. */
  pendingBytes?: number;
  storage?: Storage;
  clock?: Clock;
  /** Something could not be written or read; nothing acknowledged is lost by it. */
  onProblem?(path: string, error: Error): void;
}

export interface DurableBlock {
  state: StreamState;
  entry: BlockEntry;
}

export interface OutboxEvents {
  /** After each commit: streams whose watermark has moved, and the blocks. */
  durable: { states: Set<StreamState>; blocks: DurableBlock[] };
  /** Stamps of a stream went back to the clock, which they were `ahead` ms ahead of. */
  corrected: { state: StreamState; ahead: number };
  /** A commit failed: everything not reported durable was not kept. */
  failed: Error;
  /** There is room again for what was held back. */
  relieved: undefined;
  /** An item is complete. */
  complete: Item;
  /** An item has come to its end, for one destination or (left out) for all that had not settled it. */
  settled: { item: Item; fate: Fate; destination?: string };
  /** Blocks that were in no complete item yet were deleted by hand. */
  gone: { collector: Collector; count: Tally };
}

/** Beside the capture files: log, snapshot, what others keep here. */
const homeName = '.sluice';
const keptName = 'parts.json';
const checkpointPeriod = 30_000;
const defaultFileBytes = 262_144;
const defaultPendingBytes = 4 << 20;
const leastJournal = 1 << 16;

export class Outbox {
  readonly events: Events<OutboxEvents>;
  /** Why it takes nothing any more. */
  problem: SluiceError | undefined;

  readonly #options: OutboxOptions;
  readonly #home: string;
  /** Until it has started, it is asked again where it fails. */
  readonly #storage: PatientStorage;
  readonly #clock: Clock;
  readonly #journalBytes: number;
  readonly #state: OutboxState;
  readonly #files: CaptureFiles;
  readonly #unsynced: UnsyncedFiles;
  readonly #notes: DeliveredNotes;
  readonly #reserve: Reserve;
  readonly #kept: KeptData;
  #lock?: Lock;
  #log!: Log;
  #writer!: OutboxWriter;
  #filer!: Filer;
  #settlement!: Settlement;
  #checkpoints!: Checkpoints;
  #room!: LogRoom;
  #intake!: BlockIntake;
  #arrivals!: Arrivals;
  readonly #arriving = new Set<Promise<unknown>>();
  #endSchedule?: () => void;
  #closed = false;

  private constructor(options: OutboxOptions) {
    const { path, destinations = ['cloud'], journalBytes = 16 << 20 } = options;
    this.#options = options;
    this.#home = join(path, homeName);
    this.#clock = options.clock ?? systemClock;
    this.#storage = new PatientStorage(options.storage ?? new NodeStorage(), (milliseconds) =>
      pause(this.#clock, milliseconds),
    );
    this.#journalBytes = Math.max(leastJournal, journalBytes);
    this.events = new Events((problem) => this.#report(path, problem));
    this.#state = new OutboxState(path, destinations, () => this.#clock.wall());
    const onProblem = (file: string, error: Error) => this.#report(file, error);
    this.#kept = new KeptData(this.#storage, join(this.#home, keptName), onProblem);
    this.#unsynced = new UnsyncedFiles(path, this.#storage, onProblem);
    this.#notes = new DeliveredNotes(this.#home, this.#storage, this.#unsynced);
    this.#reserve = new Reserve({
      path: join(this.#home, 'reserve'),
      storage: this.#storage,
      // A checkpoint is made at so much of log, all of which may have to go to files.
      bytes: this.#journalBytes / 2,
      onProblem,
    });
    const { items, account, unread } = this.#state;
    this.#files = new CaptureFiles({
      root: path,
      storage: this.#storage,
      unsynced: this.#unsynced,
      unread,
      clock: this.#clock,
      maximumBytes: options.maximumFileBytes ?? defaultFileBytes,
      heldBytes: options.heldBytes ?? 8 << 20,
      onProblem,
      onComplete: (reference, file) => {
        items.add(reference, file);
        if (this.events.has('complete')) this.events.emit('complete', items.waiting.get(reference.key)!);
      },
      onDisplaced: (from, to) => items.displace(from, to),
      onGone: (metadata, count) => {
        const collector = account.of(metadata);
        this.#state.gone(collector, count);
        this.events.emit('gone', { collector, count });
      },
    });
  }

  /**
   * Locks the directory and recovers it.
   * @throws SluiceError directory-in-use, outbox-newer-version, outbox-damaged, outbox-disk-failed, log-newer-version; or what
   * the storage says
   */
  static async open(options: OutboxOptions): Promise<Outbox> {
    const outbox = new Outbox(options);
    const logPath = join(outbox.#home, 'log');
    try {
      await outbox.#storage.makeDirectory(logPath);
      // What is not this machine's disk is nobody else's.
      if (options.storage === undefined) outbox.#lock = await lockDirectory(logPath);
      await outbox.#recover(logPath);
    } catch (error) {
      outbox.#lock?.release();
      if (!mayPass(error)) throw error;
      const cause = asError(error);
      const sentence = `the gateway cannot start before its disk can be read: ${cause.message}`;
      throw new SluiceError('outbox-disk-failed', sentence, { path: options.path, cause });
    }
    outbox.#schedule();
    return outbox;
  }

  /** The streams of one boot, by number. */
  streams(part: string, boot: Boot): ReadonlyMap<number, StreamState> {
    return this.#state.streams.ofBoot(part, boot);
  }

  /** The last clock offset known of a boot; undefined when it never knew the time. */
  offsetOf(part: string, boot: Boot): ClockOffset {
    let offset: ClockOffset;
    for (const state of this.streams(part, boot).values()) offset = state.offset ?? offset;
    return offset;
  }

  /** Declares a stream; the same again is the same stream. */
  declare(metadata: CaptureFileMetadata): StreamState {
    return this.#intake.declare(metadata);
  }

  /**
   * Takes the next block of a stream. `taken`: the event `durable` tells of it; `duplicate`: it was taken before;
   * `out-of-order`: blocks before it are missing; `full`: again when the event `relieved` comes; `closed`: it takes
   * nothing any more, and `problem` says why unless it was closed.
   */
  append(state: StreamState, block: IncomingBlock, clock: ClockOffset): AppendOutcome {
    return this.#intake.append(state, block, clock);
  }

  /** The part no longer has the blocks below `next`. */
  skip(state: StreamState, next: number): void {
    this.#intake.skip(state, next);
  }

  /**
   * Takes a binary: streamed to the disk, it and its entry durable when the promise is kept.
   * @throws SluiceError outbox-closed, outbox-disk-failed, outbox-full, outbox-gone; or what the payload or the storage says: then nothing of it is kept
   */
  binary(metadata: BinaryMetadata, payload: Payload): Promise<BinaryItem> {
    return this.#arrival(() => this.#arrivals.binary(metadata, payload));
  }

  /**
   * Takes a file of somebody else's, which stays where it is until it is delivered; then it is removed. The same file
   * again is the same item. undefined: there is no such file, or one is delivered and waits to be removed, or
   * to be written down: try again later.
   * @param path absolute
   * @throws SluiceError outbox-closed, outbox-full, outbox-gone
   */
  adopt(path: string, metadata: FileMetadata): Promise<FileItem | undefined> {
    return this.#arrival(() => this.#arrivals.adopt(path, metadata));
  }

  /** Takes on what another capture directory had of streams, so that nothing of theirs is taken twice. */
  takeOver(streams: Iterable<StreamState>): Promise<void> {
    return this.#intake.takeOver(streams);
  }

  /** Where what a collector gave has gone; it goes on changing. */
  collectorOf(name: CollectorName): Collector {
    return this.#state.account.of(name);
  }

  /** All collectors of a part that ever gave anything. */
  collectorsOf(part: string): readonly Collector[] {
    return this.#state.account.ofPart(part);
  }

  /** Every stream that is remembered. */
  get allStreams(): Iterable<StreamState> {
    return this.#state.streams.all;
  }

  get destinations(): readonly string[] {
    return this.#state.account.destinations;
  }

  /**
   * Where everything goes from now on. A destination that is new gets what is stored; one that is gone holds nothing
   * up, and knows what it had should it come back meanwhile.
   */
  async configure(destinations: readonly string[]): Promise<void> {
    this.#configure(destinations);
    await this.#settlement.endSettled();
    await this.checkpoint();
  }

  /** From the next block on, a complete file has so many bytes at most. Default: as at the start without. */
  limitFiles(maximumBytes = defaultFileBytes): void {
    this.#files.maximumBytes = maximumBytes;
  }

  /** Forgets the watermarks of the boots of a part that are over. Their blocks stay. */
  prune(part: string, live: Boot[]): Promise<void> {
    return this.#intake.prune(part, live);
  }

  /** Forgets streams of a boot that goes on: they have ended, and all that they had is durable. Their blocks stay. */
  forget(part: string, boot: Boot, ended: number[]): Promise<void> {
    return this.#intake.forget(part, boot, ended);
  }

  /** Parts should be held back until `relieved`. */
  get congested(): boolean {
    return this.#room.isCongested;
  }

  /**
   * Completes open files that were begun at least `olderThan` milliseconds ago, with all that is durable now, so that
   * the sync can have them.
   * @throws SluiceError outbox-gone
   */
  async complete(olderThan = 0): Promise<void> {
    await this.#checkThere();
    await this.#filer.complete(olderThan);
  }

  /** Items that wait for a destination (left out: for any), oldest first; while they come and go. */
  *waiting(destination?: string): Generator<Item> {
    const { items } = this.#state;
    for (const item of items.waiting.values())
      if (destination === undefined || !items.isSettled(item, destination)) yield item;
  }

  /** Adopted files that wait. */
  get adopted(): number {
    return this.#state.items.adopted;
  }

  /** It waits, or is delivered and waits to be removed. */
  isAdopted(path: string): boolean {
    const { waiting, leaving } = this.#state.items;
    return waiting.has(path) || leaving.has(path);
  }

  get waitingItems(): number {
    return this.#state.items.waiting.size;
  }

  /** Items that were set aside, oldest first. */
  failed(): IterableIterator<Item> {
    return this.#state.items.failed.values();
  }

  get failedItems(): number {
    return this.#state.items.failed.size;
  }

  /** What could not be read at the start, and is tried again with each checkpoint. */
  get unread(): readonly UnreadPlace[] {
    return [...this.#state.unread.described()];
  }

  /** Bytes of everything in the capture directory that is ours: open, complete and failed files, and the log; no reserve. */
  get bytes(): number {
    return this.#state.items.bytes + this.#files.bytes + this.#log.bytes;
  }

  /** Bytes of the log. */
  get logBytes(): number {
    return this.#log.bytes;
  }

  /** An item's bytes, whole; undefined when somebody has deleted its file by hand: it is counted, and forgotten. */
  async read(item: Item): Promise<Uint8Array | undefined> {
    const { held } = item.file;
    if (held !== undefined) return held.bytes();
    try {
      return await this.#storage.read(item.file.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await this.discard(item);
      return undefined;
    }
  }

  /**
   * What of an item goes to a destination, in pieces: of a binary its payload. undefined when it has been deleted by
   * hand, or has changed and is its owner's again. The pieces end with SluiceError `file-changed` when that happens
   * while they are read: what was sent of it is void.
   */
  async content(item: Item): Promise<Content | undefined> {
    const content = await contentOf(this.#storage, item, (changed) => this.#settlement.release(changed));
    if (content === 'absent') await this.discard(item);
    return typeof content === 'string' ? undefined : content;
  }

  /** A destination has the item. Resolves when that is durable. */
  delivered(item: Item, destination: string): Promise<void> {
    return this.#settlement.settle(item, destination, 'delivered');
  }

  /** A destination will never take the item: once all have settled it, it moves to `failed/` with the reason beside it. */
  setAside(item: Item, destination: string, reason: string): Promise<void> {
    return this.#settlement.settle(item, destination, 'setAside', reason);
  }

  /** So many readings of the item go again to a destination that may have them. */
  doubted(item: Item, destination: string, readings: number): void {
    const { account } = this.#state;
    account.doubted(account.of(item.metadata), destination, readings);
  }

  /** Removes an item for want of space, also one in `failed/`. */
  discard(item: Item): Promise<void> {
    return this.#settlement.discard(item);
  }

  /** Where the blocks of each collector have gone, for one destination. Default: the first. */
  account(destination = this.#state.account.destinations[0]): (CollectorName & Tallies)[] {
    return [...this.#state.account.collectors].map(({ destinations, ...name }) => ({
      ...name,
      ...destinations[destination ?? '']!,
    }));
  }

  /** What `keep` was given last, also by a gateway before this one. */
  get kept(): unknown {
    return this.#kept.data;
  }

  /** Keeps plain data beside the blocks, for those who know the parts; replaced as a whole. Never rejects. */
  keep(data: unknown): Promise<void> {
    return this.#kept.keep(data);
  }

  /** Brings what is in the log into capture files and makes these durable. Never rejects. */
  async checkpoint(): Promise<void> {
    let made: boolean;
    // What was committed meanwhile may fill the log by itself, and then nothing comes that would ask for another.
    do made = await this.#checkpoints.make();
    while (made && this.#room.isShort && this.#writer.written > this.#checkpoints.at);
    this.#room.changed();
  }

  /** Everything is written, synced and closed. @param isLeft the directory is of no more use: what it keeps free is given back */
  async close({ isLeft = false } = {}): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#endSchedule?.();
    await Promise.allSettled(this.#arriving);
    await this.#writer.idle();
    await this.#filer.complete(0);
    await this.#checkpoints.make();
    if (isLeft) await this.#reserve.remove();
    await this.#kept.idle();
    await this.#filer.close();
    await this.#log.close();
    this.#lock?.release();
  }

  async #recover(logPath: string): Promise<void> {
    const home = this.#home;
    const storage = this.#storage;
    const recovery = this.#recovery();
    const { state, onProblem } = recovery;
    const configured = [...state.account.destinations];
    const statePath = join(home, stateName);
    const isThere = (await storage.status(statePath)) !== undefined;
    const found: Restored = isThere
      ? state.restore(await storage.read(statePath), statePath)
      : { generation: 0, isOlder: true };
    // Behind the state: one of a newer release is refused before anything is changed.
    await this.#kept.read();
    const segmentBytes = Math.max(1 << 14, this.#journalBytes >> 3);
    const openLog = () =>
      Log.open({
        directory: logPath,
        storage,
        segmentBytes,
        wall: () => this.#clock.wall(),
        ...(found.position === undefined ? {} : { atLeast: found.position }),
        onProblem: (error) => onProblem(logPath, error),
      });
    this.#log = await storage.attempt(openLog).catch(async (error) => {
      // A start writes the log's last batch anew.
      if (!isOfFullDisk(error) || !(await this.#reserve.giveUp())) throw error;
      return openLog();
    });
    const position = found.position ?? 0;
    const replay = new Replay(state);
    if (found.generation !== undefined) await replayJournals(recovery, found.generation, replay);
    await replayLog(this.#log, position, replay);
    await recoverFiles(recovery, replay);
    storage.endPatience();
    this.#assemble(position, segmentBytes);
    this.#configure(configured);
    await this.#settlement.endSettled();
    await this.#files.completeOpen(0);
    const made = this.#checkpoints.make();
    // Before the first snapshot of this version nothing may go to its log alone.
    if (found.isOlder && !(await made)) {
      await this.#log.close();
      throw new SluiceError('outbox-disk-failed', `${home} could not be written`, { path: home });
    }
  }

  #recovery(): Recovery {
    return {
      root: this.#options.path,
      home: this.#home,
      storage: this.#storage,
      state: this.#state,
      files: this.#files,
      unsynced: this.#unsynced,
      notes: this.#notes,
      onProblem: (path, error) => this.#report(path, error),
    };
  }

  #lookForLate(): Promise<void> {
    return lookForLate(this.#recovery(), {
      found: (item) => this.events.emit('complete', item),
      gone: (collector, count) => this.events.emit('gone', { collector, count }),
    });
  }

  #assemble(position: number, segmentBytes: number): void {
    const [state, storage, unsynced, notes, log] = [
      this.#state,
      this.#storage,
      this.#unsynced,
      this.#notes,
      this.#log,
    ];
    const onProblem = (path: string, error: Error) => this.#report(path, error);
    const cursor = log.attachCursor('files', Math.max(position, log.first));
    this.#writer = new OutboxWriter({
      log,
      batchBytes: Math.min(1 << 20, segmentBytes),
      apply: (entries) => this.#apply(entries),
      lost: (entries, error) => this.#lost(entries, error),
    });
    const writer = this.#writer;
    this.#filer = new Filer(log, this.#files, state.streams.all);
    this.#settlement = new Settlement({
      state,
      storage,
      unsynced,
      notes,
      writer,
      onProblem,
      onSettled: (item, fate, destination) =>
        this.events.emit('settled', { item, fate, ...(destination === undefined ? {} : { destination }) }),
    });
    this.#room = new LogRoom({
      log,
      writer,
      journalBytes: this.#journalBytes,
      pendingBytes: this.#options.pendingBytes ?? defaultPendingBytes,
      relieved: () => this.events.emit('relieved', undefined),
    });
    this.#intake = new BlockIntake({
      streams: state.streams,
      writer,
      room: this.#room,
      isOpen: () => !this.#closed && this.problem === undefined,
      corrected: (stream, ahead) => this.events.emit('corrected', { state: stream, ahead }),
    });
    this.#arrivals = new Arrivals({
      root: this.#options.path,
      storage,
      state,
      writer,
      settlement: this.#settlement,
      unsynced,
      notes,
      onProblem,
    });
    this.#checkpoints = new Checkpoints({
      home: this.#home,
      storage,
      log,
      cursor,
      state,
      writer,
      filer: this.#filer,
      unsynced,
      notes,
      reserve: this.#reserve,
      lookAgain: () => this.#lookForLate(),
      onProblem,
    });
  }

  async #arrival<T>(take: () => Promise<T>): Promise<T> {
    if (this.problem !== undefined) throw this.problem;
    if (this.#closed) throw new SluiceError('outbox-closed', 'the outbox is closed');
    if (this.#room.isFull)
      throw new SluiceError(
        'outbox-full',
        `${this.#home} has no room for more before the disk has caught up`,
      );
    const arriving = take();
    this.#arriving.add(arriving);
    try {
      return await arriving;
    } finally {
      this.#arriving.delete(arriving);
    }
  }

  #configure(destinations: readonly string[]): void {
    const stored = new Map<string, Map<Collector, Tally>>();
    for (const name of destinations) stored.set(name, this.#storedFor(name));
    this.#state.account.configure(
      destinations,
      (collector, name) => stored.get(name)!.get(collector) ?? { blocks: 0, readings: 0 },
    );
  }

  #apply(entries: Entry[]): void {
    const states = new Set<StreamState>();
    const blocks: DurableBlock[] = [];
    for (const entry of entries) {
      this.#state.apply(entry);
      if (entry.kind === 'item' && this.events.has('complete'))
        this.events.emit('complete', this.#state.items.waiting.get(entry.item.key)!);
      if (entry.kind !== 'block' && entry.kind !== 'gap') continue;
      const state = this.#state.streams.byNumber(entry.id);
      if (state === undefined) continue;
      states.add(state);
      if (entry.kind === 'block') blocks.push({ state, entry });
    }
    if (states.size > 0) this.events.emit('durable', { states, blocks });
    const since = this.#writer.written - this.#checkpoints.at;
    if (since > this.#journalBytes / 2 && !this.#checkpoints.running) void this.checkpoint();
    this.#room.changed();
  }

  #lost(entries: Entry[], error: Error): void {
    this.#intake.lost(entries);
    this.#report(this.#home, error);
    this.events.emit('failed', error);
    this.#room.changed();
    // A log that finds no room goes behind a snapshot, for which there is the reserve.
    if (isOfFullDisk(error) && this.#reserve.bytes > 0 && !this.#checkpoints.running) void this.checkpoint();
  }

  async #checkThere(): Promise<void> {
    try {
      if (this.problem === undefined) await this.#checkpoints.checkThere();
    } catch (error) {
      if (!isSluiceError(error)) throw error;
      this.problem = error;
      this.#report(this.#home, error);
    }
    if (this.problem !== undefined) throw this.problem;
  }

  /** What waits for a destination, by collector. */
  #storedFor(destination: string): Map<Collector, Tally> {
    const { items, account } = this.#state;
    const stored = new Map<Collector, Tally>();
    const count = (metadata: CollectorName, of: Tally) => {
      const collector = account.of(metadata);
      const tally = stored.get(collector) ?? { blocks: 0, readings: 0 };
      add(tally, of);
      stored.set(collector, tally);
    };
    for (const item of items.waiting.values())
      if (!items.isSettled(item, destination)) count(item.metadata, item);
    for (const open of this.#files.openFiles) count(open.metadata, open);
    return stored;
  }

  #report(path: string, error: Error): void {
    this.#options.onProblem?.(path, error);
  }

  #schedule(): void {
    const checkpoint = async () => {
      const anything = [
        this.#writer.written > this.#checkpoints.at,
        this.#state.items.leaving.size > 0,
        this.#state.unread.size > 0,
      ].some(Boolean);
      if (anything && this.problem === undefined) await this.checkpoint();
    };
    this.#endSchedule = repeat(this.#clock, checkpointPeriod, checkpoint, (error) =>
      this.#report(this.#home, error),
    );
  }
}

/** Of a clock whose timers keep no process alive, and nothing else may while it starts. */
function pause(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const alive = setTimeout(() => undefined, milliseconds + 1_000);
    clock.after(milliseconds, () => {
      clearTimeout(alive);
      resolve();
    });
  });
}
