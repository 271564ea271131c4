/**
 * Those who do the outbox's work, and what of one concerns the others: what is durable is applied, told, and may make a
 * checkpoint due; what could not be kept is taken back; where the log has no room, a checkpoint makes some.
 */
import { repeat } from '@sluice/common/clock';
import { isSluiceError, SluiceError } from '@sluice/common/errors';
import type { Log, Position } from '@sluice/common/log';
import { isOfFullDisk } from '@sluice/common/reserve';
import { Arrivals } from './arrivals';
import { BlockIntake } from './block-intake';
import { Checkpoints } from './checkpoint';
import type { Entry } from './entry';
import { Filer } from './filer';
import type { Ground } from './ground';
import { lookForLate } from './late-files';
import { LogRoom } from './log-room';
import type { DurableBlock } from './options';
import { Settlement } from './settlement';
import type { StreamState } from './streams';
import { OutboxWriter } from './writer';

export interface OpenLog {
  log: Log;
  /** Of the snapshot. */
  position: Position;
  segmentBytes: number;
}

const checkpointPeriod = 30_000;
const defaultPendingBytes = 4 << 20;

export class Workers {
  /** Why nothing is taken any more. */
  problem: SluiceError | undefined;
  readonly ground: Ground;
  readonly log: Log;
  readonly writer: OutboxWriter;
  readonly filer: Filer;
  readonly settlement: Settlement;
  readonly checkpoints: Checkpoints;
  readonly room: LogRoom;
  readonly intake: BlockIntake;
  readonly arrivals: Arrivals;
  readonly #arriving = new Set<Promise<unknown>>();
  #endSchedule?: () => void;
  #closed = false;

  constructor(ground: Ground, { log, position, segmentBytes }: OpenLog) {
    const { options, journalBytes, events, state, files, root, home, storage, unsynced, notes } = ground;
    const { reserve, onProblem } = ground;
    this.ground = ground;
    this.log = log;
    const cursor = log.attachCursor('files', Math.max(position, log.first));
    this.writer = new OutboxWriter({
      log,
      batchBytes: Math.min(1 << 20, segmentBytes),
      apply: (entries) => this.#apply(entries),
      lost: (entries, error) => this.#lost(entries, error),
    });
    const { writer } = this;
    this.filer = new Filer(log, files, state.streams.all);
    this.settlement = new Settlement({
      state,
      storage,
      unsynced,
      notes,
      writer,
      onProblem,
      onSettled: (item, fate, destination) =>
        events.emit('settled', { item, fate, ...(destination === undefined ? {} : { destination }) }),
    });
    this.room = new LogRoom({
      log,
      writer,
      journalBytes,
      pendingBytes: options.pendingBytes ?? defaultPendingBytes,
      relieved: () => events.emit('relieved', undefined),
    });
    this.intake = new BlockIntake({
      streams: state.streams,
      writer,
      room: this.room,
      isOpen: () => !this.#closed && this.problem === undefined,
      corrected: (stream, ahead) => events.emit('corrected', { state: stream, ahead }),
    });
    this.arrivals = new Arrivals({
      root,
      storage,
      state,
      writer,
      settlement: this.settlement,
      unsynced,
      notes,
      onProblem,
    });
    this.checkpoints = new Checkpoints({
      home,
      storage,
      log,
      cursor,
      state,
      writer,
      filer: this.filer,
      unsynced,
      notes,
      reserve,
      lookAgain: () => this.#lookForLate(),
      onProblem,
    });
  }

  /** Makes a checkpoint now and then, if there is anything for it. */
  schedule(): void {
    const { clock, state, home, onProblem } = this.ground;
    const checkpoint = async () => {
      // A sync that is off, or whose destinations are away, does not look.
      await this.checkThere().catch(() => undefined);
      const anything = [
        this.writer.written > this.checkpoints.at,
        state.items.leaving.size > 0,
        state.unread.size > 0,
      ].some(Boolean);
      if (anything && this.problem === undefined) await this.checkpoint();
    };
    this.#endSchedule = repeat(clock, checkpointPeriod, checkpoint, (error) => onProblem(home, error));
  }

  /** Where everything goes from now on. */
  configure(destinations: readonly string[]): void {
    const { state, files } = this.ground;
    const stored = new Map(destinations.map((name) => [name, state.storedFor(name, files.openFiles)]));
    state.account.configure(
      destinations,
      (collector, name) => stored.get(name)!.get(collector) ?? { blocks: 0, readings: 0 },
    );
  }

  /** A binary or a file is taken, unless there is no room. */
  async arrival<T>(take: () => Promise<T>): Promise<T> {
    if (this.problem !== undefined) throw this.problem;
    if (this.#closed) throw new SluiceError('outbox-closed', 'the outbox is closed');
    if (this.room.isFull)
      throw new SluiceError(
        'outbox-full',
        `${this.ground.home} has no room for more before the disk has caught up`,
      );
    const arriving = take();
    this.#arriving.add(arriving);
    try {
      return await arriving;
    } finally {
      this.#arriving.delete(arriving);
    }
  }

  /** Never rejects. */
  async checkpoint(): Promise<void> {
    let made: boolean;
    // What was committed meanwhile may fill the log by itself, and then nothing comes that would ask for another.
    do made = await this.checkpoints.make();
    while (made && this.room.isShort && this.writer.written > this.checkpoints.at);
    this.room.changed();
  }

  /** @throws SluiceError outbox-gone, from then on */
  async checkThere(): Promise<void> {
    try {
      if (this.problem === undefined) await this.checkpoints.checkThere();
    } catch (error) {
      if (!isSluiceError(error)) throw error;
      this.problem = error;
      this.ground.onProblem(this.ground.home, error);
    }
    if (this.problem !== undefined) throw this.problem;
  }

  /** Everything is written, synced and closed. Resolves to whether it was open. */
  async close(isLeft: boolean): Promise<boolean> {
    if (this.#closed) return false;
    this.#closed = true;
    this.#endSchedule?.();
    await Promise.allSettled(this.#arriving);
    await this.writer.idle();
    await this.filer.complete(0);
    await this.checkpoints.make();
    if (isLeft) await this.ground.reserve.remove();
    await this.ground.kept.idle();
    await this.filer.close();
    await this.log.close();
    return true;
  }

  #lookForLate(): Promise<void> {
    const { events } = this.ground;
    return lookForLate(this.ground, {
      found: (item) => events.emit('complete', item),
      gone: (collector, count) => events.emit('gone', { collector, count }),
    });
  }

  #apply(entries: Entry[]): void {
    const { state, events, journalBytes } = this.ground;
    const states = new Set<StreamState>();
    const blocks: DurableBlock[] = [];
    for (const entry of entries) {
      state.apply(entry);
      if (entry.kind === 'item' && events.has('complete'))
        events.emit('complete', state.items.waiting.get(entry.item.key)!);
      if (entry.kind !== 'block' && entry.kind !== 'gap') continue;
      const stream = state.streams.byNumber(entry.id);
      if (stream === undefined) continue;
      states.add(stream);
      if (entry.kind === 'block') blocks.push({ state: stream, entry });
    }
    if (states.size > 0) events.emit('durable', { states, blocks });
    this.filer.follow();
    const since = this.writer.written - this.checkpoints.at;
    if (since > journalBytes / 2 && !this.checkpoints.running) void this.checkpoint();
    this.room.changed();
  }

  #lost(entries: Entry[], error: Error): void {
    const { home, events, reserve, onProblem } = this.ground;
    this.intake.lost(entries);
    onProblem(home, error);
    events.emit('failed', error);
    this.room.changed();
    // A log that finds no room goes behind a snapshot, for which there is the reserve.
    if (isOfFullDisk(error) && reserve.bytes > 0 && !this.checkpoints.running) void this.checkpoint();
  }
}
