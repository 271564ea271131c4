/**
 * One generation of the time series: a database with what lately arrived, and files with the rest. One writes at a time;
 * moving rows to files goes on beside it, and so do readers.
 */

import { join, relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { asError } from '@sluice/common/errors';
import { isOfFullDisk } from '@sluice/common/reserve';
import type { Storage } from '@sluice/common/storage';
import { type Arrival, type Position, readingsOf } from '../../inbox/arrival';
import type { BadArrival } from '../../stages/stage';
import { ColdFiles, type DeviceDay, dateOf, dayMilliseconds, type FilesHandover } from './cold-files';
import { discardShrunk, isInvalidated, openDatabase, shrinkDatabase, sqlText, transaction } from './database';
import { type BlockNote, openArrival } from './open-arrival';
import { PointColumns } from './point-columns';
import { Retention } from './retention';
import { type HotDay, Sealer } from './sealer';
import { loadSeries, saveSeries } from './series-rows';
import type { SeriesName, SeriesTable } from './series-table';
import { SetAside } from './set-aside';
import type { Tombstones } from './tombstones';

export interface StoreOptions {
  directory: string;
  storage: Storage;
  tombstones: Tombstones;
  /** Where a store without a position begins. */
  first: Position;
  /** Bytes of all files at most: the oldest go. Default: as many as there are. */
  mostBytes?: number | undefined;
  /** Does what makes room, on a disk that may have none. Default: as it is. */
  withRoom?: WithRoom | undefined;
}

export type WithRoom = (work: () => Promise<void>) => Promise<void>;

/** What a store knows that its database does not say, or not soon. */
interface Handover {
  table: SeriesTable;
  files: FilesHandover;
  looks: readonly number[];
}

/** Rows of a device and day that make a file although the day goes on. */
const segmentRows = 1_000_000;
/** Rows in the database above which the largest days become files before that. */
const mostHotRows = 5_000_000;
const leastSegment = 10_000;
/** Rows that went to files, above which it is worth a look at what the database has kept of their room. */
const manyMoved = 100_000;
/** Looks that are remembered. */
const mostLooks = 16;
/** Readings that are opened before others are let to the event loop, and those of a block that a message costs as much as. */
const turnReadings = 30_000;
const messageReadings = 50;
/** Milliseconds that a question may still read a file that was replaced. */
const questionTime = 120_000;

export class SeriesStore {
  readonly #options: StoreOptions;
  readonly #storage: Storage;
  readonly #tombstones: Tombstones;
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #reader: DuckDBConnection;
  readonly #sealer: Sealer;
  readonly #aside: SetAside;
  readonly #retention: Retention;
  readonly #columns = new PointColumns();
  readonly #keeper: DuckDBConnection;
  #table: SeriesTable;
  #position: Position;
  #batch: number;
  #reading: Promise<unknown> = Promise.resolve();
  #keeping: Promise<unknown> = Promise.resolve();
  #storing: Promise<unknown> = Promise.resolve();
  /** Batches at earlier looks: what came since then is not settled. */
  readonly #looks: number[];
  /** The hour in which what is too old was removed last. */
  #retained = Number.NaN;
  /** Rows that went to files since the database was opened, and rows that are in it. */
  #moved = 0;
  #left = 0;
  /** Days of devices with which the last look had trouble. */
  #failures: Error[] = [];

  private constructor(
    options: StoreOptions,
    instance: DuckDBInstance,
    [writer, reader, keeper]: [DuckDBConnection, DuckDBConnection, DuckDBConnection],
    files: ColdFiles,
    aside: SetAside,
    table: SeriesTable,
    position: Position,
    batch: number,
    looks: readonly number[],
  ) {
    const { storage, tombstones, mostBytes } = options;
    this.#options = options;
    this.#storage = storage;
    this.#tombstones = tombstones;
    this.#instance = instance;
    this.#writer = writer;
    this.#reader = reader;
    this.#keeper = keeper;
    this.#table = table;
    this.#position = position;
    this.#batch = batch;
    this.#looks = [...looks];
    this.#sealer = new Sealer(keeper, storage, files, () => this.#table);
    this.#aside = aside;
    this.#retention = new Retention(keeper, files, (of, work) => this.#try(of, work), mostBytes);
  }

  static databaseOf(directory: string): string {
    return join(directory, 'hot.duckdb');
  }

  /** @throws what DuckDB says of a database that it cannot read */
  static async open(options: StoreOptions, before?: Handover): Promise<SeriesStore> {
    const { directory, storage, first } = options;
    await storage.makeDirectory(directory);
    await discardShrunk(storage, SeriesStore.databaseOf(directory));
    const instance = await openDatabase(SeriesStore.databaseOf(directory));
    try {
      const connect = () => instance.connect();
      const [writer, reader, keeper] = [await connect(), await connect(), await connect()];
      const files = await ColdFiles.open(keeper, storage, join(directory, 'files'), before?.files);
      const aside = await SetAside.open(keeper, storage, files);
      const table = before?.table ?? (await loadSeries(writer));
      const [row] = (
        await writer.runAndReadAll('select next::double, batch from stage_position')
      ).getRowsJS();
      const [position, batch] = (row ?? [first, 0]) as [number, number];
      return new SeriesStore(
        options,
        instance,
        [writer, reader, keeper],
        files,
        aside,
        table,
        position,
        batch,
        before?.looks ?? [],
      );
    } catch (error) {
      instance.closeSync();
      throw error;
    }
  }

  get position(): Position {
    return this.#position;
  }

  /** What is wrong with it, for people; undefined: nothing is. */
  get problem(): string | undefined {
    return this.#aside.problem ?? this.#failures[0]?.message;
  }

  get seriesCount(): number {
    return this.#table.count;
  }

  /** Where the Parquet files are. */
  get directory(): string {
    return this.#sealer.files.directory;
  }

  /** Stores a batch and where the stage goes on, both or nothing. */
  store(
    batch: readonly Arrival[],
    upTo: Position,
    setAside: (bad: readonly BadArrival[]) => Promise<void>,
  ): Promise<void> {
    const stored = this.#store(batch, upTo, setAside);
    this.#storing = stored.catch(() => undefined);
    return stored;
  }

  async #store(
    batch: readonly Arrival[],
    upTo: Position,
    setAside: (bad: readonly BadArrival[]) => Promise<void>,
  ): Promise<void> {
    const blocks: BlockNote[] = [];
    this.#columns.clear();
    let isStored = false;
    try {
      const bad = await this.#open(batch, blocks);
      if (bad.length > 0) await setAside(bad);
      const number = this.#batch + 1;
      this.#columns.eachRise((series, time) => this.#table.note(series, time, number));
      await transaction(this.#writer, async () => {
        await saveSeries(this.#writer, this.#table);
        await this.#columns.append(this.#writer, number);
        await appendBlocks(this.#writer, blocks);
        const arrived = batch.at(-1)?.arrived;
        if (arrived !== undefined)
          await this.#writer.run('insert into batches values ($1, $2)', [
            number,
            BigInt(Math.floor(arrived)),
          ]);
        await this.#writer.run('delete from stage_position');
        await this.#writer.run('insert into stage_position values ($1, $2)', [BigInt(upTo), number]);
      });
      this.#batch = number;
      this.#position = upTo;
      isStored = true;
    } finally {
      this.#table.settle(isStored);
    }
  }

  async #open(batch: readonly Arrival[], blocks: BlockNote[]): Promise<BadArrival[]> {
    const bad: BadArrival[] = [];
    let readings = 0;
    for (const arrival of batch) {
      const deleted = this.#tombstones.of(arrival.appId, arrival.devId);
      if (deleted !== undefined && arrival.arrived <= deleted) continue;
      try {
        openArrival(arrival, { table: this.#table, columns: this.#columns, blocks });
      } catch (error) {
        bad.push({ arrival, reason: asError(error).message });
      }
      readings += arrival.kind === 'message' ? messageReadings : readingsOf(arrival);
      if (readings < turnReadings) continue;
      readings = 0;
      await setImmediate();
    }
    return bad;
  }

  /** Reads, with a view of rows and files that belong together; one reader at a time. */
  read<T>(action: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const read = this.#reading.then(() => transaction(this.#reader, () => action(this.#reader)));
    this.#reading = read.catch(() => undefined);
    return read;
  }

  /** Whether rows of a series in the database may be there twice. */
  inDisorder(series: number): boolean {
    return this.#table.inDisorder(series);
  }

  /**
   * Moves rows of closed days, and of days with many rows, to files; removes what is too old.
   * @param now wall ms @param settling looks, at most 15, since which a closed day has had no new rows; Infinity: none is whole yet
   * @param isBuilt from the raw files: also what is too old becomes files first, whose rollups stay
   */
  look(now: number, settling: number, isBuilt = false): Promise<void> {
    return this.#keep(async () => {
      this.#failures = [];
      const batch = this.#batch;
      this.#looks.push(batch);
      if (this.#looks.length > mostLooks) this.#looks.shift();
      const settled = this.#looks.at(-1 - settling) ?? -1;
      const hour = Math.floor(now / 3_600_000);
      const isTimeToRetain = hour !== this.#retained;
      // On a full disk it is what makes room for the rest.
      if (isTimeToRetain && !isBuilt) await this.#makeRoom(now);
      const today = Math.floor(now / dayMilliseconds);
      const hot = await this.#sealer.hotDays();
      let left = hot.reduce((sum, { rows }) => sum + rows, 0);
      const all = left;
      for (const day of hot) {
        const isClosed = day.day < today && day.newest <= settled;
        if (!isDue(day, isClosed, left)) continue;
        if (await this.#try(day, () => this.#sealer.seal(day, batch, isClosed))) left -= day.rows;
      }
      this.#moved += all - left;
      this.#left = left;
      if (settled >= 0) await this.#join(today, hot);
      if (isTimeToRetain) await this.#retention.apply(now, isBuilt);
      // Of what is built whole the next look is the first that removes all that is too old.
      this.#retained = isBuilt && settling === 0 ? Number.NaN : hour;
      await this.#retention.limit();
      // When it arrived is known of what is in no file.
      await this.#keeper.run(
        `delete from batches where batch < (select coalesce(min(batch), ${batch}) from points)`,
      );
      await this.#sealer.files.purge(questionTime);
      this.#tellFailures();
    });
  }

  /** What fails of one day of a device holds up no other, and is tried at the next look, without what cannot be read. */
  async #try(of: DeviceDay, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (isInvalidated(error) || isOfFullDisk(error)) throw error;
      if ((await this.#aside.check(await this.#sealer.files.of(of))) === 0) {
        const message = `the files of ${of.appId}/${of.devId} of ${dateOf(of.day)} cannot be written`;
        this.#failures.push(new Error(message, { cause: error }));
      }
      return false;
    }
  }

  /** @throws the first */
  #tellFailures(): void {
    const [first] = this.#failures;
    if (first !== undefined) throw first;
  }

  /** Takes those of some files out of the catalogue that cannot be read. Resolves to how many. @param paths absolute */
  async setAsideDamaged(paths: readonly string[]): Promise<number> {
    let harmed = 0;
    await this.#keep(async () => {
      const names = paths.map((path) => sqlText(relative(this.directory, path)));
      harmed = await this.#aside.check(await this.#sealer.files.find(`path in (${names.join(', ')})`));
    });
    return harmed;
  }

  #makeRoom(now: number): Promise<void> {
    const { withRoom = (work) => work() } = this.#options;
    return withRoom(async () => {
      await this.#retention.apply(now);
      await this.#retention.limit();
    });
  }

  /** Whether its database may have much room that nothing is in. */
  get isSpacious(): boolean {
    return this.#moved > manyMoved && this.#left < this.#moved / 4;
  }

  /** The same store over a database that has given back what it had free. This one is closed. */
  async shrunk(onProblem: (problem: Error) => void): Promise<SeriesStore> {
    await Promise.all([this.#keeping, this.#reading]);
    this.#disconnect();
    await shrinkDatabase(this.#storage, SeriesStore.databaseOf(this.#options.directory)).catch((error) =>
      onProblem(new Error('the database of the time series is not made smaller', { cause: error })),
    );
    const files = this.#sealer.files.handover;
    return SeriesStore.open(this.#options, { table: this.#table, files, looks: this.#looks });
  }

  async #join(today: number, hot: readonly DeviceDay[]): Promise<void> {
    const found = await this.#keeper.runAndReadAll(
      `select app_id, dev_id, day from files where resolution = 0 and day < ${today}
       group by all having count(*) > 1`,
    );
    for (const [appId, devId, day] of found.getRowsJS() as [string, string, number][]) {
      const isHot = hot.some((of) => of.appId === appId && of.devId === devId && of.day === day);
      if (isHot) continue;
      const of = { appId, devId, day };
      await this.#try(of, () => this.#sealer.join(of));
    }
  }

  /** Removes rows of some series that are older than `before`, ms, and rollups that begin before it. */
  removeReadings(ids: readonly number[], before: number): Promise<void> {
    return this.#keep(async () => {
      if (ids.length === 0) return;
      this.#failures = [];
      const among = `series in (${ids.join(', ')})`;
      const found = await this.#keeper.runAndReadAll(
        `select distinct path from file_series where ${among} and first < ${before} order by path`,
      );
      const paths = found.getRowsJS().map(([path]) => path as string);
      for (const path of paths) {
        const [file] = await this.#sealer.files.find(`path = ${sqlText(path)}`);
        if (file === undefined) continue;
        await this.#try(file, async () => {
          const left = await this.#sealer.files.rewrite(
            file,
            `not (${among} and time < make_timestamp_ms(${before}))`,
          );
          await transaction(this.#keeper, () => this.#sealer.files.exchange(left, [file]));
          this.#sealer.files.retire([file]);
        });
      }
      await transaction(this.#keeper, async () => {
        await this.#keeper.run(`delete from points where ${among} and time < ${before}`);
        await this.#keeper.run(
          `delete from blocks using series named where named.id in (${ids.join(', ')}) and named.app_id = blocks.app_id
             and named.dev_id = blocks.dev_id and named.field = blocks.field and named.tags = blocks.tags
             and last < ${before}`,
        );
      });
      this.#tellFailures();
    });
  }

  /** Numbers of series that are called so. */
  async find(names: readonly SeriesName[]): Promise<number[]> {
    const found = await this.read((connection) =>
      connection.runAndReadAll('select id, app_id, dev_id, field, tags from series'),
    );
    const wanted = new Set(
      names.map(({ appId, devId, field, tags }) => JSON.stringify([appId, devId, field, tags])),
    );
    return found
      .getRowsJS()
      .filter(([, ...name]) => wanted.has(JSON.stringify(name)))
      .map(([id]) => id as number);
  }

  /** What series are called. */
  async names(ids: readonly number[]): Promise<SeriesName[]> {
    if (ids.length === 0) return [];
    const found = await this.read((connection) =>
      connection.runAndReadAll(
        `select app_id, dev_id, field, tags from series where id in (${ids.join(', ')})`,
      ),
    );
    return found
      .getRowsJS()
      .map((row) => row as [string, string, string, string])
      .map(([appId, devId, field, tags]) => ({ appId, devId, field, tags }));
  }

  /** Removes a device's rows, rollups and series. The tombstone stands already. */
  remove(appId: string, devId: string): Promise<void> {
    return this.#keep(async () => {
      // A batch that was opened before the tombstone stood.
      await this.#storing;
      const of = `app_id = ${sqlText(appId)} and dev_id = ${sqlText(devId)}`;
      const files = await this.#sealer.files.find(of);
      const found = await this.#keeper.runAndReadAll(`select id from series where ${of}`);
      const ids = found.getRowsJS().map(([id]) => id as number);
      await transaction(this.#keeper, async () => {
        await this.#sealer.files.exchange([], files);
        await this.#keeper.run(`delete from points where series in (select id from series where ${of})`);
        await this.#keeper.run(`delete from blocks where ${of}`);
      });
      this.#sealer.files.retire(files);
      await this.#aside.forget(appId, devId);
      // The series stays: a batch that is being stored may have its number.
      for (const id of ids) this.#table.ordered(id, this.#batch);
    });
  }

  /** Bytes of the database and the files. */
  async bytes(): Promise<number> {
    const [row] = await this.read(async (connection) =>
      (await connection.runAndReadAll('select coalesce(sum(bytes), 0)::double from files')).getRowsJS(),
    );
    const database = await this.#storage.status(SeriesStore.databaseOf(join(this.directory, '..')));
    return (row![0] as number) + (database?.size ?? 0);
  }

  /** Lets what is being done end. */
  async close(): Promise<void> {
    await Promise.all([this.#keeping, this.#reading]);
    // Nobody asks any more.
    await this.#sealer.files.purge(0);
    this.#disconnect();
  }

  #disconnect(): void {
    for (const connection of [this.#writer, this.#reader, this.#keeper]) connection.closeSync();
    this.#instance.closeSync();
  }

  #keep(action: () => Promise<void>): Promise<void> {
    const kept = this.#keeping.then(action);
    this.#keeping = kept.catch(() => undefined);
    return kept;
  }
}

function isDue({ rows }: HotDay, isSettled: boolean, all: number): boolean {
  return isSettled || rows >= segmentRows || (all > mostHotRows && rows >= leastSegment);
}

async function appendBlocks(connection: DuckDBConnection, blocks: readonly BlockNote[]): Promise<void> {
  if (blocks.length === 0) return;
  const appender = await connection.createAppender('blocks');
  try {
    for (const {
      appId,
      devId,
      field,
      tags,
      boot,
      stream,
      sequence,
      first,
      last,
      readings,
      missed,
    } of blocks) {
      for (const text of [appId, devId, field, tags, boot]) appender.appendVarchar(text);
      for (const number of [stream, sequence, first, last]) appender.appendBigInt(BigInt(number));
      appender.appendInteger(readings);
      appender.appendInteger(Math.min(missed, 0x7fff_ffff));
      appender.endRow();
    }
  } finally {
    appender.closeSync();
  }
}
