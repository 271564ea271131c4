/**
 * The time series in DuckDB: series (app_id, dev_id, field, tag set) and their points; beside them, in the same
 * transactions, the position up to which they are stored.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { asError } from '@sluice/common/errors';
import { BlockError } from '../../modules/block/block-error';
import { decodeBlock } from '../../modules/block/decoder';
import { blockName } from '../../modules/block/file';
import type { Arrival, Position } from '../inbox/arrival';
import { expandBlock } from '../message/block-messages';
import { type Message, parseMessage } from '../message/message';
import type { BadArrival, Stage } from '../stages/stage';

const tables = `
  create table if not exists series (id integer, app_id varchar, dev_id varchar, field varchar, tags varchar);
  create table if not exists points (series integer, time bigint, number double, boolean boolean, text varchar);
  create table if not exists stage_position (next bigint);
`;

export class TimeSeries implements Stage {
  readonly name = 'time-series';
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #series = new Map<string, number>();
  /** Counted apart from the map: names that differ here may be one to the database. */
  #nextSeries = 0;
  #position: Position;

  private constructor(instance: DuckDBInstance, writer: DuckDBConnection, first: Position) {
    this.#instance = instance;
    this.#writer = writer;
    this.#position = first;
  }

  /** @param first where a store that has no position begins */
  static async open(path: string, first: Position): Promise<TimeSeries> {
    await mkdir(dirname(path), { recursive: true });
    const instance = await DuckDBInstance.create(path, { threads: '2', memory_limit: '512MB' });
    const store = new TimeSeries(instance, await instance.connect(), first);
    await store.#load();
    return store;
  }

  position(): Position {
    return this.#position;
  }

  async process(
    batch: readonly Arrival[],
    upTo: Position,
    setAside: (bad: readonly BadArrival[]) => Promise<void>,
  ): Promise<void> {
    const messages: Message[] = [];
    const bad: BadArrival[] = [];
    for (const arrival of batch) {
      try {
        for (const message of messagesOf(arrival)) messages.push(message);
      } catch (error) {
        bad.push({ arrival, reason: asError(error).message });
      }
    }
    if (bad.length > 0) await setAside(bad);
    const created = new Map<string, number>();
    await this.#writer.run('begin');
    try {
      await this.#writePoints(messages, created);
      await this.#writer.run('delete from stage_position');
      await this.#writer.run('insert into stage_position values ($1)', [BigInt(upTo)]);
      await this.#writer.run('commit');
    } catch (error) {
      await this.#writer.run('rollback').catch(() => undefined); // The cause matters, not that it ended the transaction.
      throw error;
    }
    for (const [key, id] of created) this.#series.set(key, id);
    this.#nextSeries += created.size;
    this.#position = upTo;
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
    const [stored] = await read('select next from stage_position');
    if (stored !== undefined) this.#position = Number(stored[0]);
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
}

function messagesOf(arrival: Arrival): Message[] {
  if (arrival.kind === 'message') {
    const parsed = parseMessage(arrival.line, undefined, arrival.arrived);
    if ('refusal' in parsed) throw new Error(`${parsed.refusal.path} ${parsed.refusal.message}`);
    return [parsed.message];
  }
  const { metadata, arrived } = arrival;
  return arrival.blocks.flatMap(({ sequence, mapping, bytes }) => {
    const block = decodeBlock(bytes);
    if (block instanceof BlockError) throw new Error(`block ${sequence}: ${block.code} at ${block.offset}`);
    const name = blockName(metadata, sequence);
    return expandBlock({ ...arrival, name, mapping, block, arrival: arrived });
  });
}
