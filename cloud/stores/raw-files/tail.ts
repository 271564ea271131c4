/**
 * What a day's file holds behind the length that it had before a batch, when that batch was interrupted: entries of it,
 * perhaps torn ones, and what is not the batch's, of somebody else or of a power cut, between them or behind.
 */
import { nextMagic, type Section, sectionAt } from './day-file';

/** A line with its end, or a block's record. */
export type Format = 'lines' | 'blocks';

export interface Kept {
  /** Bytes of the tail up to the end of the last that are not the batch's: those stay. */
  bytes: number;
  /** Which entries of the batch stand among them. */
  entries: Set<number>;
  /** Checks of the heads that entries need and the tail has not: they are in the file before it, or torn. */
  heads: ReadonlySet<number>;
}

/** An entry of the batch in the tail. */
interface Found {
  entry: number;
  end: number;
}

interface Finder {
  readonly missing: Missing;
  readonly heads: ReadonlySet<number>;
  /** undefined: none that is missing stands at `at`. */
  find(at: number): Found | undefined;
  /** Whether all from `at` on is the batch's, whatever a power cut has made of it. */
  isTorn(at: number): boolean;
  /** Whether an entry stands where it would, had those that are missing been written whole from `at` on. */
  isAligned(at: number, first: number, entry: number, begin: number): boolean;
  /** Where to look on, behind bytes that are not the batch's. */
  next(at: number): number;
}

/**
 * What of a tail is to stay. All behind it is of the batch, whole or torn.
 * @param entries of the batch, in order
 * @param heads that the file has before the tail; left out: whichever are needed
 */
export function keptOf(
  tail: Uint8Array,
  format: Format,
  entries: readonly Uint8Array[],
  heads?: ReadonlySet<number>,
): Kept {
  const missing = new Missing(entries);
  const finder = format === 'lines' ? new Lines(tail, missing) : new Records(tail, missing, heads);
  const kept: Kept = { bytes: 0, entries: new Set(), heads: finder.heads };
  let behind: number[] = [];
  let foreign: { at: number; first: number } | undefined;
  let at = 0;
  const settle = () => {
    if (foreign === undefined) return;
    kept.bytes = at;
    for (const entry of behind) kept.entries.add(entry);
    behind = [];
    foreign = undefined;
  };
  while (at < tail.length) {
    const { first } = missing;
    const found = finder.find(at);
    if (found !== undefined) {
      if (foreign !== undefined && finder.isAligned(foreign.at, foreign.first, found.entry, at)) return kept;
      settle();
      behind.push(found.entry);
      at = found.end;
    } else {
      if (finder.isTorn(at)) break;
      foreign ??= { at, first };
      at = finder.next(at);
    }
  }
  settle();
  return kept;
}

/** Entries that were not found yet. */
class Missing {
  readonly entries: readonly Uint8Array[];
  /** The first of them. */
  first = 0;
  readonly #found = new Set<number>();
  #byText: Map<string, number[]> | undefined;

  constructor(entries: readonly Uint8Array[]) {
    this.entries = entries;
  }

  /** The one that stands at `at`: the first, or where something else stood before it, any whose end is at `end`. */
  take(bytes: Uint8Array, at: number, end: number): number | undefined {
    const next = this.entries[this.first];
    const entry = next !== undefined && isThere(bytes, at, next) ? this.first : this.#other(bytes, at, end);
    if (entry === undefined) return undefined;
    this.#found.add(entry);
    while (this.#found.has(this.first)) this.first++;
    return entry;
  }

  #other(bytes: Uint8Array, at: number, end: number): number | undefined {
    this.#byText ??= placesOf(this.entries);
    return this.#byText.get(textOf(bytes.subarray(at, end)))?.find((index) => !this.#found.has(index));
  }
}

class Lines implements Finder {
  readonly missing: Missing;
  readonly heads: ReadonlySet<number> = new Set();
  readonly #tail: Uint8Array;

  constructor(tail: Uint8Array, missing: Missing) {
    this.#tail = tail;
    this.missing = missing;
  }

  find(at: number): Found | undefined {
    const end = this.next(at);
    const entry = this.missing.take(this.#tail, at, end);
    return entry === undefined ? undefined : { entry, end };
  }

  /** The entries that come next, of which a power cut has left zeros in the place of some bytes. */
  isTorn(at: number): boolean {
    const { entries, first } = this.missing;
    let place = at;
    for (let index = first; index < entries.length && place < this.#tail.length; index++) {
      const entry = entries[index]!;
      if (!isOrZeros(this.#tail.subarray(place, place + entry.length), entry)) return false;
      place += entry.length;
    }
    return isZeros(this.#tail.subarray(place));
  }

  isAligned(at: number, first: number, entry: number, begin: number): boolean {
    let place = at;
    for (let index = first; index < entry && place < begin; index++)
      place += this.missing.entries[index]!.length;
    return place === begin;
  }

  /** The next line. */
  next(at: number): number {
    const end = this.#tail.indexOf(10, at);
    return end < 0 ? this.#tail.length : end + 1;
  }
}

class Records implements Finder {
  readonly missing: Missing;
  readonly heads = new Set<number>();
  readonly #tail: Uint8Array;
  readonly #before: ReadonlySet<number> | undefined;
  readonly #inTail = new Set<number>();
  /** The check of the head of the records that follow; undefined: nobody knows whose they are. */
  #mark: number | undefined;

  constructor(tail: Uint8Array, missing: Missing, before: ReadonlySet<number> | undefined) {
    this.#tail = tail;
    this.missing = missing;
    this.#before = before;
  }

  find(at: number): Found | undefined {
    const { begin, section } = this.#recordFrom(at);
    if (section === undefined || !this.#isReadable()) return undefined;
    const entry = this.missing.take(this.#tail, begin, section.end);
    return entry === undefined ? undefined : { entry, end: section.end };
  }

  /** The beginning of a section, or of the record that comes next, or zeros. */
  isTorn(at: number): boolean {
    const left = this.#tail.subarray(this.#recordFrom(at).begin);
    if (isZeros(left)) return true;
    if (textOf(left.subarray(0, 7)) === 'SLUICE-') return typeof sectionAt(left, 0) === 'number';
    const next = this.missing.entries[this.missing.first];
    return next !== undefined && isThere(next, 0, left);
  }

  /** Whether there were heads and marks between them nobody knows. */
  isAligned(): boolean {
    return false;
  }

  /** The next head or mark, whole or torn: behind other bytes a record without has nobody to read it. */
  next(at: number): number {
    let next = nextMagic(this.#tail, this.#recordFrom(at).begin + 1);
    while (next < this.#tail.length && sectionAt(this.#tail, next) === undefined)
      next = nextMagic(this.#tail, next + 1);
    this.#mark = undefined;
    return next;
  }

  /** Past heads and marks. */
  #recordFrom(from: number): { begin: number; section: Section | undefined } {
    for (let at = from; ; ) {
      const section = sectionAt(this.#tail, at);
      if (typeof section !== 'object') return { begin: at, section: undefined };
      if (section.kind === 'record') return { begin: at, section };
      if (section.kind === 'head') this.#inTail.add(section.check);
      else this.#mark = section.check;
      at = section.end;
    }
  }

  #isReadable(): boolean {
    if (this.#mark === undefined) return false;
    if (this.#inTail.has(this.#mark)) return true;
    if (this.#before === undefined) this.heads.add(this.#mark);
    return this.#before?.has(this.#mark) ?? true;
  }
}

/** Where each text is among the entries: the same may be there several times. */
function placesOf(entries: readonly Uint8Array[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [index, entry] of entries.entries()) {
    const text = textOf(entry);
    const same = places.get(text);
    if (same === undefined) places.set(text, [index]);
    else same.push(index);
  }
  return places;
}

function isThere(bytes: Uint8Array, at: number, entry: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(at, at + entry.length), entry) === 0;
}

function isZeros(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function isOrZeros(bytes: Uint8Array, entry: Uint8Array): boolean {
  return bytes.every((byte, index) => byte === 0 || byte === entry[index]);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
