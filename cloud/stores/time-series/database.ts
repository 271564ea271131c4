/**
 * The database of a time series: its tables, and DuckDB opened on them. What lately arrived is in `points`; everything
 * else says what there is, and where.
 */
import { dirname } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { SluiceError, systemCode } from '@sluice/common/errors';
import { isOfFullDisk } from '@sluice/common/reserve';
import type { Storage } from '@sluice/common/storage';

export const databaseVersion = 2;

const tables = `
  create table if not exists version (number integer);
  create table if not exists stage_position (next bigint, batch integer);
  create table if not exists batches (batch integer, arrived bigint);
  create table if not exists series (
    id integer, app_id varchar, dev_id varchar, field varchar, tags varchar,
    minimum double, step double, unit varchar, days double, tabular_limit_gb double, kinds integer, origin varchar);
  create table if not exists points (
    batch integer, series integer, time bigint, count integer, number double, boolean boolean, text varchar);
  create table if not exists files (
    path varchar, app_id varchar, dev_id varchar, day integer, resolution integer, rows bigint, bytes bigint);
  create table if not exists set_aside (path varchar, app_id varchar, dev_id varchar, day integer);
  create table if not exists file_series (path varchar, series integer, first bigint, last bigint, rows bigint);
  create table if not exists blocks (
    app_id varchar, dev_id varchar, field varchar, tags varchar, boot varchar, stream bigint, sequence bigint,
    first bigint, last bigint, readings integer, missed integer);
`;

/** Of a new database: what is left of one whose rows are in files is less than three blocks of DuckDB's usual 256 KiB. */
const blockBytes = 16_384;
/** Free bytes that a database may keep for rows to come, and the share that it may be of all. */
const mostFree = 2 << 20;
const mostFreeShare = 0.75;

const settings = {
  // One: what stages and doors wait for are threads too, and there are few.
  threads: '1',
  memory_limit: '512MB',
  preserve_insertion_order: 'true',
  // A transaction sees what was there when it began, and not when it first asked.
  immediate_transaction_mode: 'true',
  // What a question may not hinder is no place for extensions from elsewhere either.
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
};

/** @throws SluiceError time-series-newer-version, or what DuckDB says of a file that it cannot read */
export async function openDatabase(path: string): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(path, { ...settings, default_block_size: String(blockBytes) });
  try {
    const connection = await instance.connect();
    await connection.run(tables);
    const [row] = (await connection.runAndReadAll('select number from version')).getRowsJS();
    if (row === undefined) await connection.run(`insert into version values (${databaseVersion})`);
    else if ((row[0] as number) > databaseVersion)
      throw new SluiceError('time-series-newer-version', `${path} is of version ${row[0]}`);
    else if ((row[0] as number) < databaseVersion) await upgrade(connection);
    connection.closeSync();
    return instance;
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

/**
 * Writes a database that is mostly free anew, since DuckDB keeps the blocks that rows leave, and gives back those at the
 * file's end alone. Nobody has it open. What is there is the old one or the new one, whole, whenever the power goes.
 */
export async function shrinkDatabase(storage: Storage, path: string): Promise<void> {
  const smaller = `${path}.tmp`;
  await discardShrunk(storage, path);
  const instance = await DuckDBInstance.create(':memory:', settings);
  try {
    const connection = await instance.connect();
    await connection.run(`attach ${sqlText(path)} as old`);
    const found = await connection.runAndReadAll(
      `select free_blocks::double * block_size, total_blocks::double * block_size from pragma_database_size()
       where database_name = 'old'`,
    );
    const [free, all] = found.getRowsJS()[0] as [number, number];
    if (free <= mostFree || free <= mostFreeShare * all) return;
    await connection.run(`attach ${sqlText(smaller)} as smaller (block_size ${blockBytes})`);
    await connection.run('copy from database old to smaller');
    for (const name of ['smaller', 'old']) await connection.run(`detach ${name}`);
  } finally {
    instance.closeSync();
  }
  // Its rows are not in the file beside: that would be of another database then.
  for (const log of [`${path}.wal`, `${smaller}.wal`])
    if ((await storage.status(log)) !== undefined) throw new Error(`${log} is there still`);
  const file = await storage.open(smaller);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await storage.rename(smaller, path);
  await storage.syncDirectory(dirname(path));
}

/** Removes what a process that died while it shrank the database has left. */
export async function discardShrunk(storage: Storage, path: string): Promise<void> {
  for (const left of [`${path}.tmp`, `${path}.tmp.wal`]) await storage.discard(left);
}

/** Of version 1, which did not know where values come from. */
async function upgrade(connection: DuckDBConnection): Promise<void> {
  await transaction(connection, async () => {
    await connection.run('alter table series add column if not exists kinds integer');
    await connection.run('alter table series add column if not exists origin varchar');
    await connection.run(`update version set number = ${databaseVersion}`);
  });
}

/** After such a failure the instance takes nothing any more, and is to be opened again. */
export function isInvalidated(error: unknown): boolean {
  return /database has been invalidated|Failed to create checkpoint|must be restarted/i.test(String(error));
}

/** What is read is damaged, and not of a later release, nor something that the machine has no room or no right for. */
export function isDamage(error: unknown): boolean {
  // What the file system itself says is never of what was read.
  if (error instanceof SluiceError || systemCode(error) !== undefined) return false;
  if (isInvalidated(error) || isOfFullDisk(error)) return false;
  return !/Permission denied|Could not set lock|Input\/output|Too many open|Out of Memory|Read-only/i.test(
    String(error),
  );
}

/** All of `change`, or nothing. */
export async function transaction<T>(connection: DuckDBConnection, change: () => Promise<T>): Promise<T> {
  await connection.run('begin');
  try {
    const result = await change();
    await connection.run('commit');
    return result;
  } catch (error) {
    await connection.run('rollback').catch(() => undefined); // The cause matters, not that it ended the transaction.
    throw error;
  }
}

export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function sqlList(texts: readonly string[]): string {
  return `[${texts.map(sqlText).join(', ')}]`;
}

/** Beyond every date's milliseconds, before and after 1970. */
const beyondDates = 8.64e15;

/** The beginning of the span of `milliseconds` that a time is in, also before 1970. */
export function floorTo(time: string, milliseconds: number): string {
  // Divided once, of a number that is not negative: the division is what a row costs here.
  const offset = Math.ceil(beyondDates / milliseconds) * milliseconds;
  return `((${time} + ${offset}) // ${milliseconds} * ${milliseconds} - ${offset})`;
}
