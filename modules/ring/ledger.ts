/**
 * The loss ledger: which stretches of which stream were lost, why, and which span of time they covered.
 *
 * A loss that continues its stream's last stretch of the same cause extends it. When all entries are taken, the two
 * stretches of one stream and cause with the shortest time between them become one (`stretches` counts them), or,
 * when no two are alike, the two oldest of one cause, whose stream is then `severalStreams`. So the ledger is bounded,
 * the blocks and readings it counts stay exact, and only the edges of spans blur.
 */

/** Why blocks were lost. */
export const causes = Object.freeze([
  /** The ring was full: its oldest made room for its newest. */
  'quota',
  /** The ring held more, shorter blocks than its index has room for. */
  'index',
  /** The collector was removed before its blocks were delivered. */
  'removed',
  /** Sectors wore out, and the rings no longer fit. */
  'worn',
  /** Flash did not return what was written, or there is none to write to. */
  'flash',
  /** Blocks kept of an earlier boot made room for this boot's, or could not be read. */
  'earlier boot',
] as const);
export type Cause = (typeof causes)[number];

export const severalStreams = -1;

export interface Loss {
  /** The stream's number, or `severalStreams`. */
  stream: number;
  cause: Cause;
  /** How many separate stretches were lost. */
  stretches: number;
  blocks: number;
  readings: number;
  /** Milliseconds of the boot: request of the first reading lost, receipt of the last. */
  start: number;
  end: number;
}

// Fields of an entry.
/** Its stream's number times `causes`' length, and the cause. */
const kind = 0;
/** Sequence number of the last block lost. */
const last = 1;
const stretches = 2;
const blocks = 3;
const readings = 4;
const start = 5;
const end = 6;
const fields = 7;

export class LossLedger {
  /** Entries in the order of their first loss. */
  count = 0;
  private readonly entries: Float64Array;

  /** @param capacity entries, more than there are causes */
  constructor(private readonly capacity = 16) {
    if (!(capacity > causes.length)) throw new RangeError(`a ledger of ${capacity} entries is too small`);
    this.entries = new Float64Array(capacity * fields);
  }

  /** Notes the loss of a block. @param causeCode index into `causes` @param from request of its first reading, ms @param to receipt of its last, ms */
  add(
    streamNumber: number,
    causeCode: number,
    sequence: number,
    lost: number,
    from: number,
    to: number,
  ): void {
    const { entries } = this;
    const lostKind = streamNumber * causes.length + causeCode;
    for (let at = (this.count - 1) * fields; at >= 0; at -= fields) {
      if (entries[at + kind] === lostKind && entries[at + last] === sequence - 1) {
        entries[at + last] = sequence;
        entries[at + blocks] += 1;
        entries[at + readings] += lost;
        entries[at + end] = to;
        return;
      }
    }
    if (this.count === this.capacity) this.mergeTwo();
    const at = this.count * fields;
    entries[at + kind] = lostKind;
    entries[at + last] = sequence;
    entries[at + stretches] = 1;
    entries[at + blocks] = 1;
    entries[at + readings] = lost;
    entries[at + start] = from;
    entries[at + end] = to;
    this.count += 1;
  }

  /** Entry `index` of `count`, as an object made for the caller. */
  entry(index: number): Loss {
    const { entries } = this;
    const at = index * fields;
    return {
      stream: Math.floor(entries[at + kind] / causes.length),
      cause: causes[this.causeAt(at)],
      stretches: entries[at + stretches],
      blocks: entries[at + blocks],
      readings: entries[at + readings],
      start: entries[at + start],
      end: entries[at + end],
    };
  }

  private causeAt(at: number): number {
    const lostKind = this.entries[at + kind];
    return lostKind - Math.floor(lostKind / causes.length) * causes.length;
  }

  private mergeTwo(): void {
    const { entries } = this;
    const limit = this.count * fields;
    let into = -1;
    let from = -1;
    let shortest = Number.POSITIVE_INFINITY;
    for (let one = 0; one < limit; one += fields)
      for (let other = one + fields; other < limit; other += fields) {
        const difference = entries[one + kind] - entries[other + kind];
        const alike = difference === 0;
        if (!alike && difference % causes.length !== 0) continue;
        const between = alike ? Math.max(0, entries[other + start] - entries[one + end]) : Number.MAX_VALUE;
        if (between < shortest) {
          shortest = between;
          into = one;
          from = other;
        }
      }
    // Where it is not of several streams yet. Without a call, as this is deep.
    if (entries[into + kind] !== entries[from + kind] && entries[into + kind] >= 0)
      entries[into + kind] = severalStreams * causes.length + (entries[into + kind] % causes.length);
    entries[into + last] = Math.max(entries[into + last], entries[from + last]);
    entries[into + stretches] += entries[from + stretches];
    entries[into + blocks] += entries[from + blocks];
    entries[into + readings] += entries[from + readings];
    entries[into + start] = Math.min(entries[into + start], entries[from + start]);
    entries[into + end] = Math.max(entries[into + end], entries[from + end]);
    entries.copyWithin(from, from + fields, limit);
    this.count -= 1;
  }
}
