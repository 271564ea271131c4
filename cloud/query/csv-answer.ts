/**
 * Rows as CSV (RFC 4180): a line a time and tag set, a column a field, tags as columns, times in ISO 8601. A text that a
 * spreadsheet would take for a formula begins with an apostrophe.
 */
import { type AnswerRow, isOfSeveralParts } from './answer-rows';
import type { TaskSeries } from './task';

const reserved = ['time', 'app_id', 'part'];

export class CsvAnswer {
  readonly #series: readonly TaskSeries[];
  readonly #withPart: boolean;
  readonly #tagKeys: string[];
  readonly #fields: string[];
  /** By field: its first column. */
  readonly #columns = new Map<string, number>();
  readonly #units: (string | undefined)[];
  readonly #names: readonly string[];
  #line: { key: string; lead: string[]; cells: string[] } | undefined;

  /** @param names of a row's values; one called `value` is the field itself */
  constructor(series: readonly TaskSeries[], names: readonly string[]) {
    this.#series = series;
    this.#withPart = isOfSeveralParts(series);
    this.#names = names;
    this.#tagKeys = [...new Set(series.flatMap(({ tags }) => Object.keys(tags)))].sort();
    this.#fields = [...new Set(series.map(({ stream }) => stream))].sort();
    this.#units = this.#fields.map(
      (field) => series.find(({ stream, unit }) => stream === field && unit !== undefined)?.unit,
    );
    let column = 0;
    this.#fields.forEach((field, index) => {
      this.#columns.set(field, column);
      column += names.length + (this.#units[index] === undefined ? 0 : 1);
    });
  }

  get head(): string {
    const fields = this.#fields.flatMap((field, index) => [
      ...this.#names.map((name) => (name === 'value' ? field : `${field}_${name}`)),
      ...(this.#units[index] === undefined ? [] : [`${field}_unit`]),
    ]);
    const taken = new Set([...reserved, ...fields]);
    const tags = this.#tagKeys.map((key) => (taken.has(key) ? `${key} (tag)` : key));
    return lineOf(['time', ...(this.#withPart ? ['app_id', 'part'] : []), ...tags, ...fields]);
  }

  /** The lines that are whole when this row comes: rows of one time and tag set follow each other, or stand on lines of their own. */
  add({ time, position, values }: AnswerRow): string {
    const series = this.#series[position]!;
    const tags = JSON.stringify(series.tags);
    const key = `${time} ${series.appId} ${series.part} ${tags}`;
    const column = this.#columns.get(series.stream)!;
    let whole = '';
    if (this.#line?.key !== key || this.#line.cells[column] !== undefined) {
      whole = this.end();
      const lead = [new Date(time).toISOString()];
      if (this.#withPart) lead.push(cellOf(series.appId), cellOf(series.part));
      for (const tag of this.#tagKeys) lead.push(cellOf(series.tags[tag] ?? ''));
      this.#line = { key, lead, cells: [] };
    }
    const { cells } = this.#line!;
    values.forEach((value, index) => {
      cells[column + index] = value === null ? '' : cellOf(value);
    });
    if (series.unit !== undefined) cells[column + this.#names.length] = cellOf(series.unit);
    return whole;
  }

  /** The last line, if there is one. */
  end(): string {
    if (this.#line === undefined) return '';
    const { lead, cells } = this.#line;
    this.#line = undefined;
    const width =
      this.#fields.length * this.#names.length + this.#units.filter((unit) => unit !== undefined).length;
    return lineOf([...lead, ...Array.from({ length: width }, (_, index) => cells[index] ?? '')]);
  }
}

/** A cell that a spreadsheet does not run. */
export function cellOf(value: number | boolean | string | bigint): string {
  return typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
}

export function lineOf(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`;
}
