/**
 * The time series as a stage. What is stored is a generation: when its database cannot be read, or is gone, the next one
 * is built from the raw files, and takes its place when it is whole. README.md says what holds.
 */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { asError, SluiceError } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import type { Arrival, Position } from '../../inbox/arrival';
import { type BadArrival, localStages, type Stage } from '../../stages/stage';
import { isDamage, isInvalidated } from './database';
import { Generations } from './generations';
import { type RawSource, rawArrivals } from './rebuild';
import { SeriesStore } from './series-store';
import { Tombstones } from './tombstones';
import type { WithRoom } from './upkeep';

export interface TimeSeriesOptions {
  /** The store's own. */
  directory: string;
  storage: Storage;
  /** Where a store that has no position, and nothing to be rebuilt from, begins. */
  first: Position;
  /** The raw files, and up to where arrivals are in them. */
  raw: RawSource & { stored(): Position };
  /** Bytes of all files at most: the oldest days go. Default: as many as there are. */
  mostBytes?: number;
  /** Does what makes room, on a disk that may have none. */
  withRoom?: WithRoom;
  now(): number;
  onProblem(problem: Error): void;
}

const lookInterval = 60_000;
/** Looks for which a closed day has no new rows before it becomes a file. */
const settling = 5;
/** Milliseconds between looks at how far the raw files are. */
const rawInterval = 200;

export class TimeSeries implements Stage {
  readonly name = localStages.timeSeries;
  readonly #options: TimeSeriesOptions;
  readonly #closing = new AbortController();
  readonly #timer: NodeJS.Timeout;
  /** What stands beside the store; undefined: it could not be read yet. */
  #beside: { generations: Generations; tombstones: Tombstones } | undefined;
  /** undefined: it cannot be read. */
  #store: SeriesStore | undefined;
  /** undefined: the store was never open. */
  #position: Position | undefined;
  #opening: Promise<void> | undefined;
  /** Why it is not open. */
  #failure: Error | undefined;
  #rebuilding: Promise<void> | undefined;
  /** What is to take the store's place. */
  #built: SeriesStore | undefined;
  /**
   * While the database is closed to be made smaller: everything else waits, for less than a second. To be looked at in
   * the turn in which the store is used, since it may begin in any other.
   */
  #shrinking: Promise<void> | undefined;
  #progress = '';
  #processing: Promise<unknown> = Promise.resolve();

  private constructor(options: TimeSeriesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look().catch((error) => this.#report(error)), lookInterval);
    this.#timer.unref();
  }

  /** Where it cannot be opened `problem` says why, and it is tried again. */
  static async open(options: TimeSeriesOptions): Promise<TimeSeries> {
    const series = new TimeSeries(options);
    await series.#open();
    return series;
  }

  /** Of a store that was never open where the oldest begins that it may not have. */
  position(): Position {
    return this.#position ?? this.#options.first;
  }

  /** What the store is busy with, for people; undefined: nothing but its work. */
  get progress(): string | undefined {
    return this.#rebuilding && this.#progress;
  }

  get problem(): string | undefined {
    if (this.#failure === undefined) return this.#store?.upkeep.problem;
    // By its names below the store's own directory.
    const reason = this.#failure.message.replaceAll(`${this.#options.directory}/`, '');
    return `it cannot be opened, and is tried again: ${reason}`;
  }

  /** @throws SluiceError time-series-rebuilding while it is, time-series-unavailable */
  async process(
    batch: readonly Arrival[],
    upTo: Position,
    setAside: (bad: readonly BadArrival[]) => Promise<void>,
  ): Promise<void> {
    while (this.#shrinking !== undefined) await this.#shrinking;
    const processed = this.#process(batch, upTo, setAside);
    this.#processing = processed.catch(() => undefined);
    await processed;
  }

  async #process(
    batch: readonly Arrival[],
    upTo: Position,
    setAside: (bad: readonly BadArrival[]) => Promise<void>,
  ): Promise<void> {
    // One that was never open is opened by `look`: this batch was read before anybody knew where it goes on.
    if (this.#store === undefined && this.#rebuilding === undefined && this.#position !== undefined)
      await this.#open();
    const store = this.#opened();
    try {
      // What was committed although DuckDB said that it failed comes again. Dead letters do too, at the position behind them.
      const known = store.position;
      const left = upTo > known ? batch.filter(({ position }) => position >= known) : batch;
      await store.store(left, Math.max(upTo, known), setAside);
      this.#position = store.position;
    } catch (error) {
      if (isInvalidated(error)) await this.#open();
      throw error;
    }
  }

  /** Reads rows and files that belong together. @throws SluiceError time-series-rebuilding, time-series-unavailable */
  async read<T>(action: (connection: DuckDBConnection, store: SeriesStore) => Promise<T>): Promise<T> {
    while (this.#shrinking !== undefined) await this.#shrinking;
    const store = this.#opened();
    try {
      return await store.read((connection) => action(connection, store));
    } catch (error) {
      if (isInvalidated(error) && store === this.#store) await this.#open();
      throw error;
    }
  }

  /**
   * Looks whether files can be read, as an answer from them failed. Resolves to true when some cannot: questions are
   * answered without them from now on. @param paths absolute
   */
  async setAsideDamaged(paths: readonly string[]): Promise<boolean> {
    while (this.#shrinking !== undefined) await this.#shrinking;
    return (await this.#opened().upkeep.setAsideDamaged(paths)) > 0;
  }

  /** Moves rows to files and removes what is too old, as it does by itself every minute. @param atOnce without waiting for late rows */
  async look(atOnce = false): Promise<void> {
    while (this.#shrinking !== undefined) await this.#shrinking;
    if (this.#rebuilding || this.#closing.signal.aborted) return;
    if (this.#store === undefined) await this.#open();
    await this.#store?.upkeep.look(this.#options.now(), atOnce ? 0 : settling);
    if (this.#store?.upkeep.isSpacious && !this.#rebuilding && !this.#closing.signal.aborted)
      await this.#shrink();
  }

  #shrink(): Promise<void> {
    this.#shrinking ??= this.#exchangeDatabase().finally(() => {
      this.#shrinking = undefined;
    });
    return this.#shrinking;
  }

  async #exchangeDatabase(): Promise<void> {
    await this.#processing;
    const old = this.#store;
    if (old === undefined) return;
    // What cannot be opened again is looked at when the next batch comes.
    this.#store = undefined;
    this.#store = await old.shrunk((problem) => this.#report(problem));
  }

  /** Removes a device's rows, rollups and gaps, for good: also from what is rebuilt later. */
  async remove(appId: string, devId: string): Promise<void> {
    await (await this.#stones()).add(appId, devId, this.#options.now());
    // A batch that was opened before the tombstone stood is stored first.
    await this.#processing;
    while (this.#shrinking !== undefined || this.#opening !== undefined)
      await (this.#shrinking ?? this.#opening);
    if (this.#failure !== undefined) throw this.#unavailable();
    await Promise.all([this.#store, this.#built].map((store) => store?.upkeep.remove(appId, devId)));
  }

  /**
   * Removes what some series have that was captured before a time, for good: also from what is rebuilt later.
   * @param ids of series @param before wall ms
   */
  async removeReadings(ids: readonly number[], before: number): Promise<void> {
    while (this.#shrinking !== undefined) await this.#shrinking;
    await (await this.#stones()).addStreams(await this.#opened().names(ids), before);
    // As of a device.
    await this.#processing;
    while (this.#shrinking !== undefined) await this.#shrinking;
    await this.#opened().upkeep.removeReadings(ids, before);
  }

  /** Builds the store anew from the raw files. Resolves when that has begun. */
  async rebuild(): Promise<void> {
    if (this.#rebuilding !== undefined) return;
    await this.#stones();
    this.#begin();
  }

  /** Resolves when nothing is being rebuilt. */
  async rebuilt(): Promise<void> {
    await this.#rebuilding;
  }

  /** Bytes on the disk. */
  async bytes(): Promise<number> {
    while (this.#shrinking !== undefined) await this.#shrinking;
    return (await this.#store?.bytes()) ?? 0;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await this.#opening;
    await this.#rebuilding;
    await this.#shrinking?.catch(() => undefined); // Whoever has begun it is told why it failed.
    await this.#store?.close();
  }

  #opened(): SeriesStore {
    if (this.#store !== undefined && this.#rebuilding === undefined) return this.#store;
    if (this.#rebuilding === undefined) throw this.#unavailable();
    throw new SluiceError('time-series-rebuilding', `the time series is being rebuilt: ${this.#progress}`);
  }

  #unavailable(): SluiceError {
    return new SluiceError(
      'time-series-unavailable',
      `the time series: ${this.problem ?? 'it is being opened'}`,
    );
  }

  /** @throws SluiceError time-series-unavailable: nothing is deleted, or rebuilt, without them */
  async #stones(): Promise<Tombstones> {
    if (this.#beside === undefined) await this.#open();
    if (this.#beside === undefined) throw this.#unavailable();
    return this.#beside.tombstones;
  }

  #begin(): void {
    this.#failure = undefined;
    this.#position ??= Math.max(this.#options.first, this.#options.raw.stored());
    this.#progress = 'waiting for the raw files';
    this.#rebuilding = this.#rebuild()
      .catch((error) => this.#report(error))
      .finally(() => {
        this.#rebuilding = undefined;
        if (this.#store === undefined && !this.#closing.signal.aborted) {
          // The disk may be full, or away: it is tried again, and what arrives waits in the inbox.
          this.#progress = 'failed, and is tried again';
          this.#rebuilding = this.#pause(30_000).then(() =>
            this.#closing.signal.aborted ? undefined : this.#begin(),
          );
        }
      });
  }

  async #rebuild(): Promise<void> {
    const { raw, storage } = this.#options;
    const { generations } = this.#beside!;
    while (this.#shrinking !== undefined) await this.#shrinking;
    await this.#processing;
    while (raw.stored() < this.position()) if (await this.#pause(rawInterval)) return;
    // With them away, as on another disk, what was built would have nothing.
    if ((await storage.status(raw.directory)) === undefined) throw new Error('the raw files are away');
    const built = await this.#storeIn(await generations.prepare(), this.position());
    this.#built = built;
    try {
      if (await this.#fill(built)) await this.#exchange(built);
    } finally {
      this.#built = undefined;
      if (this.#store !== built) await built.close();
    }
  }

  /** From the raw files. Resolves to false when the store closes meanwhile. */
  async #fill(built: SeriesStore): Promise<boolean> {
    const { raw, now } = this.#options;
    const { tombstones } = this.#beside!;
    for await (const { arrivals, done, days } of rawArrivals(raw, tombstones)) {
      if (this.#closing.signal.aborted) return false;
      this.#progress = `${done} of ${days} days of devices`;
      await built.store(arrivals, built.position, async (bad) =>
        raw.onProblem(`a raw line is passed: ${bad[0]!.reason}`),
      );
      await built.upkeep.look(now(), Number.POSITIVE_INFINITY, true);
    }
    const { streams } = tombstones;
    for (const before of new Set(streams.map((stone) => stone.before)))
      await built.upkeep.removeReadings(
        await built.find(streams.filter((stone) => stone.before === before)),
        before,
      );
    await built.upkeep.look(now(), 0, true);
    return true;
  }

  async #exchange(built: SeriesStore): Promise<void> {
    const old = this.#store;
    const { generations } = this.#beside!;
    await generations.take();
    this.#store = built;
    this.#built = undefined;
    await old?.close();
    await generations.sweep();
    // What releases before generations had.
    for (const ending of ['.duckdb', '.duckdb.wal'])
      await this.#options.storage.discard(`${this.#options.directory}${ending}`);
  }

  /**
   * Opens the store, also one that takes nothing any more, as after a checkpoint on a full disk. Where it is damaged or
   * gone it is built anew; what else stands in the way is `#failure`, and tried again.
   */
  #open(): Promise<void> {
    this.#opening ??= this.#openStore()
      .catch((error) => {
        this.#report(error);
        this.#failure = asError(error);
      })
      .finally(() => {
        this.#opening = undefined;
      });
    return this.#opening;
  }

  async #openStore(): Promise<void> {
    const { directory, storage, raw, first } = this.#options;
    const old = this.#store;
    this.#store = undefined;
    await old?.close();
    this.#beside ??= {
      tombstones: await Tombstones.open(storage, join(directory, 'deleted.json')),
      generations: await Generations.open(storage, directory),
    };
    const { generations } = this.#beside;
    if (!generations.exists && raw.stored() === 0) await generations.begin();
    else if (!(await generations.hasDatabase())) return this.#begin();
    try {
      this.#store = await this.#storeIn(generations.current, first);
    } catch (error) {
      // What a newer release has written is for that to open, and a full disk no reason to build anything.
      if (!isDamage(error)) throw error;
      this.#report(new Error('the time series cannot be read, and is rebuilt', { cause: error }));
      return this.#begin();
    }
    this.#position = this.#store.position;
    this.#failure = undefined;
  }

  #storeIn(directory: string, first: Position): Promise<SeriesStore> {
    const { storage, mostBytes, withRoom } = this.#options;
    const { tombstones } = this.#beside!;
    return SeriesStore.open({ directory, storage, first, mostBytes, withRoom, tombstones });
  }

  /** Resolves to true when the store closes meanwhile. */
  async #pause(milliseconds: number): Promise<boolean> {
    const { signal } = this.#closing;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timer);
          resolve();
        },
        { once: true },
      );
    });
    return signal.aborted;
  }

  #report(error: unknown): void {
    this.#options.onProblem(asError(error));
  }
}
