/**
 * The time series in DuckDB: series (app_id, dev_id, field, tag set) and their points; beside them, in the same
 * transactions, the names already stored and the lengths of the raw files, so that one commit decides for all.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Message } from '../message/message';
import { Intervals } from './intervals';
import type { Append } from './raw-files';

const tables = `
  create table if not exists series (id integer, app_id varchar, dev_id varchar, field varchar, tags varchar);
  create table if not exists points (series integer, time bigint, number double, boolean boolean, text varchar);
  create table if not exists names (scope varchar, first bigint, last bigint);
  create table if not exists raw_files (path varchar, length bigint);
`;

export interface Group {
  messages: readonly Message[];
  /** Every interval set that changed, whole. */
  names: ReadonlyMap<string, Intervals>;
  appends: readonly Append[];
}

export class TimeSeries {
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #series = new Map<string, number>();
  /** Counted apart from the map: names that differ here may be one to the database. */
  #nextSeries = 0;
  readonly #names = new Map<string, Intervals>();
  readonly #rawFiles = new Map<string, number>();

  private constructor(instance: DuckDBInstance, writer: DuckDBConnection) {
    this.#instance = instance;
    this.#writer = writer;
  }

  static async open(path: string): Promise<TimeSeries> {
    await mkdir(dirname(path), { recursive: true });
    const instance = await DuckDBInstance.create(path, { threads: '2', memory_limit: '512MB' });
    const store = new TimeSeries(instance, await instance.connect());
    await store.#load();
    return store;
  }

  /** What is stored under a scope; never to be changed in place. */
  names(scope: string): Intervals {
    return this.#names.get(scope) ?? new Intervals();
  }

  /** The raw files and their lengths at the last commit. */
  rawFiles(): ReadonlyMap<string, number> {
    return this.#rawFiles;
  }

  /**
   * Notes a raw file before its first byte is written: only noted files are ever cut back, and never below the
   * length they had before.
   */
  async noteRawFile(path: string, length: number): Promise<void> {
    if (this.#rawFiles.has(path)) return;
    await this.#writer.run('insert into raw_files values ($1, $2)', [path, BigInt(length)]);
    this.#rawFiles.set(path, length);
  }

  /** All or nothing; durable when it returns. */
  async commit(group: Group): Promise<void> {
    const created = new Map<string, number>();
    await this.#writer.run('begin');
    try {
      await this.#writePoints(group.messages, created);
      for (const [scope, intervals] of group.names) await this.#writeNames(scope, intervals);
      for (const { path, after } of group.appends) {
        await this.#writer.run('update raw_files set length = $1 where path = $2', [BigInt(after), path]);
      }
      await this.#writer.run('commit');
    } catch (error) {
      await this.#writer.run('rollback').catch(() => undefined); // The cause matters, not that it ended the transaction.
      throw error;
    }
    for (const [key, id] of created) this.#series.set(key, id);
    this.#nextSeries += created.size;
    for (const [scope, intervals] of group.names) this.#names.set(scope, intervals);
    for (const { path, after } of group.appends) this.#rawFiles.set(path, after);
  }

  /** A connection of its own for reading, to be closed by the caller. */
  reader(): Promise<DuckDBConnection> {
    return this.#instance.connect();
  }

  close(): void {
    this.#writer.closeSync();
    this.#instance.closeSync();
  }

  async #load(): Promise<void> {
    await this.#writer.run(tables);
    const read = async (query: string) => (await this.#writer.runAndReadAll(query)).getRowsJS();
    for (const [id, ...key] of await read('select id, app_id, dev_id, field, tags from series')) {
      this.#series.set(JSON.stringify(key), id as number);
      this.#nextSeries = Math.max(this.#nextSeries, (id as number) + 1);
    }
    const runs = new Map<string, [number, number][]>();
    for (const [scope, first, last] of await read('select scope, first, last from names')) {
      const of = runs.get(scope as string) ?? [];
      of.push([Number(first), Number(last)]);
      runs.set(scope as string, of);
    }
    for (const [scope, of] of runs) this.#names.set(scope, new Intervals(of));
    for (const [path, length] of await read('select path, length from raw_files')) {
      this.#rawFiles.set(path as string, Number(length));
    }
  }

  async #writePoints(messages: readonly Message[], created: Map<string, number>): Promise<void> {
    const series = await this.#writer.createAppender('series');
    const points = await this.#writer.createAppender('points');
    try {
      for (const { appId, devId, time, tags, points: of } of messages) {
        const tagText = JSON.stringify(tags);
        for (const { field, value } of of) {
          const key = JSON.stringify([appId, devId, field, tagText]);
          let id = this.#series.get(key) ?? created.get(key);
          if (id === undefined) {
            id = this.#nextSeries + created.size;
            created.set(key, id);
            series.appendInteger(id);
            for (const text of [appId, devId, field, tagText]) series.appendVarchar(text);
            series.endRow();
          }
          points.appendInteger(id);
          points.appendBigInt(BigInt(time));
          if (typeof value === 'number') points.appendDouble(value);
          else points.appendNull();
          if (typeof value === 'boolean') points.appendBoolean(value);
          else points.appendNull();
          if (typeof value === 'string') points.appendVarchar(value);
          else points.appendNull();
          points.endRow();
        }
      }
    } finally {
      series.closeSync();
      points.closeSync();
    }
  }

  async #writeNames(scope: string, intervals: Intervals): Promise<void> {
    await this.#writer.run('delete from names where scope = $1', [scope]);
    for (const [first, last] of intervals.runs) {
      await this.#writer.run('insert into names values ($1, $2, $3)', [scope, BigInt(first), BigInt(last)]);
    }
  }
}
