/**
 * The capture directory: where what the parts captured waits for the cloud.
 *
 * What comes in: blocks, in the order of their stream. What goes out: complete capture files for the sync.
 * What holds: a block is reported durable once it, its wall time and its stream's watermark are fsynced; it
 * is kept once, whatever is repeated; received = uploaded + set aside + deleted + stored; nothing that does
 * not begin with our magic bytes is ever touched.
 */
import { join } from 'node:path';
import { type Clock, systemClock } from '@sluice/common/clock';
import {
  type CaptureFileContents,
  type CaptureFileMetadata,
  readCaptureFile,
} from '../../modules/block/file';
import { type CaptureFile, CaptureFiles } from './capture-files';
import { dispose } from './dispose';
import { encodeEntry, Journal, type JournalEntry, type RemovalCause } from './journal';
import { type Lock, lockDirectory } from './lock';
import { recover } from './recovery';
import { NodeStorage, type Storage } from './storage';
import { add, type StreamState, StreamStates, type StreamTotals, type Tally, tallyOf } from './stream-state';

export interface CaptureDirectoryOptions {
  /** Absolute path; made when it does not exist. */
  path: string;
  /** Bytes of a complete file at most. Default 262,144. */
  maximumFileBytes?: number;
  /** Bytes of journal after which a checkpoint is made. Default 16 MiB. */
  journalBytes?: number;
  /** Bytes not yet in the journal above which parts are held back. Default 4 MiB. */
  pendingBytes?: number;
  storage?: Storage;
  clock?: Clock;
  /** Default: one gateway a directory, by a lock file. */
  lock?: (path: string) => Promise<Lock>;
  /** Something could not be written or read; nothing acknowledged is lost by it. */
  onProblem?(path: string, error: Error): void;
}

/** A block as it came over the link. Times are the part's monotonic milliseconds. */
export interface IncomingBlock {
  sequence: number;
  readings: number;
  start: number;
  end: number;
  bytes: Uint8Array;
}

/** Milliseconds by which a stream's stamps may be ahead of the clock, so that they grow. */
export const mostAhead = 60_000;

/** `wall = monotonic + offset`; undefined: the boot has not learned the time. */
export type ClockOffset = number | undefined;

export type AppendOutcome = 'taken' | 'duplicate' | 'out-of-order' | 'full';

interface Queued {
  entry: JournalEntry;
  record: Uint8Array;
  resolve?(): void;
  reject?(error: Error): void;
}

const internal = '.sluice';
const keptName = 'parts.json';
const ignore = () => undefined;
const flushPeriod = 30_000;
const mostBuffered = 64 << 20;

export class CaptureDirectory {
  /** Called after each commit with the streams whose watermark has moved. */
  onDurable?: (
    states: Set<StreamState>,
    blocks: { state: StreamState; entry: JournalEntry & { kind: 'block' } }[],
  ) => void;
  /** Called when stamps of a stream went back to the clock, which they were `ahead` ms ahead of. */
  onCorrected?: (state: StreamState, ahead: number) => void;
  /** Called with the stream of blocks that have left, whatever became of them. */
  onSettled?: (metadata: CaptureFileMetadata) => void;
  /** Called when a commit failed: everything not reported durable was not kept. */
  onFailed?: (error: Error) => void;
  /** Bytes waiting for the journal. */
  pending = 0;
  /** What `keep` was given last, also by a gateway before this one. */
  kept: unknown;

  private queue: Queued[] = [];
  private committing?: Promise<void>;
  private working: Promise<unknown> = Promise.resolve();
  private generation = 0;
  private journal!: Journal;
  private lock?: Lock;
  private cancelTimer?: () => void;
  private closed = false;
  private readonly states = new StreamStates();
  private readonly files: CaptureFiles;
  private readonly storage: Storage;
  private readonly clock: Clock;

  private constructor(private readonly options: CaptureDirectoryOptions) {
    this.storage = options.storage ?? new NodeStorage();
    this.clock = options.clock ?? systemClock;
    this.files = new CaptureFiles({
      root: options.path,
      storage: this.storage,
      clock: this.clock,
      maximumBytes: options.maximumFileBytes ?? 262_144,
      onProblem: (path, error) => options.onProblem?.(path, error),
      onGone: (state, blocks, readings) => {
        add(state.totals.deleted, blocks, readings);
        this.onSettled?.(state.metadata);
      },
    });
  }

  /** Locks the directory and recovers it. @throws CaptureDirectoryInUse, or what the file system says. */
  static async open(options: CaptureDirectoryOptions): Promise<CaptureDirectory> {
    const directory = new CaptureDirectory(options);
    const home = join(options.path, internal);
    await directory.storage.makeDirectory(home);
    const lock = options.lock ?? (options.storage === undefined ? lockDirectory : undefined);
    directory.lock = await lock?.(join(home, 'lock'));
    try {
      const { storage, states, files } = directory;
      const onProblem = (path: string, error: Error) => options.onProblem?.(path, error);
      directory.kept = await readKept(storage, join(home, keptName), onProblem);
      directory.generation = await recover({ root: options.path, home, storage, states, files, onProblem });
      await directory.startJournal();
      await directory.files.completeOpen(0, () => true);
      await directory.checkpoint(true);
    } catch (error) {
      await directory.lock?.release();
      throw error;
    }
    directory.schedule();
    return directory;
  }

  /** The streams of one boot, by number. */
  streams(part: string, boot: { counter: number; random: number }): ReadonlyMap<number, StreamState> {
    return this.states.ofBoot(part, boot);
  }

  /** The last clock offset known of a boot; undefined when it never knew the time. */
  offsetOf(part: string, boot: { counter: number; random: number }): ClockOffset {
    let offset: ClockOffset;
    for (const state of this.states.ofBoot(part, boot).values()) offset = state.offset ?? offset;
    return offset;
  }

  /** Declares a stream; the same again is the same stream. */
  declare(metadata: CaptureFileMetadata): StreamState {
    const known = this.states.ofBoot(metadata.part, metadata.boot).get(metadata.stream);
    if (known !== undefined) return known;
    const state = this.states.add(metadata);
    this.enqueue({ kind: 'stream', id: state.id, metadata });
    return state;
  }

  /**
   * Takes the next block of a stream. `taken`: it is reported by `onDurable`; `duplicate`: it was taken before;
   * `out-of-order`: blocks before it are missing; `full`: try again later.
   */
  append(state: StreamState, block: IncomingBlock, clock: ClockOffset): AppendOutcome {
    if (block.sequence < state.next) return 'duplicate';
    if (block.sequence > state.next) return 'out-of-order';
    if (this.closed || this.files.buffered > mostBuffered) return 'full';
    let offset = 0;
    if (clock !== undefined) {
      // A clock that was set back must not bend time: stamps of a stream only ever grow. But where they would go on far
      // ahead of it, as after a start without the right time, they are put right once.
      offset = Math.max(Math.round(clock), Math.floor(state.end - block.start) + 1);
      const ahead = offset - Math.round(clock);
      if (ahead > mostAhead) {
        offset = Math.round(clock);
        this.onCorrected?.(state, ahead);
      }
      state.end = block.end + offset;
    }
    state.next = block.sequence + 1;
    const { sequence, readings, bytes } = block;
    const mapped = { known: clock !== undefined, offset, end: state.end };
    this.enqueue({ kind: 'block', id: state.id, sequence, readings, ...mapped, bytes });
    return 'taken';
  }

  /** The part no longer has the blocks below `next`. */
  skip(state: StreamState, next: number): void {
    if (next <= state.next) return;
    state.next = next;
    this.enqueue({ kind: 'gap', id: state.id, next });
  }

  /** Forgets the watermarks of the boots of a part that are over. Their blocks stay. */
  async prune(part: string, live: { counter: number; random: number }[]): Promise<void> {
    const isLive = (boot: { counter: number; random: number }) =>
      live.some((other) => other.counter === boot.counter && other.random === boot.random);
    for (const boot of this.states.bootsOf(part)) {
      if (isLive(boot)) continue;
      for (const state of [...this.states.ofBoot(part, boot).values()])
        await this.commit({ kind: 'over', id: state.id });
    }
  }

  /** Forgets streams of a boot that goes on: they have ended, and all that they had is durable. Their blocks stay. */
  async forget(part: string, boot: { counter: number; random: number }, ended: number[]): Promise<void> {
    const streams = this.states.ofBoot(part, boot);
    for (const number of ended) {
      const state = streams.get(number);
      if (state !== undefined && state.durable === state.next)
        await this.commit({ kind: 'over', id: state.id });
    }
  }

  /** Parts should be held back until the next `onDurable`. */
  get congested(): boolean {
    return this.pending > (this.options.pendingBytes ?? 4 << 20);
  }

  /** Completes open files at least `olderThan` milliseconds old, so that the sync can have them. */
  async complete(olderThan = 0): Promise<void> {
    await this.exclusively(() => this.files.completeOpen(olderThan, () => true));
  }

  /** Complete files, oldest first. */
  completeFiles(): CaptureFile[] {
    return [...this.files.complete.values()].sort((a, b) => a.begun - b.begun || a.first - b.first);
  }

  get completeCount(): number {
    return this.files.complete.size;
  }

  /** Reads a complete file. A file that somebody deleted by hand is forgotten: undefined. @throws CaptureFileError */
  async read(file: CaptureFile): Promise<CaptureFileContents | undefined> {
    try {
      return readCaptureFile(await this.storage.read(file.path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await this.remove(file, 'deleted');
      return undefined;
    }
  }

  /** The cloud has it: removes the file. */
  async uploaded(file: CaptureFile): Promise<void> {
    await this.remove(file, 'uploaded');
  }

  /** The cloud will never take it: moves the file to `failed/`. */
  async setAside(file: CaptureFile): Promise<void> {
    await this.remove(file, 'set-aside');
  }

  /** Removes a file for want of space. */
  async discard(file: CaptureFile): Promise<void> {
    await this.remove(file, 'deleted');
  }

  /** Where the blocks of each collector have gone. */
  account(): (StreamTotals & { stored: Tally })[] {
    const stored = new Map<StreamTotals, Tally>();
    const count = (totals: StreamTotals, blocks: number, readings: number) => {
      const tally = stored.get(totals) ?? { blocks: 0, readings: 0 };
      stored.set(totals, tally);
      add(tally, blocks, readings);
    };
    for (const { state, blocks, readings } of this.files.openFiles) count(state.totals, blocks, readings);
    for (const { metadata, blocks, readings } of this.files.complete.values()) {
      count(this.states.totalsOf(metadata), blocks, readings);
    }
    return [...this.states.totals.values()].map((totals) => ({
      ...totals,
      stored: stored.get(totals) ?? { blocks: 0, readings: 0 },
    }));
  }

  /** Keeps plain data beside the blocks, for those who know the parts; replaced as a whole. Never rejects. */
  async keep(data: unknown): Promise<void> {
    this.kept = data;
    const path = join(this.options.path, internal, keptName);
    const bytes = new TextEncoder().encode(JSON.stringify(data));
    await this.exclusively(() => this.storage.replace(path, bytes)).catch((error: Error) => {
      this.options.onProblem?.(path, error);
    });
  }

  /** Everything is written, synced and closed. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.cancelTimer?.();
    await this.committing;
    await this.exclusively(() => this.files.completeOpen(0, () => true));
    await this.checkpoint();
    await this.journal.close();
    await this.lock?.release();
  }

  private enqueue(entry: JournalEntry, resolve?: () => void, reject?: (error: Error) => void): void {
    const record = encodeEntry(entry);
    this.pending += record.length;
    this.queue.push({ entry, record, resolve, reject });
    this.pump();
  }

  private pump(): void {
    if (this.committing !== undefined || this.queue.length === 0) return;
    this.committing = this.commitAll().finally(() => {
      this.committing = undefined;
      this.pump();
    });
  }

  private commit(entry: JournalEntry): Promise<void> {
    return new Promise((resolve, reject) => this.enqueue(entry, resolve, reject));
  }

  /** Everything that came while one batch was being synced makes the next one. */
  private async commitAll(): Promise<void> {
    await Promise.resolve();
    while (this.queue.length > 0) {
      const batch = this.queue;
      this.queue = [];
      try {
        await this.journal.write(batch.map(({ record }) => record));
      } catch (error) {
        this.fail([...batch, ...this.queue], error as Error);
        return;
      }
      this.apply(batch);
    }
    if (this.journal.size > (this.options.journalBytes ?? 16 << 20)) void this.checkpoint();
    else if (this.files.hasFull) void this.exclusively(() => this.files.completeFull());
  }

  private apply(batch: Queued[]): void {
    const moved = new Set<StreamState>();
    const blocks: { state: StreamState; entry: JournalEntry & { kind: 'block' } }[] = [];
    for (const { entry, record, resolve } of batch) {
      this.pending -= record.length;
      const state = entry.kind === 'removed' ? undefined : this.states.byNumber(entry.id);
      if (entry.kind === 'block' && state !== undefined) {
        const { sequence, readings, known, offset, bytes } = entry;
        state.durable = sequence + 1;
        state.durableEnd = entry.end;
        if (known) state.offset = offset;
        add(state.totals.received, 1, readings);
        state.readings += readings;
        this.files.add(state, { sequence, readings, mapping: { known, offset }, bytes });
        blocks.push({ state, entry });
        moved.add(state);
      } else if (entry.kind === 'gap' && state !== undefined) {
        state.durable = Math.max(state.durable, entry.next);
        moved.add(state);
      } else if (entry.kind === 'over' && state !== undefined) {
        this.states.forget(state);
      }
      resolve?.();
    }
    if (moved.size > 0) this.onDurable?.(moved, blocks);
  }

  private fail(lost: Queued[], error: Error): void {
    this.queue = [];
    for (const { entry, record, reject } of lost) {
      this.pending -= record.length;
      const state = entry.kind === 'removed' ? undefined : this.states.byNumber(entry.id);
      if (state !== undefined) {
        state.next = state.durable;
        state.end = state.durableEnd;
        if (entry.kind === 'stream') this.states.forget(state);
      }
      reject?.(error);
    }
    this.options.onProblem?.(this.journal.path, error);
    this.onFailed?.(error);
  }

  private async remove(file: CaptureFile, cause: RemovalCause): Promise<void> {
    const { metadata, first, next, blocks, readings } = file;
    await this.exclusively(async () => {
      if (!this.files.complete.has(file.path)) return;
      const key = file.path.slice(this.options.path.length + 1);
      const entry = { kind: 'removed', metadata, first, next, blocks, readings, cause, key } as const;
      const { storage, options } = this;
      await this.commit(entry).catch(async (error: NodeJS.ErrnoException) => {
        // A full disk has no room for the entry either, and would stay full. What a crash before the entry brings
        // back is uploaded once more, and known by its name.
        if (cause === 'set-aside' || (error.code !== 'ENOSPC' && error.code !== 'EDQUOT')) throw error;
        await dispose(storage, options.path, key, cause);
        await this.commit(entry).catch((again: Error) => options.onProblem?.(file.path, again));
      });
      add(this.states.totalsOf(metadata)[tallyOf[cause]], blocks, readings);
      this.files.forget(file);
      this.onSettled?.(metadata);
      await dispose(storage, options.path, key, cause);
    });
  }

  /** One at a time: what moves files must not meet a checkpoint. */
  private exclusively<T>(action: () => Promise<T>): Promise<T> {
    const result = this.working.then(action);
    this.working = result.catch(() => undefined);
    return result;
  }

  private async startJournal(): Promise<void> {
    this.generation++;
    const home = join(this.options.path, internal);
    const journal = new Journal(this.storage, join(home, `journal-${this.generation}`));
    await journal.open();
    await this.storage.syncDirectory(home);
    this.journal = journal;
  }

  /** Brings everything journalled into capture files, and begins a new journal. */
  private checkpoint(always = false): Promise<void> {
    return this.exclusively(async () => {
      const old = this.journal;
      try {
        if (always || old.size > 0) await this.rotate(old);
        else await this.files.flush(false);
      } catch (error) {
        this.options.onProblem?.(old.path, error as Error);
      }
    });
  }

  private async rotate(old: Journal): Promise<void> {
    const home = join(this.options.path, internal);
    while (this.committing !== undefined) await this.committing;
    // Commits wait meanwhile: an entry is in the old journal and the snapshot, or in the new journal.
    const held = this.startJournal().then(() => this.states.snapshot(this.generation));
    this.committing = held.then(ignore, ignore).finally(() => {
      this.committing = undefined;
      this.pump();
    });
    const snapshot = await held;
    const { generation } = this;
    await old.close();
    if (!(await this.files.flush(true))) return;
    await this.storage.replace(join(home, 'state.json'), snapshot);
    for (const { name } of await this.storage.list(home)) {
      const number = /^journal-(\d+)$/.exec(name)?.[1];
      if (number !== undefined && Number(number) < generation) await this.storage.remove(join(home, name));
    }
  }

  private schedule(): void {
    this.cancelTimer = this.clock.after(flushPeriod, () => {
      void this.checkpoint().then(() => {
        if (!this.closed) this.schedule();
      });
    });
  }
}

async function readKept(
  storage: Storage,
  path: string,
  onProblem: (path: string, error: Error) => void,
): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await storage.read(path)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onProblem(path, error as Error);
    return undefined;
  }
}
