/**
 * One generation of the time series: a database with what lately arrived, and files with the rest. One writes at a time;
 * its upkeep, which moves rows to files, goes on beside it, and so do readers.
 */

import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { asError } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import { type Arrival, type Position, readingsOf } from '../../inbox/arrival';
import type { BadArrival } from '../../stages/stage';
import { ColdFiles, type FilesHandover } from './cold-files';
import { discardShrunk, openDatabase, shrinkDatabase, transaction } from './database';
import { type BlockNote, openArrival } from './open-arrival';
import { PointColumns } from './point-columns';
import { type ReadSeries, SeriesAnswers } from './series-answers';
import { loadSeries, saveSeries } from './series-rows';
import type { SeriesName, SeriesTable } from './series-table';
import { SetAside } from './set-aside';
import type { Tombstones } from './tombstones';
import { Upkeep, type UpkeepOptions } from './upkeep';

export interface StoreOptions extends Pick<UpkeepOptions, 'storage' | 'mostBytes' | 'withRoom'> {
  directory: string;
  storage: Storage;
  tombstones: Tombstones;
  /** Where a store without a position begins. */
  first: Position;
}

/** What a store knows that its database does not say, or not soon. */
interface Handover {
  table: SeriesTable;
  files: FilesHandover;
  looks: readonly number[];
}

/** Readings that are opened before others are let to the event loop, and those of a block that a message costs as much as. */
const turnReadings = 30_000;
const messageReadings = 50;

export class SeriesStore {
  /** Moves rows to files, and removes. */
  readonly upkeep: Upkeep;
  readonly #options: StoreOptions;
  readonly #instance: DuckDBInstance;
  readonly #connections: { writer: DuckDBConnection; reader: DuckDBConnection; keeper: DuckDBConnection };
  readonly #files: ColdFiles;
  readonly #table: SeriesTable;
  readonly #columns = new PointColumns();
  readonly #answers = new SeriesAnswers();
  #position: Position;
  #batch: number;
  #reading: Promise<unknown> = Promise.resolve();
  #storing: Promise<unknown> = Promise.resolve();

  private constructor(
    options: StoreOptions,
    instance: DuckDBInstance,
    connections: { writer: DuckDBConnection; reader: DuckDBConnection; keeper: DuckDBConnection },
    found: { files: ColdFiles; aside: SetAside; table: SeriesTable; position: Position; batch: number },
    looks: readonly number[],
  ) {
    const { files, aside, table, position, batch } = found;
    this.#options = options;
    this.#instance = instance;
    this.#connections = connections;
    this.#files = files;
    this.#table = table;
    this.#position = position;
    this.#batch = batch;
    this.upkeep = new Upkeep(connections.keeper, {
      ...options,
      files,
      aside,
      table,
      looks,
      batch: () => this.#batch,
      stored: () => this.#storing,
    });
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
      const connections = { writer: await connect(), reader: await connect(), keeper: await connect() };
      const { writer, keeper } = connections;
      const files = await ColdFiles.open(keeper, storage, join(directory, 'files'), before?.files);
      const aside = await SetAside.open(keeper, storage, files);
      const table = before?.table ?? (await loadSeries(writer));
      const [row] = (
        await writer.runAndReadAll('select next::double, batch from stage_position')
      ).getRowsJS();
      const [position, batch] = (row ?? [first, 0]) as [number, number];
      const found = { files, aside, table, position, batch };
      return new SeriesStore(options, instance, connections, found, before?.looks ?? []);
    } catch (error) {
      instance.closeSync();
      throw error;
    }
  }

  get position(): Position {
    return this.#position;
  }

  get seriesCount(): number {
    return this.#table.count;
  }

  /** Where the Parquet files are. */
  get directory(): string {
    return this.#files.directory;
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
    const { writer } = this.#connections;
    const blocks: BlockNote[] = [];
    this.#columns.clear();
    let isStored = false;
    try {
      const bad = await this.#open(batch, blocks);
      if (bad.length > 0) await setAside(bad);
      const number = this.#batch + 1;
      this.#columns.eachRise((series, time) => this.#table.note(series, time, number));
      if (this.#table.created.length + this.#table.changed.size > 0) this.#answers.suspend();
      await transaction(writer, async () => {
        await saveSeries(writer, this.#table);
        await this.#columns.append(writer, number);
        await appendBlocks(writer, blocks);
        const arrived = batch.at(-1)?.arrived;
        if (arrived !== undefined)
          await writer.run('insert into batches values ($1, $2)', [number, BigInt(Math.floor(arrived))]);
        await writer.run('delete from stage_position');
        await writer.run('insert into stage_position values ($1, $2)', [BigInt(upTo), number]);
      });
      this.#batch = number;
      this.#position = upTo;
      isStored = true;
    } finally {
      this.#answers.resume();
      this.#table.settle(isStored);
    }
  }

  async #open(batch: readonly Arrival[], blocks: BlockNote[]): Promise<BadArrival[]> {
    const bad: BadArrival[] = [];
    let readings = 0;
    for (const arrival of batch) {
      const deleted = this.#options.tombstones.of(arrival.appId, arrival.devId);
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
    const { reader } = this.#connections;
    const read = this.#reading.then(() => {
      const { known } = this.#answers;
      return transaction(reader, () => {
        this.#answers.begin(known);
        return action(reader);
      });
    });
    this.#reading = read.catch(() => undefined);
    return read;
  }

  /** Within `read`: rows of a query of the table `series` alone. */
  readonly readSeries: ReadSeries = (query) => this.#answers.of(this.#connections.reader, query);

  /** Whether rows of a series in the database may be there twice. */
  inDisorder(series: number): boolean {
    return this.#table.inDisorder(series);
  }

  /** The same store over a database that has given back what it had free. This one is closed. */
  async shrunk(onProblem: (problem: Error) => void): Promise<SeriesStore> {
    await Promise.all([this.upkeep.idle(), this.#reading]);
    this.#disconnect();
    await shrinkDatabase(this.#options.storage, SeriesStore.databaseOf(this.#options.directory)).catch(
      (error) =>
        onProblem(new Error('the database of the time series is not made smaller', { cause: error })),
    );
    const files = this.#files.handover;
    return SeriesStore.open(this.#options, { table: this.#table, files, looks: this.upkeep.looks });
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

  /** Bytes of the database and the files. */
  async bytes(): Promise<number> {
    const [row] = await this.read(async (connection) =>
      (await connection.runAndReadAll('select coalesce(sum(bytes), 0)::double from files')).getRowsJS(),
    );
    const database = await this.#options.storage.status(SeriesStore.databaseOf(join(this.directory, '..')));
    return (row![0] as number) + (database?.size ?? 0);
  }

  /** Lets what is being done end. */
  async close(): Promise<void> {
    await Promise.all([this.upkeep.idle(), this.#reading]);
    // Nobody asks any more.
    await this.upkeep.purge();
    this.#disconnect();
  }

  #disconnect(): void {
    for (const connection of Object.values(this.#connections)) connection.closeSync();
    this.#instance.closeSync();
  }
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
