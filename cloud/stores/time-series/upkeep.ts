/**
 * What a generation does beside what arrives: moves rows to files, keeps those in order, and removes what is too old or
 * not wanted. One thing at a time, on a connection of its own.
 */
import { relative } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { isOfFullDisk } from '@sluice/common/reserve';
import type { Storage } from '@sluice/common/storage';
import { type ColdFiles, type DeviceDay, dateOf, dayMilliseconds } from './cold-files';
import { isInvalidated, sqlText, transaction } from './database';
import { Retention } from './retention';
import { type HotDay, Sealer } from './sealer';
import type { SeriesTable } from './series-table';
import type { SetAside } from './set-aside';

export type WithRoom = (work: () => Promise<void>) => Promise<void>;

export interface UpkeepOptions {
  storage: Storage;
  files: ColdFiles;
  aside: SetAside;
  table: SeriesTable;
  /** Batches at the looks of the store that this one goes on from. */
  looks: readonly number[];
  /** Bytes of all files at most: the oldest go. Default: as many as there are. */
  mostBytes?: number | undefined;
  /** Does what makes room, on a disk that may have none. Default: as it is. */
  withRoom?: WithRoom | undefined;
  /** The last batch that was stored. */
  batch(): number;
  /** Resolves when what is being stored is. */
  stored(): Promise<unknown>;
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
/** Milliseconds that a question may still read a file that was replaced. */
const questionTime = 120_000;

export class Upkeep {
  /** Batches at earlier looks: what came since then is not settled. */
  readonly looks: number[];
  readonly #options: UpkeepOptions;
  readonly #connection: DuckDBConnection;
  readonly #files: ColdFiles;
  readonly #sealer: Sealer;
  readonly #aside: SetAside;
  readonly #retention: Retention;
  #keeping: Promise<unknown> = Promise.resolve();
  /** The hour in which what is too old was removed last. */
  #retained = Number.NaN;
  /** Rows that went to files since the database was opened, and rows that are in it. */
  #moved = 0;
  #left = 0;
  /** Days of devices with which the last look had trouble. */
  #failures: Error[] = [];

  constructor(connection: DuckDBConnection, options: UpkeepOptions) {
    const { storage, files, aside, table, looks, mostBytes } = options;
    this.#options = options;
    this.#connection = connection;
    this.#files = files;
    this.#aside = aside;
    this.looks = [...looks];
    this.#sealer = new Sealer(connection, storage, files, table);
    this.#retention = new Retention(connection, files, (of, work) => this.#try(of, work), mostBytes);
  }

  /** What is wrong with the files, for people; undefined: nothing is. */
  get problem(): string | undefined {
    return this.#aside.problem ?? this.#failures[0]?.message;
  }

  /**
   * Moves rows of closed days, and of days with many rows, to files; removes what is too old.
   * @param now wall ms @param settling looks, at most 15, since which a closed day has had no new rows; Infinity: none is whole yet
   * @param isBuilt from the raw files: also what is too old becomes files first, whose rollups stay
   */
  look(now: number, settling: number, isBuilt = false): Promise<void> {
    return this.#keep(async () => {
      this.#failures = [];
      const batch = this.#options.batch();
      this.looks.push(batch);
      if (this.looks.length > mostLooks) this.looks.shift();
      const settled = this.looks.at(-1 - settling) ?? -1;
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
      await this.#connection.run(
        `delete from batches where batch < (select coalesce(min(batch), ${batch}) from points)`,
      );
      await this.#files.purge(questionTime);
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
      if ((await this.#aside.check(await this.#files.of(of))) === 0) {
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
      const names = paths.map((path) => sqlText(relative(this.#files.directory, path)));
      harmed = await this.#aside.check(await this.#files.find(`path in (${names.join(', ')})`));
    });
    return harmed;
  }

  /** Whether its database may have much room that nothing is in. */
  get isSpacious(): boolean {
    return this.#moved > manyMoved && this.#left < this.#moved / 4;
  }

  #makeRoom(now: number): Promise<void> {
    const { withRoom = (work) => work() } = this.#options;
    return withRoom(async () => {
      await this.#retention.apply(now);
      await this.#retention.limit();
    });
  }

  async #join(today: number, hot: readonly DeviceDay[]): Promise<void> {
    const found = await this.#connection.runAndReadAll(
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
      const found = await this.#connection.runAndReadAll(
        `select distinct path from file_series where ${among} and first < ${before} order by path`,
      );
      const paths = found.getRowsJS().map(([path]) => path as string);
      for (const path of paths) {
        const [file] = await this.#files.find(`path = ${sqlText(path)}`);
        if (file === undefined) continue;
        await this.#try(file, async () => {
          const left = await this.#files.rewrite(
            file,
            `not (${among} and time < make_timestamp_ms(${before}))`,
          );
          await transaction(this.#connection, () => this.#files.exchange(left, [file]));
          this.#files.retire([file]);
        });
      }
      await transaction(this.#connection, async () => {
        await this.#connection.run(`delete from points where ${among} and time < ${before}`);
        await this.#connection.run(
          `delete from blocks using series named where named.id in (${ids.join(', ')}) and named.app_id = blocks.app_id
             and named.dev_id = blocks.dev_id and named.field = blocks.field and named.tags = blocks.tags
             and last < ${before}`,
        );
      });
      this.#tellFailures();
    });
  }

  /** Removes a device's rows, rollups and series. The tombstone stands already. */
  remove(appId: string, devId: string): Promise<void> {
    return this.#keep(async () => {
      // A batch that was opened before the tombstone stood.
      await this.#options.stored();
      const of = `app_id = ${sqlText(appId)} and dev_id = ${sqlText(devId)}`;
      const files = await this.#files.find(of);
      const found = await this.#connection.runAndReadAll(`select id from series where ${of}`);
      const ids = found.getRowsJS().map(([id]) => id as number);
      await transaction(this.#connection, async () => {
        await this.#files.exchange([], files);
        await this.#connection.run(`delete from points where series in (select id from series where ${of})`);
        await this.#connection.run(`delete from blocks where ${of}`);
      });
      this.#files.retire(files);
      await this.#aside.forget(appId, devId);
      // The series stays: a batch that is being stored may have its number.
      for (const id of ids) this.#options.table.ordered(id, this.#options.batch());
    });
  }

  #keep(action: () => Promise<void>): Promise<void> {
    const kept = this.#keeping.then(action);
    this.#keeping = kept.catch(() => undefined);
    return kept;
  }

  /** Resolves when what is being done is. */
  async idle(): Promise<void> {
    await this.#keeping;
  }

  /** Removes what was replaced, once nobody asks any more. */
  purge(): Promise<void> {
    return this.#files.purge(0);
  }
}

function isDue({ rows }: HotDay, isSettled: boolean, all: number): boolean {
  return isSettled || rows >= segmentRows || (all > mostHotRows && rows >= leastSegment);
}
