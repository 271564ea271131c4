/**
 * What is asked of objects without reading all their descriptions: a table of them. It can be made again from those, so
 * a commit is not waited for on the disk, unless `sync` asks for it: what a power cut takes back, `ObjectStore` finds.
 */
import Database from 'libsql';
import type { ObjectDay, ObjectDescription, ObjectEntry, ObjectKey } from './object-entry';

/** Left out: not asked for. All of it has to fit. */
export interface ObjectFilter {
  /** One of these projects. */
  appIds?: readonly string[];
  devId?: string;
  /** The main part that handed it in. */
  main?: string;
  /** `rdk:component:camera/cam`, or one of the two halves. */
  resource?: { api?: string | undefined; name?: string | undefined };
  method?: string;
  /** One of these. */
  mimeTypes?: readonly string[];
  /** Wall milliseconds: `from` is in, `to` is not. */
  from?: number;
  to?: number;
  tags?: { anyOf: readonly string[] } | 'some' | 'none';
  dataset?: string;
  /** Of a bounding box: one of these. */
  labels?: readonly string[];
}

export interface ObjectPage {
  /** How many at most. */
  limit: number;
  newestFirst?: boolean;
  /** The last of the page before. */
  after?: ObjectKey & { captured: number };
}

/** All that is of one collector, or handed in by one main as files. */
export interface ObjectStream {
  appId: string;
  devId: string;
  stream: string;
}

/** What a stream's newest object says of how long objects are kept. */
export interface ObjectPolicy extends ObjectStream {
  /** Whole days in UTC. */
  days: number | undefined;
  /** Bytes of contents. */
  limit: number | undefined;
}

/** Another version is made again from the descriptions. */
const version = 3;

/** What is looked at of an object that may be asked for: none of it is read from the table, whose rows are long. */
const looked = 'main, api, resource, method, mime, tags, datasets, labels, bytes';

const schema = `
  CREATE TABLE IF NOT EXISTS objects (
    app_id TEXT NOT NULL, dev_id TEXT NOT NULL, name TEXT NOT NULL,
    day TEXT NOT NULL, captured REAL NOT NULL, main TEXT NOT NULL, stream TEXT NOT NULL,
    api TEXT NOT NULL, resource TEXT NOT NULL, method TEXT NOT NULL, mime TEXT NOT NULL,
    bytes REAL NOT NULL, space REAL NOT NULL,
    tags TEXT NOT NULL, datasets TEXT NOT NULL, labels TEXT NOT NULL, description TEXT NOT NULL,
    PRIMARY KEY (app_id, dev_id, name)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS by_time ON objects (captured, app_id, dev_id, name, ${looked});
  CREATE INDEX IF NOT EXISTS by_device ON objects (dev_id, captured, app_id, name, ${looked});
  CREATE INDEX IF NOT EXISTS by_stream ON objects (app_id, dev_id, stream, captured, name, bytes);
  CREATE INDEX IF NOT EXISTS by_day ON objects (day, app_id, dev_id, name, space);
  CREATE TABLE IF NOT EXISTS policies (
    app_id TEXT NOT NULL, dev_id TEXT NOT NULL, stream TEXT NOT NULL,
    captured REAL NOT NULL, days REAL, bytes REAL,
    PRIMARY KEY (app_id, dev_id, stream)
  ) WITHOUT ROWID;`;

/** Stands around each text of a list: a search of a list reads no JSON. */
const separator = '\u001f';

function listed(texts: readonly string[]): string {
  if (texts.length === 0) return '';
  return `${separator}${texts.map((text) => text.replaceAll(separator, ' ')).join(separator)}${separator}`;
}

type Row = { description: string; day: string; captured: number };

export class ObjectIndex {
  /** It was not there before, or is of another version: nothing is in it. */
  readonly isNew: boolean;
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();

  /** @param path `:memory:` of one that ends with its process */
  constructor(path: string) {
    this.#database = new Database(path);
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    const { user_version } = this.#database.prepare('PRAGMA user_version').get() as { user_version: number };
    this.isNew = user_version !== version;
    if (this.isNew) this.#database.exec('DROP TABLE IF EXISTS objects; DROP TABLE IF EXISTS policies');
    this.#database.exec(schema);
  }

  /** All descriptions are in it: said when it has been made again. */
  complete(): void {
    this.#database.exec(`PRAGMA user_version = ${version}`);
  }

  put(entry: ObjectEntry): void {
    this.#prepared('BEGIN').run();
    try {
      this.#putObject(entry);
      this.#putPolicy(entry);
      this.#prepared('COMMIT').run();
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  remove({ appId, devId, name }: ObjectKey): void {
    this.#prepared('DELETE FROM objects WHERE app_id = ? AND dev_id = ? AND name = ?').run([
      appId,
      devId,
      name,
    ]);
  }

  get({ appId, devId, name }: ObjectKey): ObjectEntry | undefined {
    const sql = 'SELECT description, day, captured FROM objects WHERE app_id = ? AND dev_id = ? AND name = ?';
    const row = this.#prepared(sql).get([appId, devId, name]) as Row | undefined;
    return row && entryOf(row);
  }

  namesOf({ appId, devId, day }: ObjectDay): string[] {
    const sql = 'SELECT name FROM objects WHERE app_id = ? AND dev_id = ? AND day = ?';
    return (this.#prepared(sql).all([appId, devId, day]) as { name: string }[]).map(({ name }) => name);
  }

  /** By the time of capture, oldest first unless the page says otherwise. */
  search(filter: ObjectFilter, { limit, newestFirst = false, after }: ObjectPage): ObjectEntry[] {
    const { conditions, values } = conditionsOf(filter);
    if (after !== undefined) {
      conditions.push(`(captured, app_id, dev_id, name) ${newestFirst ? '<' : '>'} (?, ?, ?, ?)`);
      values.push(after.captured, after.appId, after.devId, after.name);
    }
    const direction = newestFirst ? 'DESC' : 'ASC';
    const order = ['captured', 'app_id', 'dev_id', 'name'].map((column) => `${column} ${direction}`);
    const sql = `
      SELECT description, objects.day, objects.captured
      FROM (SELECT captured, app_id, dev_id, name FROM objects ${where(conditions)} ORDER BY ${order} LIMIT ?) AS found
      CROSS JOIN objects USING (app_id, dev_id, name)
      ORDER BY ${order.map((column) => `found.${column}`)}`;
    return (this.#database.prepare(sql).all([...values, limit]) as Row[]).map(entryOf);
  }

  count(filter: ObjectFilter): { objects: number; bytes: number } {
    const { conditions, values } = conditionsOf(filter);
    const sql = `SELECT count(*) AS objects, total(bytes) AS bytes FROM objects ${where(conditions)}`;
    const { objects, bytes } = this.#database.prepare(sql).get(values) as { objects: number; bytes: number };
    return { objects, bytes };
  }

  /** Streams that have a policy. */
  policies(): ObjectPolicy[] {
    const sql =
      'SELECT app_id, dev_id, stream, days, bytes FROM policies WHERE days IS NOT NULL OR bytes IS NOT NULL';
    const rows = this.#prepared(sql).all() as {
      app_id: string;
      dev_id: string;
      stream: string;
      days: number | null;
      bytes: number | null;
    }[];
    return rows.map(({ app_id, dev_id, stream, days, bytes }) => ({
      appId: app_id,
      devId: dev_id,
      stream,
      days: days ?? undefined,
      limit: bytes ?? undefined,
    }));
  }

  /** Bytes of contents of a stream. */
  bytesOf({ appId, devId, stream }: ObjectStream): number {
    const sql = 'SELECT total(bytes) AS bytes FROM objects WHERE app_id = ? AND dev_id = ? AND stream = ?';
    return (this.#prepared(sql).get([appId, devId, stream]) as { bytes: number }).bytes;
  }

  /** A stream's oldest objects. @param before wall ms of capture */
  oldest(
    { appId, devId, stream }: ObjectStream,
    limit: number,
    before = Number.POSITIVE_INFINITY,
  ): ObjectEntry[] {
    const sql = `SELECT description, day, captured FROM objects
      WHERE app_id = ? AND dev_id = ? AND stream = ? AND captured < ? ORDER BY captured, name LIMIT ?`;
    return (this.#prepared(sql).all([appId, devId, stream, before, limit]) as Row[]).map(entryOf);
  }

  /** Bytes on the disk of each day, descriptions too, oldest first. */
  days(): { day: string; bytes: number }[] {
    const sql = 'SELECT day, total(space) AS bytes FROM objects GROUP BY day ORDER BY day';
    return this.#prepared(sql).all() as { day: string; bytes: number }[];
  }

  ofDay(day: string, limit: number): ObjectEntry[] {
    const sql = 'SELECT description, day, captured FROM objects WHERE day = ? LIMIT ?';
    return (this.#prepared(sql).all([day, limit]) as Row[]).map(entryOf);
  }

  /** Whose objects there are. */
  projects(): string[] {
    const found = this.#prepared(`
      WITH RECURSIVE projects (app_id) AS (
        SELECT min(app_id) FROM objects
        UNION ALL SELECT (SELECT min(app_id) FROM objects WHERE app_id > projects.app_id) FROM projects
          WHERE app_id IS NOT NULL)
      SELECT app_id FROM projects WHERE app_id IS NOT NULL`).all() as { app_id: string }[];
    return found.map(({ app_id }) => app_id);
  }

  /** All tags of what fits, sorted. */
  tags(filter: ObjectFilter): string[] {
    return this.#distinct('tags', filter);
  }

  /** All labels of bounding boxes of what fits, sorted. */
  labels(filter: ObjectFilter): string[] {
    return this.#distinct('labels', filter);
  }

  /** What was done until now is on the disk when it returns. */
  sync(): void {
    this.#database.prepare('PRAGMA wal_checkpoint(FULL)').all();
  }

  close(): void {
    if (!this.#database.open) return;
    this.sync();
    this.#database.close();
  }

  #distinct(column: 'tags' | 'labels', filter: ObjectFilter): string[] {
    const { conditions, values } = conditionsOf(filter);
    const sql = `SELECT DISTINCT ${column} AS list FROM objects ${where(conditions)}`;
    const lists = this.#database.prepare(sql).all(values) as { list: string }[];
    return [...new Set(lists.flatMap(({ list }) => list.split(separator).slice(1, -1)))].sort();
  }

  #putObject({ appId, devId, name, day, captured, description }: ObjectEntry): void {
    const { main, resource = '', method = '', mimeType = '', tags = [], datasets = [], bytes } = description;
    const labels = new Set(description.annotations?.bboxes?.map(({ label }) => label));
    const slash = resource.indexOf('/');
    const text = JSON.stringify(description);
    this.#prepared(`INSERT OR REPLACE INTO objects VALUES (${places(17)})`).run([
      appId,
      devId,
      name,
      day,
      captured,
      main,
      streamOf(description),
      resource.slice(0, Math.max(0, slash)),
      resource.slice(slash + 1),
      method,
      mimeType,
      bytes,
      bytes + Buffer.byteLength(text),
      listed(tags),
      listed(datasets),
      listed([...labels]),
      text,
    ]);
  }

  #putPolicy({ appId, devId, captured, description }: ObjectEntry): void {
    const { days, limit } = policyIn(description);
    this.#prepared(
      `INSERT INTO policies VALUES (${places(6)}) ON CONFLICT DO UPDATE
         SET captured = excluded.captured, days = excluded.days, bytes = excluded.bytes
         WHERE excluded.captured >= captured`,
    ).run([appId, devId, streamOf(description), captured, days ?? null, limit ?? null]);
  }

  #prepared(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Of one collector: what it is called among those of a device. */
function streamOf({ main, owner, resource, method, parameters }: ObjectDescription): string {
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([owner ?? '', main, resource, method, ...sorted]);
}

/** The sender's words: what is no number is no policy. */
function policyIn({ retention }: ObjectDescription): { days?: number; limit?: number } {
  const { days, binaryLimitGb } = (retention ?? {}) as { days?: unknown; binaryLimitGb?: unknown };
  return {
    ...(typeof days === 'number' && { days }),
    ...(typeof binaryLimitGb === 'number' && { limit: binaryLimitGb * 1e9 }),
  };
}

const places = (count: number) => Array.from({ length: count }, () => '?').join(', ');

function entryOf({ description, day, captured }: Row): ObjectEntry {
  const parsed = JSON.parse(description) as ObjectDescription;
  const { app_id: appId, dev_id: devId, name } = parsed;
  return { appId, devId, name, day, captured, description: parsed };
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}

type Value = string | number;

function conditionsOf(filter: ObjectFilter): { conditions: string[]; values: Value[] } {
  const conditions: string[] = [];
  const values: Value[] = [];
  const add = (condition: string, ...of: readonly Value[]) => {
    conditions.push(condition);
    values.push(...of);
  };
  const equal = (column: string, value: string | undefined) => {
    if (value !== undefined) add(`${column} = ?`, value);
  };
  const anyOf = (expression: string, of: readonly string[]) =>
    add(`${expression} (${places(of.length)})`, ...of);
  const { appIds, devId, main, resource, method, mimeTypes, from, to, tags, dataset, labels } = filter;
  if (appIds !== undefined) anyOf('app_id IN', appIds);
  equal('dev_id', devId);
  equal('main', main);
  equal('api', resource?.api);
  equal('resource', resource?.name);
  equal('method', method);
  if (mimeTypes !== undefined) anyOf('mime IN', mimeTypes);
  if (from !== undefined) add('captured >= ?', from);
  if (to !== undefined) add('captured < ?', to);
  const listing = (column: string, of: readonly string[]) =>
    add(
      `(${['0', ...of.map(() => `instr(${column}, ?)`)].join(' OR ')})`,
      ...of.map((each) => listed([each])),
    );
  if (tags === 'some') add("tags <> ''");
  else if (tags === 'none') add("tags = ''");
  else if (tags !== undefined) listing('tags', tags.anyOf);
  if (dataset !== undefined) listing('datasets', [dataset]);
  if (labels !== undefined) listing('labels', labels);
  return { conditions, values };
}
