/** The calendar day of an instant in one zone, as `YYYY-MM-DD`. */

/** Days begin, and zones change, at whole quarters of an hour. */
const quarter = 900_000;

export class Calendar {
  readonly #format: Intl.DateTimeFormat;
  #quarter = Number.NaN;
  #day = '';

  /** @param timeZone IANA name */
  constructor(timeZone: string) {
    const fields = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    this.#format = new Intl.DateTimeFormat('en', { ...fields, timeZone });
  }

  /** Formatting costs some 20 µs, so the last quarter's day is remembered. */
  day(instant: number): string {
    const of = Math.floor(instant / quarter);
    if (of === this.#quarter) return this.#day;
    // By its parts: no locale writes YYYY-MM-DD in every version of Node.
    const parts = new Map(this.#format.formatToParts(instant).map(({ type, value }) => [type, value]));
    this.#day = `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
    this.#quarter = of;
    return this.#day;
  }
}
