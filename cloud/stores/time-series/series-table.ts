/**
 * Every series by its key, in memory: its number, and the latest time that it has. A series is project, device, field
 * and tag set, and what its counts stand for. 1 M series take some 250 MB.
 */

import type { LeafPath } from '../../message/leaf-paths';

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

/** What else is known of where a series' values come from. */
export interface Origin {
  /** The main part that handed its blocks in. */
  main?: string;
  /** The highest value that a count stands for. */
  maximum?: number;
  /** From `payload_fields` to a value that is nested; left out where it is not: the field is its key. */
  path?: LeafPath;
}

/** What values a series has had, as bits. */
export const valueKinds = { number: 1, boolean: 2, text: 4 } as const;
export type ValueKind = keyof typeof valueKinds;

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
  origin: Origin | undefined;
  /** 0: not known, of a release before this one. */
  kinds: number;
}

/** What a series is called, whatever its counts stand for. */
export type SeriesName = Pick<Series, 'appId' | 'devId' | 'field' | 'tags'>;

/** What a series is known by, and how long it is kept. */
export type NewSeries = Omit<Series, 'id' | 'origin' | 'kinds'>;

/** Tags are JSON and identifiers have no control characters, so that only the field may hold the separator. */
const separator = '\u0000';

export class SeriesTable {
  readonly #ids = new Map<string, number>();
  #next = 0;
  /** By number: the latest time of its rows, in ms. */
  #latest = new Float64Array(1024).fill(Number.NEGATIVE_INFINITY);
  /** By number: the last batch that had a row at or before the latest time; 0: none. */
  #disorder = new Int32Array(1024);
  /** By number: `valueKinds`. */
  #kinds = new Uint8Array(1024);
  readonly #retention = new Map<number, string>();
  readonly #origins = new Map<number, Origin>();
  #created: Series[] = [];
  #keys: string[] = [];
  /** The first number that was not given before this batch. */
  #firstNew = 0;
  readonly #changed = new Set<number>();

  get count(): number {
    return this.#next;
  }

  /** Takes up what the database has. */
  load(series: Series): void {
    this.#ids.set(keyOf(series), series.id);
    this.#reserve(series.id);
    this.#next = Math.max(this.#next, series.id + 1);
    this.#firstNew = this.#next;
    this.#kinds[series.id] = series.kinds;
    if (series.origin !== undefined) this.#origins.set(series.id, series.origin);
    if (series.retention !== undefined) this.#retention.set(series.id, JSON.stringify(series.retention));
  }

  /**
   * The number of a series; of a new one it is `created` until the batch is stored.
   * @param originOf asked of a new one, and of one that another `main` hands in
   */
  idOf(series: NewSeries, originOf: () => Origin | undefined, main?: string): number {
    const key = keyOf(series);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#next++;
      this.#reserve(id);
      this.#ids.set(key, id);
      this.#keys.push(key);
      const origin = originOf();
      this.#created.push({ ...series, id, origin, kinds: 0 });
      if (origin !== undefined) this.#origins.set(id, origin);
      if (series.retention !== undefined) this.#retention.set(id, JSON.stringify(series.retention));
      return id;
    }
    const retention = series.retention && JSON.stringify(series.retention);
    if (retention !== this.#retention.get(id)) {
      if (retention === undefined) this.#retention.delete(id);
      else this.#retention.set(id, retention);
      this.#change(id);
    }
    if (main !== undefined && main !== this.#origins.get(id)?.main) {
      this.#origins.set(id, { ...originOf(), main });
      this.#change(id);
    }
    return id;
  }

  /** Notes what a value is. */
  noteKind(id: number, kind: ValueKind): void {
    const kinds = this.#kinds[id]! | valueKinds[kind];
    if (kinds === this.#kinds[id]) return;
    this.#kinds[id] = kinds;
    this.#change(id);
  }

  retentionOf(id: number): Retention | undefined {
    const text = this.#retention.get(id);
    return text === undefined ? undefined : JSON.parse(text);
  }

  originOf(id: number): Origin | undefined {
    return this.#origins.get(id);
  }

  kindsOf(id: number): number {
    return this.#kinds[id]!;
  }

  get created(): readonly Series[] {
    return this.#created;
  }

  /** Series of which something is another than the database has. */
  get changed(): ReadonlySet<number> {
    return this.#changed;
  }

  /** Whether the batch is in the database. */
  settle(isStored: boolean): void {
    // Numbers of what is not stored are not used again; what has changed is written with the next batch.
    if (isStored) this.#changed.clear();
    else for (const key of this.#keys) this.#ids.delete(key);
    this.#created = [];
    this.#keys = [];
    this.#firstNew = this.#next;
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
    for (const id of ids) {
      this.#retention.delete(id);
      this.#origins.delete(id);
    }
  }

  /** New ones are written as they are then. */
  #change(id: number): void {
    if (id < this.#firstNew) this.#changed.add(id);
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
    const kinds = new Uint8Array(length);
    kinds.set(this.#kinds);
    this.#kinds = kinds;
  }
}

function keyOf({ appId, devId, field, tags, scale, unit }: NewSeries): string {
  const of = scale === undefined ? (unit ?? '') : `${scale.minimum}+${scale.step}*${scale.unit ?? ''}`;
  return [appId, devId, tags, JSON.stringify(of), field].join(separator);
}
