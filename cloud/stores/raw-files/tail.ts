/**
 * What a day's file holds behind the length that it had before a batch, when that batch was interrupted: entries of it,
 * perhaps torn ones, and what is not the batch's, of somebody else or of a power cut, between them or behind.
 */
import { isMagic, nextMagic, type Section, sectionAt } from './day-file';

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

/** What of the batch is looked for in blocks. */
export interface Openings {
  /** The heads and marks that stand before its records. */
  sections: readonly Uint8Array[];
  /** Checks of the heads that the file has before the tail; left out: whichever are needed. */
  heads?: ReadonlySet<number>;
}

/** An entry of the batch in the tail. */
interface Found {
  entry: number;
  end: number;
}

interface Finder {
  readonly heads: ReadonlySet<number>;
  /** The entry that comes next, at `at`. */
  findNext(at: number): Found | undefined;
  /** Any that was not found yet, at `at`. */
  findOther(at: number): Found | undefined;
  /** From where on, at `at` or behind, all is the batch's, whatever a power cut has made of it; undefined: it is not. */
  tornFrom(at: number): number | undefined;
  /** Where what was found at `begin` would have all that is missing before it, written whole; undefined: nobody knows. */
  whole(found: Found, next: number, begin: number): number | undefined;
  /** Where to look on, behind bytes that are not the batch's. */
  behind(at: number): number;
}

/** Bytes that are not the batch's: where each look at them began, and which entry was to come. */
interface Foreign {
  looks: Set<number>;
  next: number;
}

/**
 * What of a tail is to stay. All behind it is of the batch, whole or torn.
 * @param entries of the batch, in order
 */
export function keptOf(
  tail: Uint8Array,
  format: Format,
  entries: readonly Uint8Array[],
  openings: Openings = { sections: [] },
): Kept {
  const missing = new Missing(entries);
  const finder = format === 'lines' ? new Lines(tail, missing) : new Records(tail, missing, openings);
  const kept: Kept = { bytes: 0, entries: new Set(), heads: finder.heads };
  let pending: number[] = [];
  let foreign: Foreign | undefined;
  const keep = (bytes: number) => {
    kept.bytes = bytes;
    for (const entry of pending) kept.entries.add(entry);
    pending = [];
    foreign = undefined;
  };
  let at = 0;
  while (at < tail.length) {
    const { next } = missing;
    let found = finder.findNext(at);
    if (found === undefined) {
      const torn = finder.tornFrom(at);
      if (torn !== undefined) {
        if (foreign !== undefined) keep(torn);
        return kept;
      }
      found = finder.findOther(at);
    }
    if (found === undefined) {
      foreign ??= { looks: new Set(), next };
      foreign.looks.add(at);
      at = finder.behind(at);
      continue;
    }
    if (foreign !== undefined) {
      const whole = finder.whole(found, foreign.next, at);
      const isOurs = whole !== undefined && foreign.looks.has(whole);
      // Of what stands before the damage the first look tells.
      const [first] = foreign.looks;
      if (!isOurs) keep(at);
      else if (whole === first) foreign = undefined;
      else keep(whole);
    }
    pending.push(found.entry);
    at = found.end;
  }
  if (foreign !== undefined) keep(at);
  return kept;
}

/** Which entries were not found yet. */
class Missing {
  readonly entries: readonly Uint8Array[];
  /** The first of them behind the one that was found last. */
  next = 0;
  readonly #found = new Set<number>();
  #byText: Map<string, number[]> | undefined;

  constructor(entries: readonly Uint8Array[]) {
    this.entries = entries;
  }

  /** The next one, if it stands at `at`. */
  takeNext(bytes: Uint8Array, at: number): number | undefined {
    const entry = this.entries[this.next];
    return entry !== undefined && isThere(bytes, at, entry) ? this.#take(this.next) : undefined;
  }

  /** Any whose bytes are these. */
  take(bytes: Uint8Array): number | undefined {
    this.#byText ??= placesOf(this.entries);
    const places = this.#byText.get(textOf(bytes)) ?? [];
    while (places.length > 0 && this.#found.has(places.at(-1)!)) places.pop();
    const entry = places.pop();
    return entry === undefined ? undefined : this.#take(entry);
  }

  #take(entry: number): number {
    this.#found.add(entry);
    this.next = entry + 1;
    while (this.#found.has(this.next)) this.next++;
    return entry;
  }
}

class Lines implements Finder {
  readonly heads: ReadonlySet<number> = new Set();
  readonly #tail: Uint8Array;
  readonly #missing: Missing;

  constructor(tail: Uint8Array, missing: Missing) {
    this.#tail = tail;
    this.#missing = missing;
  }

  findNext(at: number): Found | undefined {
    const entry = this.#missing.takeNext(this.#tail, at);
    return entry === undefined ? undefined : { entry, end: at + this.#missing.entries[entry]!.length };
  }

  /** The last line also where only its end is missing, which somebody would give it. */
  findOther(at: number): Found | undefined {
    const end = this.behind(at);
    const line = this.#tail.subarray(at, end);
    const entry = this.#missing.take(line.at(-1) === newline ? line : Buffer.concat([line, ending]));
    return entry === undefined ? undefined : { entry, end };
  }

  /** The entries that come next, of which a power cut has left zeros in the place of some bytes. */
  tornFrom(at: number): number | undefined {
    const { entries, next } = this.#missing;
    let place = at;
    for (let index = next; index < entries.length && place < this.#tail.length; index++) {
      const entry = entries[index]!;
      if (!isOrZeros(this.#tail.subarray(place, place + entry.length), entry)) return undefined;
      place += entry.length;
    }
    return isZeros(this.#tail.subarray(place)) ? at : undefined;
  }

  whole({ entry }: Found, next: number, begin: number): number | undefined {
    if (entry <= next) return undefined;
    let place = begin;
    for (let index = next; index < entry && place >= 0; index++)
      place -= this.#missing.entries[index]!.length;
    return place;
  }

  /** The next line. */
  behind(at: number): number {
    const end = this.#tail.indexOf(newline, at);
    return end < 0 ? this.#tail.length : end + 1;
  }
}

class Records implements Finder {
  readonly heads = new Set<number>();
  readonly #tail: Uint8Array;
  readonly #missing: Missing;
  readonly #openings: Openings;
  readonly #inTail = new Set<number>();
  /** The check of the head of the records that follow; undefined: nobody knows whose they are. */
  #mark: number | undefined;
  #parsed: { from: number; begin: number; section: Section | undefined } | undefined;

  constructor(tail: Uint8Array, missing: Missing, openings: Openings) {
    this.#tail = tail;
    this.#missing = missing;
    this.#openings = openings;
  }

  findNext(at: number): Found | undefined {
    return this.#find(at, (begin) => this.#missing.takeNext(this.#tail, begin));
  }

  findOther(at: number): Found | undefined {
    return this.#find(at, (begin, end) => this.#missing.take(this.#tail.subarray(begin, end)));
  }

  /** The beginning of the record that comes next, or of what stands before one, or zeros. */
  tornFrom(at: number): number | undefined {
    const { begin } = this.#recordFrom(at);
    const left = this.#tail.subarray(begin);
    const next = this.#missing.entries[this.#missing.next];
    const could = next === undefined ? this.#openings.sections : [...this.#openings.sections, next];
    return isZeros(left) || could.some((section) => isThere(section, 0, left)) ? begin : undefined;
  }

  /** How many heads and marks there were between them nobody knows. */
  whole(): undefined {
    return undefined;
  }

  /** The next head or mark: behind other bytes a record without has nobody to read it. */
  behind(at: number): number {
    const { begin } = this.#recordFrom(at);
    this.#mark = undefined;
    const magic = nextMagic(this.#tail, begin + 1);
    return isMagic(this.#tail, magic) ? magic : this.#tail.length;
  }

  #find(at: number, take: (begin: number, end: number) => number | undefined): Found | undefined {
    const { begin, section } = this.#recordFrom(at);
    if (section === undefined || !this.#isReadable()) return undefined;
    const entry = take(begin, section.end);
    return entry === undefined ? undefined : { entry, end: section.end };
  }

  /** Past heads and marks. What is looked for at the same place is parsed once. */
  #recordFrom(from: number): { begin: number; section: Section | undefined } {
    if (this.#parsed?.from !== from) this.#parsed = { from, ...this.#parse(from) };
    return this.#parsed;
  }

  #parse(from: number): { begin: number; section: Section | undefined } {
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
    const { heads } = this.#openings;
    if (this.#mark === undefined) return false;
    if (this.#inTail.has(this.#mark)) return true;
    if (heads === undefined) this.heads.add(this.#mark);
    return heads?.has(this.#mark) ?? true;
  }
}

const newline = 10;
const ending = Uint8Array.of(newline);

/** Where each text is among the entries, the first one last: the same may be there several times. */
function placesOf(entries: readonly Uint8Array[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (let index = entries.length - 1; index >= 0; index--) {
    const text = textOf(entries[index]!);
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
