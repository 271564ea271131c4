/**
 * What queries of the table `series` alone found: most questions are about the same series, of which new ones are rare,
 * and to plan such a query takes longer than to answer it.
 */
import type { DuckDBConnection } from '@duckdb/node-api';

type Rows = readonly unknown[][];

const mostQueries = 32;
/** Rows of an answer that is kept. */
const mostRows = 500;

export class SeriesAnswers {
  #found = new Map<string, Rows>();
  /** Of the transaction that reads: what it finds may be older than what has been committed since it began. */
  #reading = this.#found;

  /** A transaction is about to begin. */
  begin(): void {
    this.#reading = this.#found;
  }

  /** The table has changed. */
  forget(): void {
    this.#found = new Map();
  }

  async of(connection: DuckDBConnection, query: string): Promise<Rows> {
    const found = this.#reading;
    const known = found.get(query);
    if (known !== undefined) {
      // The one that was not asked for the longest time goes first.
      found.delete(query);
      found.set(query, known);
      return known;
    }
    const rows = (await connection.runAndReadAll(query)).getRowsJS();
    if (rows.length > mostRows) return rows;
    if (found.size >= mostQueries) found.delete(found.keys().next().value!);
    found.set(query, rows);
    return rows;
  }
}
