/**
 * Which names of properties came up at run time. XS keeps each for ever, for the whole device: so a name counts once,
 * as that of the source that brought it.
 *
 * In: names. Out: whether there is room for what a source brought. Holds: 8 to 16 B a name beside what XS keeps.
 */
import { namesOfSource } from '../config/memory-costs';

/** Bytes of a name that count as one: XS keeps a slot, and a chunk as long as it. */
const nameBytes = 32;
/** Names that a source may bring, whatever room there is: as many as a record may have. */
const mostOfSource = 255;
const smallestTable = 32;

/** Names that this machine has room for, and those it has now. One account for all sources, as the memory is. */
let most = Number.POSITIVE_INFINITY;
let count = 0;
/** Hashes of names, each at its own place or after it; 0 is none. At most half full. */
let table: Uint32Array | undefined;
let filled = 0;

/**
 * Bounds the names that sources bring. Each may have a few whatever others bring, and more while there is room: twice
 * as many come at the most.
 * @param names of 32 B
 */
export function limitNames(names = Number.POSITIVE_INFINITY): void {
  most = names;
}

/** Whether the last name was one too many. @param brought as how many the names of its source count */
export function isTooMany(brought: number): boolean {
  return brought > mostOfSource || (count > most && (brought > namesOfSource || count > 2 * most));
}

/** Notes a name. @returns as how many it counts: none if it was there */
export function noteName(name: string): number {
  table ??= new Uint32Array(smallestTable);
  // Zero would be no name.
  if (!put(table, mixText(0x811c9dc5, name) >>> 0 || 1)) return 0;
  if (2 * ++filled > table.length) table = twice(table);
  const counted = 1 + Math.floor(name.length / nameBytes);
  count += counted;
  return counted;
}

/** @returns whether it was not there */
function put(places: Uint32Array, hash: number): boolean {
  const mask = places.length - 1;
  let at = hash & mask;
  for (; places[at]! !== 0; at = (at + 1) & mask) if (places[at] === hash) return false;
  places[at] = hash;
  return true;
}

function twice(places: Uint32Array): Uint32Array {
  const larger = new Uint32Array(2 * places.length);
  for (let index = 0; index < places.length; index++) if (places[index]! !== 0) put(larger, places[index]!);
  return larger;
}

/** FNV-1a over the characters of a text. */
export function mixText(start: number, text: string): number {
  let hash = start;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}
