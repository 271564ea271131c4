/**
 * Files of the catalogue that cannot be read. What is damaged, or gone, is taken out of it, so that everything else goes
 * on, and is said by name until the time series is built anew. A damaged file stays beside, as `<name>.damaged`.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Storage } from '@sluice/common/storage';
import type { ColdFile, ColdFiles } from './cold-files';
import { isDamage, sqlText, transaction } from './database';

/** Files that are named; others are counted. */
const mostNamed = 5;

export class SetAside {
  readonly #connection: DuckDBConnection;
  readonly #storage: Storage;
  readonly #files: ColdFiles;
  #paths: string[];

  private constructor(
    connection: DuckDBConnection,
    storage: Storage,
    files: ColdFiles,
    paths: readonly string[],
  ) {
    this.#connection = connection;
    this.#storage = storage;
    this.#files = files;
    this.#paths = [...paths];
  }

  static async open(connection: DuckDBConnection, storage: Storage, files: ColdFiles): Promise<SetAside> {
    const found = await connection.runAndReadAll('select path from set_aside order by path');
    const paths = found.getRowsJS().map(([path]) => path as string);
    return new SetAside(connection, storage, files, paths);
  }

  /** For people; undefined: there are none. */
  get problem(): string | undefined {
    if (this.#paths.length === 0) return undefined;
    const named = this.#paths.slice(0, mostNamed).join(', ');
    const more = this.#paths.length > mostNamed ? ` and ${this.#paths.length - mostNamed} more` : '';
    return `${named}${more} cannot be read: what was in it is missing until the time series is rebuilt`;
  }

  /** Reads files whole, and takes those out of the catalogue that are damaged or gone. Resolves to how many. */
  async check(files: readonly ColdFile[]): Promise<number> {
    const harmed: ColdFile[] = [];
    for (const file of files) if (await this.#isHarmed(file)) harmed.push(file);
    if (harmed.length === 0) return 0;
    for (const { path } of harmed) await this.#putBeside(this.#files.absolute(path));
    await transaction(this.#connection, async () => {
      await this.#files.exchange([], harmed);
      for (const { path, appId, devId, day } of harmed)
        await this.#connection.run(
          `insert into set_aside values (${sqlText(path)}, ${sqlText(appId)}, ${sqlText(devId)}, ${day})`,
        );
    });
    this.#paths.push(...harmed.map(({ path }) => path));
    return harmed.length;
  }

  /** Of a device that is removed, what stands beside too. Within no transaction: it may be repeated. */
  async forget(appId: string, devId: string): Promise<void> {
    const of = `app_id = ${sqlText(appId)} and dev_id = ${sqlText(devId)}`;
    const found = await this.#connection.runAndReadAll(`select path from set_aside where ${of}`);
    const paths = new Set(found.getRowsJS().map(([path]) => path as string));
    for (const path of paths) await this.#storage.discard(besideOf(this.#files.absolute(path)));
    await this.#connection.run(`delete from set_aside where ${of}`);
    this.#paths = this.#paths.filter((path) => !paths.has(path));
  }

  async #isHarmed({ path }: ColdFile): Promise<boolean> {
    const full = this.#files.absolute(path);
    // With the whole directory away, as that of another disk, no file of it is known to be gone.
    if ((await this.#storage.status(full)) === undefined)
      return (await this.#storage.status(this.#files.directory)) !== undefined;
    try {
      await this.#connection.run(`select bit_xor(hash(one)) from read_parquet(${sqlText(full)}) as one`);
      return false;
    } catch (error) {
      return isDamage(error);
    }
  }

  async #putBeside(full: string): Promise<void> {
    if ((await this.#storage.status(full)) !== undefined) await this.#storage.rename(full, besideOf(full));
  }
}

function besideOf(full: string): string {
  return `${full}.damaged`;
}
