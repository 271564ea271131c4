/**
 * Every series by its key, in memory: its number, and the latest time that it has. A series is project, device, field
 * and tag set, and what its counts stand for. 1 M series take some 250 MB.
 */

/** What a count stands for: value = minimum + count × step, in `unit`. */
export interface Scale {
  minimum: number;
  step: number;
  unit: string | undefined;
}

/** How long a stream's rows are kept, and how many bytes of them. */
export interface Retention {
  days?: number;
  tabularLimitGb?: number;
}

export interface Series {
  id: number;
  appId: string;
  devId: string;
  field: string;
  /** JSON of an object of texts, sorted by key. */
  tags: string;
  /** undefined: its values are no counts. */
  scale: Scale | undefined;
  unit: string | undefined;
  retention: Retention | undefined;
}

/** Tags are JSON and identifiers have no control characters, so that only the field may hold the separator. */
const separator = '\u0000';

export class SeriesTable {
  readonly #ids = new Map<string, number>();
  #next = 0;
  /** By number: the latest time of its rows, in ms. */
  #latest = new Float64Array(1024).fill(Number.NEGATIVE_INFINITY);
  /** By number: the last batch that had a row at or before the latest time; 0: none. */
  #disorder = new Int32Array(1024);
  readonly #retention = new Map<number, string>();
  #created: Series[] = [];
  #keys: string[] = [];
  #changed = new Map<number, Retention | undefined>();

  get count(): number {
    return this.#next;
  }

  /** Takes up what the database has. */
  load(series: Series): void {
    this.#ids.set(keyOf(series), series.id);
    this.#reserve(series.id);
    this.#next = Math.max(this.#next, series.id + 1);
    if (series.retention !== undefined) this.#retention.set(series.id, JSON.stringify(series.retention));
  }

  /** The number of a series; of a new one it is `created` until the batch is stored. */
  idOf(series: Omit<Series, 'id'>): number {
    const key = keyOf(series);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#next++;
      this.#reserve(id);
      this.#ids.set(key, id);
      this.#keys.push(key);
      this.#created.push({ ...series, id });
      if (series.retention !== undefined) this.#retention.set(id, JSON.stringify(series.retention));
      return id;
    }
    const retention = series.retention && JSON.stringify(series.retention);
    if (retention !== this.#retention.get(id)) {
      if (retention === undefined) this.#retention.delete(id);
      else this.#retention.set(id, retention);
      this.#changed.set(id, series.retention);
    }
    return id;
  }

  get created(): readonly Series[] {
    return this.#created;
  }

  /** Series whose retention is another than the database has. */
  get changed(): ReadonlyMap<number, Retention | undefined> {
    return this.#changed;
  }

  /** Whether the batch is in the database. */
  settle(isStored: boolean): void {
    if (!isStored) {
      // Their numbers are not used again.
      for (const key of this.#keys) this.#ids.delete(key);
      for (const id of this.#changed.keys()) this.#retention.delete(id);
    }
    this.#created = [];
    this.#keys = [];
    this.#changed = new Map();
  }

  /** Notes a row of a batch. What is not behind the row before may be a row a second time. */
  note(id: number, time: number, batch: number): void {
    if (time > this.#latest[id]!) this.#latest[id] = time;
    else this.#disorder[id] = batch;
  }

  /** Rows that the database has already. */
  noteStored(id: number, latest: number, isInDisorder: boolean): void {
    this.#reserve(id);
    if (latest > this.#latest[id]!) this.#latest[id] = latest;
    if (isInDisorder) this.#disorder[id] = 1;
  }

  /** Whether rows that are not yet in order may be there twice. */
  inDisorder(id: number): boolean {
    return this.#disorder[id] !== 0;
  }

  /** All rows up to a batch are in order now. */
  ordered(id: number, batch: number): void {
    if (this.#disorder[id]! <= batch) this.#disorder[id] = 0;
  }

  forget(ids: ReadonlySet<number>): void {
    for (const [key, id] of this.#ids) if (ids.has(id)) this.#ids.delete(key);
    for (const id of ids) this.#retention.delete(id);
  }

  #reserve(id: number): void {
    if (id < this.#latest.length) return;
    const length = Math.max(id + 1, 2 * this.#latest.length);
    const latest = new Float64Array(length).fill(Number.NEGATIVE_INFINITY);
    latest.set(this.#latest);
    this.#latest = latest;
    const disorder = new Int32Array(length);
    disorder.set(this.#disorder);
    this.#disorder = disorder;
  }
}

function keyOf({ appId, devId, field, tags, scale, unit }: Omit<Series, 'id'>): string {
  const of = scale === undefined ? (unit ?? '') : `${scale.minimum}+${scale.step}*${scale.unit ?? ''}`;
  return [appId, devId, tags, JSON.stringify(of), field].join(separator);
}
