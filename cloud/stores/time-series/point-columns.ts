/** Rows on their way into the database, by column, so that they are copied there and not appended one by one. */
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';

/** Rows of a chunk of DuckDB's. */
const chunkRows = 2048;
/** Rows that are copied at a time, before others are let to the event loop. */
const turnRows = 16 * chunkRows;
const wordLimit = 2 ** 32;
/** Columns in the order of the table `points`. */
const column = { batch: 0, series: 1, time: 2, count: 3, number: 4, boolean: 5, text: 6 } as const;
const types = [INTEGER, INTEGER, BIGINT, INTEGER, DOUBLE, BOOLEAN, VARCHAR];

/** A row has a count, or a number, a boolean or a text; a number that no double holds has its digits as text beside. */
export class PointColumns {
  #length = 0;
  #capacity = 0;
  #series = new Int32Array(0);
  /** 64 bits each, as two words. */
  #time = new Uint32Array(0);
  #count = new Int32Array(0);
  #number = new Float64Array(0);
  #boolean = new Uint8Array(0);
  /** Bits: which rows have one. */
  #counts = new Uint8Array(0);
  #numbers = new Uint8Array(0);
  #booleans = new Uint8Array(0);
  #texts = new Map<number, string>();

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.cut(0);
  }

  /** Leaves the first rows alone. */
  cut(length: number): void {
    for (const bits of [this.#counts, this.#numbers, this.#booleans]) {
      const partial = length >> 3;
      if (partial < bits.length) bits[partial]! &= (1 << (length & 7)) - 1;
      bits.fill(0, partial + 1, (this.#length >> 3) + 1);
    }
    if (length === 0) this.#texts.clear();
    else for (const row of [...this.#texts.keys()]) if (row >= length) this.#texts.delete(row);
    this.#length = length;
  }

  /** The counts of a block. @param times whole ms */
  addCounts(series: number, times: Float64Array, counts: Int32Array): void {
    const from = this.#length;
    const until = from + counts.length;
    while (until > this.#capacity) this.#grow();
    this.#length = until;
    this.#series.fill(series, from, until);
    this.#count.set(counts, from);
    // A block seldom crosses a word's limit: divided, which is what a time costs, is only there.
    let high = 0;
    let base = Number.NaN;
    for (let index = 0; index < counts.length; index++) {
      const time = times[index]!;
      let low = time - base;
      if (!(low >= 0 && low < wordLimit)) {
        high = Math.floor(time / wordLimit);
        base = high * wordLimit;
        low = time - base;
      }
      this.#time[2 * (from + index)] = low;
      this.#time[2 * (from + index) + 1] = high;
    }
    fillBits(this.#counts, from, until);
  }

  addNumber(series: number, time: number, number: number, digits?: string): void {
    const row = this.#add(series, time);
    this.#number[row] = number;
    this.#numbers[row >> 3]! |= 1 << (row & 7);
    if (digits !== undefined) this.#texts.set(row, digits);
  }

  addBoolean(series: number, time: number, boolean: boolean): void {
    const row = this.#add(series, time);
    this.#boolean[row] = boolean ? 1 : 0;
    this.#booleans[row >> 3]! |= 1 << (row & 7);
  }

  addText(series: number, time: number, text: string): void {
    this.#texts.set(this.#add(series, time), text);
  }

  /**
   * Shows series and time of rows in order: of rows of a series that follow each other with rising times the first and
   * the last alone.
   */
  eachRise(visit: (series: number, time: number) => void): void {
    let before = Number.NaN;
    let isShown = true;
    for (let row = 0; row < this.#length; row++) {
      const time = this.#time[2 * row]! + (this.#time[2 * row + 1]! | 0) * wordLimit;
      const isRising = row > 0 && this.#series[row] === this.#series[row - 1] && time > before;
      if (!isRising) {
        if (!isShown) visit(this.#series[row - 1]!, before);
        visit(this.#series[row]!, time);
      }
      isShown = !isRising;
      before = time;
    }
    if (!isShown) visit(this.#series[this.#length - 1]!, before);
  }

  /** Copies all rows into `points`, within the connection's transaction, some at a time. */
  async append(connection: DuckDBConnection, batch: number): Promise<void> {
    const appender = await connection.createAppender('points');
    const chunk = DuckDBDataChunk.create(types);
    const batches = new Int32Array(chunkRows);
    batches.fill(batch);
    try {
      for (let from = 0; from < this.#length; from += chunkRows) {
        if (from > 0 && from % turnRows === 0) await new Promise((resolve) => setImmediate(resolve));
        const rows = Math.min(chunkRows, this.#length - from);
        chunk.reset();
        chunk.rowCount = rows;
        this.#fill(chunk, batches, from, rows);
        appender.appendDataChunk(chunk);
      }
    } finally {
      appender.closeSync();
    }
  }

  #fill({ chunk }: DuckDBDataChunk, batches: Int32Array<ArrayBuffer>, from: number, rows: number): void {
    copy(chunk, column.batch, batches, 0, 4 * rows);
    copy(chunk, column.series, this.#series, 4 * from, 4 * rows);
    copy(chunk, column.time, this.#time, 8 * from, 8 * rows);
    if (validate(chunk, column.count, this.#counts, from, rows))
      copy(chunk, column.count, this.#count, 4 * from, 4 * rows);
    if (validate(chunk, column.number, this.#numbers, from, rows))
      copy(chunk, column.number, this.#number, 8 * from, 8 * rows);
    if (validate(chunk, column.boolean, this.#booleans, from, rows))
      copy(chunk, column.boolean, this.#boolean, from, rows);
    const present = new Uint8Array(Math.ceil(rows / 64) * 8);
    const texts = duckdb.data_chunk_get_vector(chunk, column.text);
    if (this.#texts.size > 0)
      for (let row = 0; row < rows; row++) {
        const text = this.#texts.get(from + row);
        if (text === undefined) continue;
        // With its length: a C string would end at a NUL.
        duckdb.vector_assign_string_element_len(texts, row, Buffer.from(text));
        present[row >> 3]! |= 1 << (row & 7);
      }
    validate(chunk, column.text, present, 0, rows);
  }

  #add(series: number, time: number): number {
    const row = this.#length++;
    if (row >= this.#capacity) this.#grow();
    const high = Math.floor(time / wordLimit);
    this.#series[row] = series;
    this.#time[2 * row] = time - high * wordLimit;
    this.#time[2 * row + 1] = high;
    return row;
  }

  #grow(): void {
    const capacity = Math.max(2 * chunkRows, 2 * this.#capacity);
    this.#series = grown(this.#series, new Int32Array(capacity));
    this.#time = grown(this.#time, new Uint32Array(2 * capacity));
    this.#count = grown(this.#count, new Int32Array(capacity));
    this.#number = grown(this.#number, new Float64Array(capacity));
    this.#boolean = grown(this.#boolean, new Uint8Array(capacity));
    this.#counts = grown(this.#counts, new Uint8Array(capacity >> 3));
    this.#numbers = grown(this.#numbers, new Uint8Array(capacity >> 3));
    this.#booleans = grown(this.#booleans, new Uint8Array(capacity >> 3));
    this.#capacity = capacity;
  }
}

/** Sets bits `from` … `until` - 1. */
function fillBits(bits: Uint8Array, from: number, until: number): void {
  let row = from;
  for (; row < until && (row & 7) !== 0; row++) bits[row >> 3]! |= 1 << (row & 7);
  const whole = row + ((until - row) & ~7);
  bits.fill(0xff, row >> 3, whole >> 3);
  for (row = whole; row < until; row++) bits[row >> 3]! |= 1 << (row & 7);
}

type Chunk = DuckDBDataChunk['chunk'];
type Column =
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

function grown<Type extends Column>(old: Type, larger: Type): Type {
  larger.set(old);
  return larger;
}

function copy(chunk: Chunk, index: number, { buffer }: Column, offset: number, bytes: number): void {
  duckdb.copy_data_to_vector(duckdb.data_chunk_get_vector(chunk, index), 0, buffer, offset, bytes);
}

/** Sets which rows of the column have a value. False: none has. `from` is a multiple of the chunk's rows. */
function validate(
  chunk: Chunk,
  index: number,
  bits: Uint8Array<ArrayBuffer>,
  from: number,
  rows: number,
): boolean {
  const vector = duckdb.data_chunk_get_vector(chunk, index);
  const begin = from >> 3;
  const bytes = Math.ceil(rows / 64) * 8;
  duckdb.vector_ensure_validity_writable(vector);
  duckdb.copy_data_to_vector_validity(vector, 0, bits.buffer, begin, bytes);
  return bits.subarray(begin, begin + bytes).some((byte) => byte !== 0);
}
