/**
 * What queries of the table `series` alone found: most questions are about the same series, of which new ones are rare,
 * and to plan such a query takes longer than to answer it.
 */
import type { DuckDBConnection } from '@duckdb/node-api';

type Rows = readonly unknown[][];

/** Resolves to the rows of a query of the table `series` alone. */
export type ReadSeries = (query: string) => Promise<Rows>;

const mostQueries = 32;
/** Rows of an answer that is kept. */
const mostRows = 500;

export class SeriesAnswers {
  /** undefined: a change is being stored, and what a transaction that begins now finds may be older or newer. */
  #found: Map<string, Rows> | undefined = new Map();
  /** Of the transaction that reads. */
  #reading = this.#found;

  /** What is known now: to be handed to `begin`. */
  get known(): unknown {
    return this.#found;
  }

  /** A transaction has begun. @param known before that: what was stored meanwhile it may see or not */
  begin(known: unknown): void {
    this.#reading = known === this.#found ? this.#found : undefined;
  }

  /** A change of the table is about to be committed. */
  suspend(): void {
    this.#found = undefined;
  }

  /** It is committed, or is not. */
  resume(): void {
    this.#found ??= new Map();
  }

  async of(connection: DuckDBConnection, query: string): Promise<Rows> {
    const found = this.#reading;
    const known = found?.get(query);
    if (known !== undefined) {
      // The one that was not asked for the longest time goes first.
      found!.delete(query);
      found!.set(query, known);
      return known;
    }
    const rows = (await connection.runAndReadAll(query)).getRowsJS();
    if (found === undefined || rows.length > mostRows) return rows;
    if (found.size >= mostQueries) found.delete(found.keys().next().value!);
    found.set(query, rows);
    return rows;
  }
}
